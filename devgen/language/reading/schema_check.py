"""Validation against the JSON Schemas: each violation becomes a diagnostic at its place.

jsonschema-rs accepts a valid tree in milliseconds. If it finds an error, jsonschema validates the tree again, and each
error that it finds becomes a diagnostic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from devgen.language.diagnostics import codes_keys as kinds
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.reporting import Diagnostics, did_you_mean
from devgen.language.diagnostics.text_form import plural
from devgen.language.reading.source_map import Node, Sources
from devgen.share import find_share

if TYPE_CHECKING:
    from jsonschema import ValidationError

SchemaName = Literal["device", "board"]

_ERRORS_TAKEN = 2000
_PRUNE_ROUNDS = 3
_WORD = re.compile(r"\w+")
_COMMA = "inside { } a comma ends the value before it: quote text that holds one"
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a number",
    "boolean": "true or false",
}


@dataclass(slots=True, frozen=True)
class _Violation:
    """A violation of a schema rule: the keyword, its value, the faulty value and its path; ``of_key``: of a key."""

    rule: str
    wanted: Any
    path: tuple[str | int, ...]
    value: Any
    schema: dict[str, Any]
    of_key: bool


def validate(tree: dict[str, Any], name: SchemaName, sources: Sources, sink: Diagnostics) -> bool:
    """Report every place where ``tree`` breaks the schema and cut it out, so that the rest can be built and checked.

    Return whether the rest of the tree can be built, which may only lack keys. ``sources`` records the removed entries.
    """
    if _nothing_wrong(name, tree, True):
        return True
    violations = _violations(tree, name)
    reporter = _Reporter(tree, sources, sink)
    for error in _one_a_place(violations):
        reporter.report(error)
    for _ in range(_PRUNE_ROUNDS):
        broken = [error for error in violations if error.rule != "required"]
        for error in broken:
            _cut(tree, error, sources)
        if not broken or _nothing_wrong(name, tree, False):
            return True
        violations = _violations(tree, name)
    return False


@cache
def schema_text(name: SchemaName) -> str:
    """Return the JSON text of a schema.

    Raises FileNotFoundError when the package is installed without its schemas.
    """
    folder = find_share("schemas")
    if folder is None:
        raise FileNotFoundError("devgen is installed without its folder 'schemas'")
    return (folder / f"{name}.schema.json").read_text("utf-8")


@cache
def _fast_validator(name: SchemaName, complete: bool) -> Any:
    """Return the fast validator. It checks required keys only if ``complete``."""
    try:
        import jsonschema_rs
    except ImportError:  # no wheel for this platform: use jsonschema alone
        return None
    schema = json.loads(schema_text(name))
    return jsonschema_rs.Draft202012Validator(schema if complete else _without_required(schema))


def _without_required(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_required(value) for key, value in node.items() if key != "required"}
    return [_without_required(element) for element in node] if isinstance(node, list) else node


def _nothing_wrong(name: SchemaName, tree: dict[str, Any], complete: bool) -> bool:
    fast = _fast_validator(name, complete)
    try:
        return fast is not None and bool(fast.is_valid(tree))
    except ValueError:  # it cannot handle a value: let jsonschema report it
        return False


def _violations(tree: dict[str, Any], name: SchemaName) -> list[_Violation]:
    return [
        _Violation(
            str(error.validator),
            error.validator_value,
            tuple(error.absolute_path),
            error.instance,
            error.schema if isinstance(error.schema, dict) else {},
            "propertyNames" in error.absolute_schema_path,
        )
        for error in islice(_authority(name).iter_errors(tree), _ERRORS_TAKEN)
    ]


def _cut(tree: dict[str, Any], error: _Violation, sources: Sources) -> None:
    if error.rule == "additionalProperties":
        for key in [key for key in error.value if key not in error.schema["properties"]]:
            del error.value[key]
        return
    path = [*error.path, error.value] if error.of_key else list(error.path)
    while path and isinstance(path[-1], int):
        path.pop()  # a list with a bad element is removed as a whole
    node: Any = tree
    for key in path[:-1]:
        node = node.get(key, {})
    if path:
        sources.cut.add((id(node), path[-1]))
        node.pop(path[-1], None)


@cache
def _authority(name: SchemaName) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # Schema patterns are ECMA's, whose `$` is the end; Python's also matches before a last line end.
    strict = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    return strict(json.loads(schema_text(name)))


def _pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(pattern.removesuffix("$") + r"\Z", instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _one_a_place(errors: list[_Violation]) -> Iterator[_Violation]:
    """Drop violations that follow from a wrong type: such a value violates the other rules for its place, too."""
    mistyped = {error.path for error in errors if error.rule == "type"}
    for error in errors:
        if error.rule in ("type", "required") or error.of_key or error.path not in mistyped:
            yield error


@dataclass(slots=True)
class _Reporter:
    tree: dict[str, Any]
    sources: Sources
    sink: Diagnostics

    def report(self, error: _Violation) -> None:
        _HANDLERS.get(error.rule, _Reporter._other)(self, error)

    # --- places --------------------------------------------------------------------------

    def _owner(self, error: _Violation) -> tuple[Node | None, Any]:
        """Return the container of the faulty value, and its key there (None: the outermost mapping)."""
        if not error.path:
            return None, None
        return _at(self.tree, error.path[:-1]), error.path[-1]

    def _where(self, error: _Violation) -> str:
        if not error.path:
            return "the description"
        last = error.path[-1]
        return f"'{last}'" if isinstance(last, str) else f"element {last} of '{error.path[-2]}'"

    def _add(self, kind: Kind, error: _Violation, **values: Any) -> None:
        node, key = self._owner(error)
        mark = self.sources.node_mark(self.tree) if node is None else self.sources.value_mark(node, key)
        if not self.sink.has_error_at(mark):
            length = len(error.value) if isinstance(error.value, str) and "\n" not in error.value else 1
            values = {"where": self._where(error), "found": describe(error.value), **values}
            self.sink.add(kind, mark, length=length, **values)

    # --- one rule each -------------------------------------------------------------------

    def _unknown_keys(self, error: _Violation) -> None:
        known = list(error.schema["properties"])
        for key in error.value:
            if key not in known:
                mark = self.sources.key_mark(error.value, key)
                hint = "" if self.sink.full else did_you_mean(key, known) if _WORD.fullmatch(key) else _COMMA
                self.sink.add(kinds.UNKNOWN_KEY, mark, length=len(key), key=key, hint=hint, allowed=known)

    def _missing(self, error: _Violation) -> None:
        node, key = self._owner(error)
        mark = self.sources.node_mark(self.tree) if node is None else self.sources.key_mark(node, key)
        for name in error.wanted:
            if name not in error.value:
                hint = "this is a board: check it as one" if node is None and "board" in self.tree else ""
                self.sink.add(kinds.MISSING_KEY, mark, where=self._where(error), key=name, hint=hint)

    def _type(self, error: _Violation) -> None:
        self._add(kinds.WRONG_TYPE, error, expected=_expected(error.schema), hint=_examples(error.schema))

    def _enum(self, error: _Violation) -> None:
        allowed = [str(value) for value in error.wanted]
        hint = did_you_mean(error.value, allowed) if isinstance(error.value, str) else ""
        self._add(kinds.NOT_ALLOWED, error, allowed=allowed, hint=hint)

    def _form(self, error: _Violation) -> None:
        if error.of_key:
            return self._bad_name(error)
        expected = error.schema.get("title", "valid text")
        return self._add(kinds.BAD_FORM, error, expected=expected, hint=_examples(error.schema))

    def _bad_name(self, error: _Violation) -> None:
        self.sink.add(
            kinds.BAD_NAME,
            self.sources.key_mark(_at(self.tree, error.path), error.value),
            length=len(error.value),
            name=error.value,
            expected=error.schema.get("title", "name"),
            hint=_examples(error.schema),
        )

    def _limit(self, error: _Violation) -> None:
        if error.of_key:
            return self._bad_name(error)
        noun = _COUNTED.get(error.rule[3:])
        found = f"is {describe(error.value)}" if noun is None else f"has {plural(len(error.value), noun)}"
        side = "at least" if error.rule.startswith("min") else "at most"
        verb = "is" if noun is None or error.wanted == 1 else "are"
        return self._add(kinds.OUT_OF_LIMITS, error, found=found, limit=f"{side} {error.wanted} {verb} allowed")

    def _other(self, error: _Violation) -> None:
        self._add(kinds.OTHER_SHAPE, error, problem=f"it breaks the rule '{error.rule}'")


def _at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


_COUNTED = {"Length": "character", "Items": "element", "Properties": "entry"}

_HANDLERS: dict[str, Callable[[_Reporter, _Violation], None]] = {
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


def _examples(schema: dict[str, Any]) -> str:
    examples = schema.get("examples", []) if "title" in schema else []
    shown = [json.dumps(example) if not isinstance(example, str) else example for example in examples[:3]]
    return f"for example {', '.join(shown)}" if shown else ""
