"""Makes a diagnostic of each violation of a JSON Schema, at its place and with what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics import codes_keys as kinds
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.diagnostics.text_form import plural
from devgen.language.reading.mistaken_values import odd_character
from devgen.language.reading.schema_engines import Violation
from devgen.language.reading.schema_help import (
    NOTHING,
    enum_help,
    examples,
    form_help,
    is_meant,
    key_help,
    missing_part_help,
)
from devgen.language.reading.source_map import Node, Sources
from devgen.language.reading.split_values import report_split, split_entry
from devgen.language.reading.word_fixes import Suggestion

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a number",
    "boolean": "true or false",
}


def report_violations(violations: list[Violation], tree: dict[str, Any], sources: Sources, sink: Diagnostics) -> None:
    """Report every violation that does not follow from another one."""
    reporter = _Reporter(tree, sources, sink, _unknown_keys_of(violations))
    misplaced = [error.path for error in violations if _is_misplaced(error)]
    for error in _one_a_place(violations):
        if not any(error.path[: len(path)] == path for path in misplaced):
            reporter.report(error)
    for path in misplaced:
        reporter.report_misplaced(path)


def _unknown_keys_of(violations: list[Violation]) -> dict[int, list[str]]:
    return {
        id(error.value): [key for key in error.value if key not in error.schema["properties"]]
        for error in violations
        if error.rule == "additionalProperties"
    }


def _is_misplaced(error: Violation) -> bool:
    """Whether an entry that is no valid one has the name of a key: `fields` beside registers instead of in one."""
    known = error.schema.get("properties", ())
    if error.of_key or len(error.path) < 2 or isinstance(error.path[-2], int) or error.path[-1] not in known:
        return False
    if error.rule == "additionalProperties":
        return not any(key in known for key in error.value)
    return error.rule in ("type", "required")


def _one_a_place(errors: list[Violation]) -> Iterator[Violation]:
    """Drop violations that follow from a wrong type: such a value violates the other rules for its place, too."""
    mistyped = {error.path for error in errors if error.rule == "type"}
    misnamed = {(*error.path, error.value) for error in errors if error.of_key}
    for error in errors:
        if error.path in misnamed and "{" in str(error.path[-1]):
            continue
        if error.rule in ("type", "required") or error.of_key or error.path not in mistyped:
            yield error


@dataclass(slots=True)
class _Reporter:
    tree: dict[str, Any]
    sources: Sources
    sink: Diagnostics
    unknown: dict[int, list[str]]
    """The unknown keys of each mapping that has some, by the mapping's identity."""

    def report(self, error: Violation) -> None:
        _HANDLERS.get(error.rule, _Reporter._other)(self, error)

    def report_misplaced(self, path: tuple[str | int, ...]) -> None:
        """Report an entry with the name of a key, and cut it out: what it holds has several faults."""
        node, key = _at(self.tree, path[:-1]), path[-1]
        if key not in node:
            return
        reason = f"it is a key of an entry of '{path[-2]}', but stands beside the entries"
        hint = "indent it under the entry that it belongs to"
        mark = self.sources.key_mark(node, key)
        self.sink.add(kinds.NOT_HERE, mark, length=len(str(key)), key=key, reason=reason, hint=hint)
        self.sources.cut.add((id(node), key))
        del node[key]

    # --- places --------------------------------------------------------------------------

    def _owner(self, error: Violation) -> tuple[Node | None, Any]:
        """Return the container of the faulty value, and its key there (None: the outermost mapping)."""
        if not error.path:
            return None, None
        return _at(self.tree, error.path[:-1]), error.path[-1]

    def _where(self, error: Violation) -> str:
        if not error.path:
            return "the description"
        last = error.path[-1]
        return f"'{last}'" if isinstance(last, str) else f"element {last} of '{error.path[-2]}'"

    def _add(self, kind: Kind, error: Violation, **values: Any) -> None:
        node, key = self._owner(error)
        mark = self.sources.node_mark(self.tree) if node is None else self.sources.value_mark(node, key)
        if not self.sink.has_error_at(mark):
            length = len(error.value) if isinstance(error.value, str) and "\n" not in error.value else 1
            values = {"where": self._where(error), "found": describe(error.value), **values}
            self.sink.add(kind, mark, length=length, **values)

    # --- one rule each -------------------------------------------------------------------

    def _unknown_keys(self, error: Violation) -> None:
        known = list(error.schema["properties"])
        parts = self._split_value(error)
        for key in error.value:
            if key not in known and key not in parts:
                mark = self.sources.key_mark(error.value, key)
                meant = NOTHING if self.sink.full else key_help(self.sources, error.value, key, error.schema)
                self.sink.add(kinds.UNKNOWN_KEY, mark, length=len(key), key=key, allowed=known, **meant)
        for name in known:
            if name not in error.value and is_meant(name, error.value, self.unknown[id(error.value)]):
                self.sources.cut.add((id(error.value), name))

    def _split_value(self, error: Violation) -> tuple[str, ...]:
        """Report a value that a comma has split, cut it out, and return the keys that are parts of it."""
        found = split_entry(self.sources, error.value, self.unknown[id(error.value)])
        if found is None:
            return ()
        key, split = found
        report_split(self.sources, self.sink, key, split)
        self.sources.cut.add((id(error.value), key))
        del error.value[key]
        return split.parts

    def _missing(self, error: Violation) -> None:
        node, key = self._owner(error)
        mark = self.sources.node_mark(self.tree) if node is None else self.sources.key_mark(node, key)
        for name in error.wanted:
            if name in error.value or (id(error.value), name) in self.sources.cut:
                continue
            if not is_meant(name, error.value, self.unknown.get(id(error.value), [])):
                hint = "this is a board: check it as one" if node is None and "board" in self.tree else ""
                if isinstance(node, dict) and name in ("at", "bits") and len(self.sources.files) > 1:
                    hint = missing_part_help(self.sources, node, key)
                self.sink.add(kinds.MISSING_KEY, mark, where=self._where(error), key=name, hint=hint)

    def _type(self, error: Violation) -> None:
        self._add(kinds.WRONG_TYPE, error, expected=_expected(error.schema), **self._help(error))

    def _enum(self, error: Violation) -> None:
        node, key = self._owner(error)
        meant = NOTHING
        if node is not None and not self.sink.full:
            meant = enum_help(
                self.sources, node, key, error.value, error.wanted, error.path[-2] if len(error.path) > 1 else ""
            )
        words = [str(value).lower() if isinstance(value, bool) else str(value) for value in error.wanted]
        self._add(kinds.NOT_ALLOWED, error, allowed=words, **meant)

    def _form(self, error: Violation) -> None:
        if error.of_key:
            return self._bad_name(error)
        expected = error.schema.get("title", "valid text")
        return self._add(kinds.BAD_FORM, error, expected=expected, **self._help(error))

    def _help(self, error: Violation) -> Suggestion:
        node, key = self._owner(error)
        if node is None or self.sink.full:
            return NOTHING
        return form_help(self.sources, node, key, error.value, error.schema)

    def _bad_name(self, error: Violation) -> None:
        self.sink.add(
            kinds.BAD_NAME,
            self.sources.key_mark(_at(self.tree, error.path), error.value),
            length=len(error.value),
            name=error.value,
            expected=error.schema.get("title", "name"),
            hint=odd_character(error.value) or _without_colon(error.value) or examples(error.schema),
        )

    def _limit(self, error: Violation) -> None:
        if error.of_key:
            return self._bad_name(error)
        noun = _COUNTED.get(error.rule[3:])
        found = f"is {describe(error.value)}" if noun is None else f"has {plural(len(error.value), noun)}"
        side = "at least" if error.rule.startswith("min") else "at most"
        verb = "is" if noun is None or error.wanted == 1 else "are"
        return self._add(kinds.OUT_OF_LIMITS, error, found=found, limit=f"{side} {error.wanted} {verb} allowed")

    def _other(self, error: Violation) -> None:
        self._add(kinds.OTHER_SHAPE, error, problem=f"it breaks the rule '{error.rule}'")


def _without_colon(key: str) -> str:
    """Return what to write for ``CTRL {at``, the key that YAML reads in ``CTRL {at: 0}``."""
    name = key.partition("{")[0].rstrip()
    return f"write a colon after the name: `{name}: {{...}}`" if "{" in key and name.isidentifier() else ""


def _at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


_COUNTED = {"Length": "character", "Items": "element", "Properties": "entry"}

_HANDLERS: dict[str, Callable[[_Reporter, Violation], None]] = {
    "additionalProperties": _Reporter._unknown_keys,
    "required": _Reporter._missing,
    "type": _Reporter._type,
    "enum": _Reporter._enum,
    "pattern": _Reporter._form,
    **{
        f"{side}{what}": _Reporter._limit
        for side in ("min", "max")
        for what in ("imum", "Length", "Items", "Properties")
    },
}


def describe(value: object) -> str:
    """Describe a value for a message: ``the number 5``, ``the text 'abc'``, ``a list``."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return f"'{value if len(value) <= 60 else value[:57] + '...'}'"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _expected(schema: dict[str, Any]) -> str:
    types = schema["type"]
    names = [_TYPES[type_name] for type_name in ([types] if isinstance(types, str) else types)]
    return " or ".join(names)
