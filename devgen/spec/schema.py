"""Validation against the JSON Schemas, and each violation told at its place in words of the language.

jsonschema-rs answers "nothing wrong" in milliseconds. Only if it does not, jsonschema, the authority, walks the
tree and every error it finds becomes a diagnostic.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from devgen.share import find_share
from devgen.spec.catalogue import shape as kinds
from devgen.spec.diagnostics import Diagnostics, did_you_mean
from devgen.spec.model import Mark
from devgen.spec.sources import Node, Sources

if TYPE_CHECKING:
    from jsonschema import ValidationError

SchemaName = Literal["device", "board"]

_ERRORS_TAKEN = 2000
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a number",
    "boolean": "true or false",
}


def validate(tree: dict[str, Any], name: SchemaName, sources: Sources, sink: Diagnostics) -> bool:
    """Report every place where ``tree`` breaks the schema; return whether there is none."""
    if _nothing_wrong(name, tree):
        return True
    before = sink.errors
    reporter = _Reporter(tree, sources, sink)
    for error in _one_a_place(islice(_authority(name).iter_errors(tree), _ERRORS_TAKEN)):
        reporter.report(error)
    return sink.errors == before


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
def _fast_validator(name: SchemaName) -> Any:
    try:
        import jsonschema_rs
    except ImportError:  # no wheel for this platform: the authority does all the work
        return None
    return jsonschema_rs.Draft202012Validator(json.loads(schema_text(name)))


def _nothing_wrong(name: SchemaName, tree: dict[str, Any]) -> bool:
    fast = _fast_validator(name)
    try:
        return fast is not None and bool(fast.is_valid(tree))
    except ValueError:  # a value it cannot take: let the authority say what is wrong
        return False


@cache
def _authority(name: SchemaName) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # Schema patterns are ECMA's, whose `$` is the end; Python's also matches before a last line end.
    strict = extend(Draft202012Validator, {"pattern": _pattern})
    return strict(json.loads(schema_text(name)))


def _pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    import re

    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(pattern.removesuffix("$") + r"\Z", instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _one_a_place(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Drop what follows from a wrong type: a value of another kind breaks the other rules for its place, too."""
    found = list(errors)
    mistyped = {tuple(error.absolute_path) for error in found if error.validator == "type"}
    for error in found:
        if error.validator == "type" or error.validator == "required" or tuple(error.absolute_path) not in mistyped:
            yield error


@dataclass(slots=True)
class _Reporter:
    tree: dict[str, Any]
    sources: Sources
    sink: Diagnostics

    def report(self, error: ValidationError) -> None:
        handler = _HANDLERS.get(str(error.validator), _Reporter._other)
        handler(self, error)

    # --- places --------------------------------------------------------------------------

    def _owner(self, error: ValidationError) -> tuple[Node | None, Any]:
        """Return the container that holds the value at fault, and its key there (None: the outermost mapping)."""
        path = list(error.absolute_path)
        node: Any = self.tree
        for key in path[:-1]:
            node = node[key]
        return (node, path[-1]) if path else (None, None)

    def _mark(self, error: ValidationError) -> Mark:
        node, key = self._owner(error)
        return self.sources.node_mark(self.tree) if node is None else self.sources.value_mark(node, key)

    def _where(self, error: ValidationError) -> str:
        path = list(error.absolute_path)
        if not path:
            return "the description"
        return f"'{path[-1]}'" if isinstance(path[-1], str) else f"element {path[-1]} of '{path[-2]}'"

    def _add(self, kind: Any, error: ValidationError, **values: Any) -> None:
        mark = self._mark(error)
        if not self.sink.has_error_at(mark):
            length = len(error.instance) if isinstance(error.instance, str) else 1
            self.sink.add(kind, mark, length=length, where=self._where(error), found=describe(error.instance), **values)

    # --- one rule each -------------------------------------------------------------------

    def _unknown_keys(self, error: ValidationError) -> None:
        known = list(error.schema["properties"])
        for key in error.instance:
            if key not in known:
                mark = self.sources.key_mark(error.instance, key)
                hint = did_you_mean(key, known)
                self.sink.add(kinds.UNKNOWN_KEY, mark, length=len(key), key=key, hint=hint, allowed=known)

    def _missing(self, error: ValidationError) -> None:
        node, key = self._owner(error)
        mark = self.sources.node_mark(self.tree) if node is None else self.sources.key_mark(node, key)
        for name in error.validator_value:
            if name not in error.instance:
                hint = "this is a board: check it as one" if node is None and "board" in self.tree else ""
                self.sink.add(kinds.MISSING_KEY, mark, where=self._where(error), key=name, hint=hint)

    def _type(self, error: ValidationError) -> None:
        self._add(kinds.WRONG_TYPE, error, expected=_expected(error.schema), hint=_examples(error.schema))

    def _enum(self, error: ValidationError) -> None:
        allowed = [str(one) for one in error.validator_value]
        hint = did_you_mean(error.instance, allowed) if isinstance(error.instance, str) else ""
        self._add(kinds.NOT_ALLOWED, error, allowed=allowed, hint=hint)

    def _form(self, error: ValidationError) -> None:
        if "propertyNames" in error.absolute_schema_path:
            return self._bad_name(error)
        expected = error.schema.get("title", "valid text")
        return self._add(kinds.BAD_FORM, error, expected=expected, hint=_examples(error.schema))

    def _bad_name(self, error: ValidationError) -> None:
        path = list(error.absolute_path)
        node: Any = self.tree
        for key in path:
            node = node[key]
        name = error.instance
        self.sink.add(
            kinds.BAD_NAME,
            self.sources.key_mark(node, name),
            length=len(name),
            name=name,
            expected=error.schema.get("title", "name"),
            hint=_examples(error.schema),
        )

    def _limit(self, error: ValidationError) -> None:
        if "propertyNames" in error.absolute_schema_path:
            return self._bad_name(error)
        side = "at least" if str(error.validator).startswith("min") else "at most"
        unit = _UNITS.get(str(error.validator)[3:], "")
        return self._add(kinds.OUT_OF_LIMITS, error, limit=f"{side} {error.validator_value}{unit} is allowed")

    def _other(self, error: ValidationError) -> None:
        self._add(kinds.OTHER_SHAPE, error, problem=error.message)


_UNITS = {"Length": " characters", "Items": " elements", "Properties": " entries"}

_HANDLERS: dict[str, Callable[[_Reporter, ValidationError], None]] = {
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
    """Return a value from a description in words: ``the number 5``, ``the text 'abc'``, ``a list``."""
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
    names = [_TYPES[one] for one in ([types] if isinstance(types, str) else types)]
    return " or ".join(names)


def _examples(schema: dict[str, Any]) -> str:
    examples = schema.get("examples") or []
    shown = [json.dumps(one) if not isinstance(one, str) else one for one in examples[:3]]
    return f"for example {', '.join(shown)}" if shown else ""
