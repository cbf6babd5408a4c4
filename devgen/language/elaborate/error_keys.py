"""``errors:``: errors that a device reports after a driver did something from which it cannot recover."""

from __future__ import annotations

from keyword import iskeyword
from string import Formatter

from devgen.language.diagnostics import codes_parts as kinds
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.model import Event
from devgen.language.scope import EventEntry

WIDTH = 64
"""Width in bits of a value in an error's text."""

VALUES = 8
"""Most distinct values in a text."""

_FORMATS = ("", "#x")


def build_errors(ctx: Context, tree: Tree) -> tuple[Event, ...]:
    """Build the errors and declare them: events with a text, whose parameters are the names in braces."""
    declared = entries(tree, "errors")
    built = []
    for name, text in declared.items():
        ctx.claim(name, "an error", declared)
        found = _parameters(text)
        if isinstance(found, str):
            ctx.at_value(kinds.ERROR_TEXT, declared, name, name=name, problem=found)
            found = ()
        parameters = tuple((parameter, WIDTH) for parameter in found)
        ctx.scope.declare(EventEntry(name, parameters))
        built.append(Event(name, parameters, "", text))
    return tuple(built)


def _parameters(text: str) -> tuple[str, ...] | str:
    """Return the distinct names in braces, in order, or a message if the text is malformed."""
    if not text.isprintable():
        return "contains a character that cannot be printed, such as a line break"
    names: dict[str, None] = {}
    try:
        for _, name, form, conversion in Formatter().parse(text):
            if name is None:
                continue
            if not (name.isascii() and name.isidentifier()) or iskeyword(name):
                return f"has '{{{name}}}', which is not the name of a value"
            if form not in _FORMATS or conversion:
                return f"has an unknown format for '{name}'"
            names[name] = None
    except ValueError as error:
        return f"has braces that do not match: {error}"
    return tuple(names) if len(names) <= VALUES else f"has more than {VALUES} values"
