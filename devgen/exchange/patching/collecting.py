"""Registers and fields of similar names that become arrays and clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from devgen.exchange.patching.rules import Rule
from devgen.exchange.patching.specs import Spec
from devgen.exchange.patching.svd_keys import words
from devgen.exchange.register_map import Dimension, Field, Register
from devgen.exchange.svd.svd_values import split_name


def indices(spec: Spec, names: Sequence[str]) -> tuple[str, ...]:
    """Return the text that the wildcard matches in each name. Raises FileError."""
    found: list[str] = []
    for name in names:
        before, after = spec.token(spec.matched((name,)))
        found.append(name[before : len(name) - after])
    return tuple(found)


def common_stride(rule: Rule, path: str, offsets: Sequence[int], stated: int) -> int:
    """Return the distance of the offsets, ``stated`` for a single one. Raises FileError if it is not the same."""
    strides = {after - before for before, after in pairwise(offsets)} or {stated}
    if len(strides) != 1:
        rule.refuse(f"the offsets {', '.join(map(hex, offsets[:8]))} in {path} have no common distance")
    return strides.pop()


def common_text(texts: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the text that all elements share, without what differs by the index; None if they differ otherwise."""
    first = texts[0]
    if all(text == first for text in texts):
        return first
    index = names[0]
    at = first.find(index)
    while at >= 0 and index:
        pattern = f"{first[:at]}%s{first[at + len(index) :]}"
        if all(text == pattern.replace("%s", name, 1) for text, name in zip(texts, names, strict=True)):
            return " ".join(pattern.replace("%s", "").split())
        at = first.find(index, at + 1)
    return None


def shape(register: Register) -> tuple[object, ...]:
    """Return the properties that all registers of an array share: width, access, the fields' bits."""
    return register.width, register.access, tuple(sorted((field.low, field.high) for field in register.fields))


def array_of(registers: Sequence[Register], rule: Rule, spec: Spec, path: str) -> Register:
    """Return an array of the registers, which are in the order of their offsets. Raises FileError."""
    keys = rule.rules()
    names = [register.name for register in registers]
    index = indices(spec, names)
    if len({shape(register) for register in registers}) > 1:
        rule.refuse(f"{', '.join(names)} in {path} differ in width, access or fields")
    if any(register.dimension for register in registers):
        rule.refuse(f"one of {', '.join(names)} in {path} is an array already")
    stated = keys["dimIncrement"].number() if "dimIncrement" in keys else registers[0].size
    stride = common_stride(rule, path, [register.offset for register in registers], stated)
    if "_start_from_zero" in keys:
        index = tuple(map(str, range(len(registers))))
    alternative = spec.matched(names[:1])
    before, after = spec.token(alternative)
    pattern = f"{alternative[:before]}%s{alternative[len(alternative) - after :]}"
    wanted = keys["name"].text() if "name" in keys else pattern
    if "%s" not in wanted:
        keys["name"].refuse("must have '%s' where the index stands")
    repeated = Dimension(index, stride)
    name, pattern = split_name(wanted, repeated)
    text = _text(rule, "description", [register.description for register in registers], index)
    title = _text(rule, "displayName", [register.title for register in registers], index)
    return replace(registers[0], name=name, pattern=pattern, dimension=repeated, description=text, title=title)


def fields_in_array(fields: tuple[Field, ...], found: Sequence[Field], rule: Rule, path: str) -> tuple[Field, ...]:
    """Name the found fields alike; a description says fields one by one. Raises FileError."""
    keys = rule.rules()
    ordered = sorted(found, key=lambda field: field.low)
    spec = Spec.of(rule)
    index = indices(spec, [field.name for field in ordered])
    common_stride(rule, path, [field.low for field in ordered], ordered[0].width)
    if "_start_from_zero" in keys:
        index = tuple(map(str, range(len(ordered))))
    names: dict[str, Field] = {}
    for field, name in zip(ordered, index, strict=True):
        alternative = spec.matched((field.name,))
        before, after = spec.token(alternative)
        default = f"{alternative[:before]}%s{alternative[len(alternative) - after :]}"
        pattern = (keys["name"].text() if "name" in keys else default).replace("[%s]", "%s")
        if "%s" not in pattern:
            keys["name"].refuse("must have '%s' where the index stands")
        text = words(keys["description"]) if "description" in keys else field.description
        text = field.description if text == "_original" else text.replace("%s", name)
        names[field.name] = replace(field, name=pattern.replace("%s", name), description=text)
    return tuple(names.get(field.name, field) for field in fields)


def _text(rule: Rule, key: str, texts: Sequence[str], index: Sequence[str]) -> str:
    keys = rule.rules()
    if key in keys:
        said = words(keys[key])
        return texts[0] if said == "_original" else " ".join(said.replace("%s", "").split())
    found = common_text(texts, index)
    if found is None:
        rule.refuse(f"the elements have different texts: write '{key}: TEXT' for the array, or '{key}: _original'")
    return found
