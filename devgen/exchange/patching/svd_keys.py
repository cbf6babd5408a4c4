"""Changes a part by a mapping of SVD's keys, or makes a new one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from devgen.exchange.patching.rules import Rule, Rules, check_keys
from devgen.exchange.register_map import Block, Constraint, Dimension, Field, Group, Interrupt, Place, Register
from devgen.exchange.svd.svd_values import (
    ACCESS,
    MOST_ELEMENTS,
    PROTECTION,
    READ_EFFECTS,
    WRITE_EFFECTS,
    index_names,
    split_name,
)
from devgen.language.diagnostics.reporting import did_you_mean

_Part = TypeVar("_Part", Register, Group)

NO_EFFECT: Final = (
    "alternateGroup",
    "alternateRegister",
    "alternateCluster",
    "dataType",
    "dimName",
    "dimArrayIndex",
    "headerStructName",
    "groupName",
)
"""Keys that concern generated C headers; a description has nothing of them."""

_DIM: Final = ("dim", "dimIncrement", "dimIndex")
_BITS: Final = ("bitRange", "lsb", "msb", "bitOffset", "bitWidth")
_EFFECTS: Final = ("modifiedWriteValues", "readAction", "writeConstraint", "_write_constraint")
FIELD_KEYS: Final = ("name", "description", "access", *_BITS, *_EFFECTS, *_DIM)
DEFAULT_KEYS: Final = ("size", "access", "resetValue", "resetMask", "protection")
REGISTER_KEYS: Final = (
    *("name", "displayName", "description", "addressOffset", "fields"),
    *DEFAULT_KEYS,
    *_EFFECTS,
    *_DIM,
    *NO_EFFECT,
)
GROUP_KEYS: Final = ("name", "description", "addressOffset", "registers", *DEFAULT_KEYS, *_DIM, *NO_EFFECT)
INTERRUPT_KEYS: Final = ("name", "description", "value")


def blank_register(name: str, place: Place) -> Register:
    """Return a register of that name with SVD's defaults."""
    return Register(name, 0, 32, place)


def register_of(base: Register, rules: Rules) -> Register:
    """Return ``base`` with the changes that the rules say. Raises FileError."""
    check_keys(rules, REGISTER_KEYS, "a register")
    changes: dict[str, Any] = {}
    for key, attribute in (("addressOffset", "offset"), ("resetValue", "reset"), ("resetMask", "reset_known")):
        if key in rules:
            changes[attribute] = _natural(rules[key])
    for key, attribute in (("description", "description"), ("displayName", "title")):
        if key in rules:
            changes[attribute] = words(rules[key])
    if "size" in rules:
        changes["width"] = _within(rules["size"], 1, 1024, "bits")
    if rules.get("access", _NONE).value is not None:
        changes["access"] = ACCESS[_word(rules["access"], ACCESS)]
    if "protection" in rules:
        changes["protection"] = PROTECTION[_word(rules["protection"], PROTECTION)]
    changed = replace(base, **changes, **_effects(rules))
    named = _named(changed, rules)
    fields = rules["fields"].rules() if "fields" in rules else {}
    added = tuple(field for name, rule in fields.items() for field in new_fields(name, rule))
    return replace(named, fields=(*named.fields, *added))


def group_of(base: Group, rules: Rules) -> Group:
    """Return a cluster with the changes that the rules say; new registers are added. Raises FileError."""
    check_keys(rules, GROUP_KEYS, "a cluster")
    changes: dict[str, Any] = {}
    if "addressOffset" in rules:
        changes["offset"] = _natural(rules["addressOffset"])
    if "description" in rules:
        changes["description"] = words(rules["description"])
    defaults = {key: rules[key] for key in DEFAULT_KEYS if key in rules}
    added = new_registers(rules["registers"].rules(), defaults) if "registers" in rules else ()
    if defaults and not added:
        next(iter(defaults.values())).refuse("the registers of this cluster have it already; modify the registers")
    named = _named(base, rules)
    return replace(named, members=(*named.members, *added), **changes)


def new_registers(rules: Rules, defaults: Rules) -> tuple[Register, ...]:
    """Return new registers: a mapping from names to their keys; ``defaults`` are keys that they need not state."""
    found: list[Register] = []
    for name, rule in rules.items():
        keys = {**defaults, "name": Rule(rule.place, "name", name), **rule.rules()}
        if "addressOffset" not in keys:
            rule.refuse("a new register needs its addressOffset")
        found.append(register_of(blank_register(name, rule.place), keys))
    return tuple(found)


def new_group(name: str, rule: Rule) -> Group:
    """Return a new cluster. Raises FileError."""
    keys = {"name": Rule(rule.place, "name", name), **rule.rules()}
    if "addressOffset" not in keys or "registers" not in keys:
        rule.refuse("a new cluster needs its addressOffset and its registers")
    return group_of(Group(name, 0, (), rule.place), keys)


def field_of(base: Field, rules: Rules) -> Field:
    """Return ``base`` with the changes that the rules say. Raises FileError."""
    check_keys(rules, FIELD_KEYS, "a field")
    changes: dict[str, Any] = {}
    if "name" in rules:
        changes["name"] = rules["name"].text()
    if "description" in rules:
        changes["description"] = words(rules["description"])
    if "access" in rules:
        rule = rules["access"]
        changes["access"] = None if rule.value in (None, "") else ACCESS[_word(rule, ACCESS)]
    high, low = _bits(rules, base)
    return replace(base, high=high, low=low, **changes, **_effects(rules))


def new_fields(name: str, rule: Rule) -> list[Field]:
    """Return a new field, or several if it has ``dim``. Raises FileError."""
    rules = rule.rules()
    if not any(key in rules for key in ("bitRange", "lsb", "bitOffset")):
        rule.refuse("a new field needs its bits: bitOffset and bitWidth, lsb and msb, or bitRange")
    field = field_of(Field(name, 0, 0, rule.place), rules)
    repeated = dimension_of(rules, None, field.width)
    if repeated is None:
        return [field]
    pattern = field.name if "%s" in field.name else f"{field.name}%s"
    pattern = pattern.replace("[%s]", "%s")
    return [
        replace(
            field,
            name=pattern.replace("%s", index),
            high=field.high + step * repeated.stride,
            low=field.low + step * repeated.stride,
        )
        for step, index in enumerate(repeated.names)
    ]


def interrupt_of(base: Interrupt, rules: Rules) -> Interrupt:
    """Return an interrupt with the changes that the rules say. Raises FileError."""
    check_keys(rules, INTERRUPT_KEYS, "an interrupt")
    return Interrupt(
        rules["name"].text() if "name" in rules else base.name,
        _natural(rules["value"]) if "value" in rules else base.number,
        words(rules["description"]) if "description" in rules else base.description,
    )


def blocks_of(rules: Rules) -> tuple[Block, ...] | None:
    """Return the address blocks that ``addressBlock`` or ``addressBlocks`` say, None if there is neither."""
    rule = rules.get("addressBlock") or rules.get("addressBlocks")
    if rule is None:
        return None
    listed = rule.items() if rule.key == "addressBlocks" else [rule]
    return tuple(_block(item) for item in listed)


def _block(rule: Rule) -> Block:
    rules = rule.rules()
    check_keys(rules, ("offset", "size", "usage"), "an address block")
    for key in ("offset", "size"):
        if key not in rules:
            rule.refuse(f"an address block needs its {key}")
    usage = rules["usage"].text() if "usage" in rules else "registers"
    return Block(
        _natural(rules["offset"]),
        _within(rules["size"], 1, 1 << 64, "bytes"),
        usage not in ("buffer", "reserved"),
    )


def dimension_of(rules: Rules, base: Dimension | None, size: int) -> Dimension | None:
    """Return the repetition that the rules say, ``base`` if they say nothing. ``size`` is the stride by default."""
    if not any(key in rules for key in _DIM):
        return base
    if "dim" not in rules and base is None:
        next(rules[key] for key in _DIM if key in rules).refuse("needs 'dim', the number of elements")
    count = _within(rules["dim"], 1, MOST_ELEMENTS, "elements") if "dim" in rules else base.count if base else 1
    stride = _natural(rules["dimIncrement"]) if "dimIncrement" in rules else base.stride if base else size
    names = base.names if base and base.count == count else tuple(map(str, range(count)))
    if "dimIndex" in rules:
        rule = rules["dimIndex"]
        listed = rule.value if isinstance(rule.value, list) else None
        names = tuple(item.text() for item in listed) if listed is not None else index_names(rule.text())
        if len(names) != count:
            rule.refuse(f"has {len(names)} names for {count} elements")
    return Dimension(names, stride)


def words(rule: Rule) -> str:
    """Return a text with all white space as single blanks."""
    return "" if rule.value is None else " ".join(rule.text().split())


def constraint_of(rule: Rule) -> Constraint | None:
    """Return what ``_write_constraint`` says: ``none``, ``enum``, or a range. Raises FileError."""
    if rule.value in ("none", None):
        return None
    if rule.value == "enum":
        return "enumerated"
    if not isinstance(rule.value, list) or len(rule.value) != 2:
        rule.refuse("must be [MINIMUM, MAXIMUM], 'enum' or 'none'")
    low, high = (_natural(item) for item in rule.value)
    if low > high:
        rule.refuse(f"its minimum {low} is greater than its maximum {high}")
    return low, high


def _effects(rules: Rules) -> dict[str, Any]:
    """Return the attributes of write and read effects and of the write constraint that the rules give."""
    found: dict[str, Any] = {}
    for key, attribute, table in (
        ("modifiedWriteValues", "write_effect", WRITE_EFFECTS),
        ("readAction", "read_effect", READ_EFFECTS),
    ):
        if key in rules:
            word = rules[key].value
            found[attribute] = None if word in ("modify", None) else table[_word(rules[key], table)]
    for key in ("writeConstraint", "_write_constraint"):
        if key in rules:
            found["constraint"] = constraint_of(rules[key])
    return found


def _named(part: _Part, rules: Rules) -> _Part:
    """Return the part with the name and the repetition that the rules say."""
    size = part.size if isinstance(part, Register) else 0
    repeated = dimension_of(rules, part.dimension, size)
    if "name" not in rules and repeated is part.dimension:
        return part
    name = rules["name"].text() if "name" in rules else part.pattern or part.name
    base, pattern = split_name(name, repeated)
    return replace(part, name=base, pattern=pattern, dimension=repeated)


def _bits(rules: Rules, base: Field) -> tuple[int, int]:
    """Return the most and least significant bit that the rules say."""
    if "bitRange" in rules:
        found = re.fullmatch(r"\[?\s*(\d{1,4})\s*:\s*(\d{1,4})\s*\]?", rules["bitRange"].text())
        if found is None:
            rules["bitRange"].refuse("must be of the form '[7:4]'")
        return max(int(found[1]), int(found[2])), min(int(found[1]), int(found[2]))
    low = _within(rules["lsb"], 0, 1023, "") if "lsb" in rules else base.low
    if "bitOffset" in rules:
        low = _within(rules["bitOffset"], 0, 1023, "")
    width = _within(rules["bitWidth"], 1, 1024, "bits") if "bitWidth" in rules else base.width
    high = _within(rules["msb"], low, 1023, "") if "msb" in rules else low + width - 1
    return high, low


def _word(rule: Rule, table: Mapping[str, object]) -> str:
    text = rule.text()
    if text not in table:
        known = [word for word in table if word]
        rule.refuse(f"'{text}' is none of {', '.join(known)}; {did_you_mean(text, known)}".rstrip("; "))
    return text


def _natural(rule: Rule) -> int:
    return _within(rule, 0, (1 << 64) - 1, "")


def _within(rule: Rule, least: int, greatest: int, unit: str) -> int:
    value = rule.number()
    if not least <= value <= greatest:
        rule.refuse(f"{value} is not between {least} and {greatest}{unit and ' ' + unit}")
    return value


_NONE: Final = Rule(Place("", 0), "", None)
