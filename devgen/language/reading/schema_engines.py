"""The two validators of a JSON Schema: a fast one that says yes or no, and a thorough one that lists violations.

jsonschema-rs answers in milliseconds whether a tree is valid, but its errors do not carry the violated schema.
jsonschema lists every violation with its schema, and is about a hundred times slower. The thorough validator therefore
asks the fast one about each mapping and list before it descends, and skips the valid ones: an error costs the time of
its own part of the tree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from devgen.common.quick_dataclass import dataclass
from devgen.share import find_share

if TYPE_CHECKING:
    from jsonschema import ValidationError

SchemaName = Literal["device", "board"]

VIOLATION_LIMIT = 300
"""Most violations that are listed of a tree: more than the diagnostics that a run shows."""


@dataclass(slots=True, frozen=True)
class Violation:
    """A violation of a schema rule: the keyword, its value, the faulty value and its path; ``of_key``: of a key."""

    rule: str
    wanted: Any
    path: tuple[str | int, ...]
    value: Any
    schema: dict[str, Any]
    of_key: bool


@cache
def schema_text(name: SchemaName) -> str:
    """Return the JSON text of a schema.

    Raises FileNotFoundError when the package is installed without its schemas.
    """
    folder = find_share("schemas")
    if folder is None:
        raise FileNotFoundError("devgen is installed without its folder 'schemas'")
    return (folder / f"{name}.schema.json").read_text("utf-8")


def is_valid(name: SchemaName, tree: dict[str, Any], complete: bool) -> bool:
    """Whether the fast validator accepts ``tree``; required keys are checked only if ``complete``.

    False does not mean that there is a violation: the fast validator may be missing or unable to handle a value.
    """
    return _accepts(_fast_validator(name, complete), tree)


def list_violations(tree: dict[str, Any], name: SchemaName) -> list[Violation]:
    """Return the violations in ``tree`` in the order of its keys, at most ``VIOLATION_LIMIT``."""
    return [
        Violation(
            str(error.validator),
            error.validator_value,
            tuple(error.absolute_path),
            error.instance,
            error.schema if isinstance(error.schema, dict) else {},
            "propertyNames" in error.absolute_schema_path,
        )
        for error in islice(thorough_validator(name).iter_errors(tree), VIOLATION_LIMIT)
    ]


# --- the fast validator ------------------------------------------------------------------


def _compiled(schema: dict[str, Any]) -> Any:
    try:
        import jsonschema_rs
    except ImportError:  # no wheel for this platform: use jsonschema alone
        return None
    return jsonschema_rs.Draft202012Validator(schema)


def _accepts(fast: Any, value: object) -> bool:
    try:
        return fast is not None and bool(fast.is_valid(value))
    except ValueError:  # it cannot handle a value: let jsonschema report it
        return False


@cache
def _fast_validator(name: SchemaName, complete: bool) -> Any:
    schema = json.loads(schema_text(name))
    return _compiled(schema if complete else _without_required(schema))


def _without_required(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_required(value) for key, value in node.items() if key != "required"}
    return [_without_required(element) for element in node] if isinstance(node, list) else node


# --- the thorough validator --------------------------------------------------------------


@cache
def thorough_validator(name: SchemaName) -> Any:
    """Return the validator that decides what a schema means; its ``iter_errors`` lists violations."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    schema = json.loads(schema_text(name))
    keywords = _Keywords(schema["$defs"])
    # Schema patterns are ECMA's, whose `$` is the end; Python's also matches before a last line end.
    guided = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        {
            "pattern": _pattern,
            "properties": keywords.properties,
            "additionalProperties": keywords.additional_properties,
            "items": keywords.items,
            "propertyNames": keywords.property_names,
        },
    )
    return guided(schema)


def _pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(pattern.removesuffix("$") + r"\Z", instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


class _Keywords:
    """The keywords of JSON Schema 2020-12 that descend into mappings and lists, without descending into valid ones.

    They yield what jsonschema's own keywords yield (Validation 6.5 and Applicator 10.3), in the order of the instance.
    """

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._fast: dict[tuple[int, bool], Any] = {}

    def properties(
        self, validator: Any, properties: dict[str, Any], instance: object, _schema: object
    ) -> Iterator[Any]:
        """``properties``: the schema of each named value."""
        if isinstance(instance, dict):
            for key, value in instance.items():
                if key in properties and not self._is_valid(properties[key], value):
                    yield from validator.descend(value, properties[key], path=key, schema_path=key)

    def additional_properties(
        self, validator: Any, wanted: Any, instance: object, schema: dict[str, Any]
    ) -> Iterator[Any]:
        """``additionalProperties``: the schema of all other values, or false if there may be none."""
        from jsonschema import ValidationError

        if not isinstance(instance, dict):
            return
        known = schema.get("properties", {})
        others = [key for key in instance if key not in known]
        if isinstance(wanted, dict):
            for key in others:
                if not self._is_valid(wanted, instance[key]):
                    yield from validator.descend(instance[key], wanted, path=key)
        elif not wanted and others:
            yield ValidationError(f"unknown keys: {len(others)}")

    def items(self, validator: Any, wanted: dict[str, Any], instance: object, _schema: object) -> Iterator[Any]:
        """``items``: the schema of each element."""
        if isinstance(instance, list):
            for index, element in enumerate(instance):
                if not self._is_valid(wanted, element):
                    yield from validator.descend(element, wanted, path=index)

    def property_names(
        self, validator: Any, wanted: dict[str, Any], instance: object, _schema: object
    ) -> Iterator[Any]:
        """``propertyNames``: the schema of each key."""
        if isinstance(instance, dict) and not _accepts(self._validator(wanted, names=True), instance):
            for key in instance:
                yield from validator.descend(key, wanted)

    def _is_valid(self, schema: dict[str, Any], value: object) -> bool:
        """Whether the fast validator accepts a mapping or a list. The thorough one is fast enough for other values."""
        return isinstance(value, (dict, list)) and _accepts(self._validator(schema), value)

    def _validator(self, schema: dict[str, Any], names: bool = False) -> Any:
        # The schemas live as long as the cached validator, so that no identity is used twice.
        key = (id(schema), names)
        if key not in self._fast:
            whole = {"propertyNames": schema} if names else schema
            self._fast[key] = _compiled({**whole, "$defs": self._definitions})
        return self._fast[key]
