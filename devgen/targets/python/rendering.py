"""Functions and filters for ``templates/python/*.j2`` that print trees, docstrings and imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from devgen.targets.python.imports import ImportRecorder
from devgen.targets.python.module import Method, Module
from devgen.targets.python.printer import fits_alone, print_items, print_line, print_statements
from devgen.targets.python.python_literals import docstring, sentence, string
from devgen.targets.python.source_tree import Line, Node, Statements, union, uses

Context = dict[str, object]


def module_context(module: Module) -> Context:
    """The variables of the template of a module.

    ``module``: see ``module.py``. ``use(name)`` prints a name and has it imported. ``statements``, ``line`` and
    ``items`` print trees behind so many columns and have imported what they use. ``imports`` has the import lines of
    what was printed before it.
    """
    imports = ImportRecorder()

    def statements(body: Statements, indent: int) -> str:
        imports.record(uses(body))
        return _joined(print_statements(body, indent), indent)

    def line(head: str, value: Node, indent: int = 8) -> str:
        imports.record(value.uses)
        return _joined(print_line(Line(head, value), " " * indent), indent)

    def items(nodes: Sequence[Node], indent: int) -> str:
        imports.record(union(nodes))
        return _joined(print_items(nodes, indent), indent)

    return {
        "module": module,
        "use": imports.use,
        "imports": imports,
        "statements": statements,
        "line": line,
        "items": items,
        "fits_alone": fits_alone,
    }


def print_docstring(paragraphs: Iterable[str], indent: int) -> str:
    """A docstring, its first line without the ``indent`` columns that stand in the template."""
    return _joined([" " * indent + line if line else "" for line in docstring(paragraphs, indent)], indent)


def parameters(method: Method) -> str:
    """Return the parameters after ``self`` in a method's signature.

    The caller of a method is the bank, a line or a timer, which passes the same arguments to each method of a kind: an
    access then takes one call. A parameter that the method does not use begins with an underscore.
    """
    if not method.parameters:
        return ""
    used = uses(method.body)
    return "".join([f", {name if name.partition(':')[0] in used else f'_{name}'}" for name in method.parameters])


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "docstring": print_docstring,
    "parameters": parameters,
    "sentence": sentence,
    "string": string,
}
"""What templates apply to values. A filter is called directly, a function through jinja2's context: it takes longer."""


def _joined(lines: list[str], indent: int) -> str:
    return "\n".join(lines)[indent:]
