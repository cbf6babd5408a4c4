"""The enumeration of a field: labels for one value, for several (`0b1x`), or for all others (`default`)."""

from __future__ import annotations

from typing import Final

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics.places import Related
from devgen.language.elaborate.elaboration import Context, Tree
from devgen.language.model import AccessType, Label, LabelUse

KEYS: Final[tuple[tuple[str, LabelUse], ...]] = (("values", "both"), ("read_values", "read"), ("write_values", "write"))
"""The keys of a field with labels, and the accesses that their values are for."""

_UNFIT: Final = {"read": ("wo", "w1"), "write": ("ro",)}
_DEFAULT: Final = "default"


def build_labels(ctx: Context, spec: Tree, width: int, access: AccessType) -> tuple[Label, ...]:
    """Build the labels of a field ``width`` bits wide."""
    found: list[Label] = []
    for key, use in KEYS:
        if key not in spec:
            continue
        if access in _UNFIT.get(use, ()):
            ctx.contradiction(spec, key, f"access: {access}", f"software cannot {use} it")
        declared = _declared(ctx, spec, key)
        for name, value in declared.items():
            label = _label(name, value, width, use)
            if label is not None and _is_free(ctx, spec, key, declared, label, width, found):
                found.append(label)
    return tuple(found)


def shared_name(spec: Tree) -> str:
    """Return the name of the shared enumeration under ``values``, or an empty string."""
    values = spec.get("values")
    return values if isinstance(values, str) else ""


def _declared(ctx: Context, spec: Tree, key: str) -> Tree:
    """Return the labels under a key, or those of the enumeration that it names."""
    value = spec[key]
    if not isinstance(value, str):
        return value if isinstance(value, dict) else {}
    ctx.shared.add(value)
    shared = ctx.enumerations.get(value)
    if shared is None:
        ctx.at_value(kinds.UNKNOWN_ENUMERATION, spec, key, name=value, known=ctx.enumerations)
    return shared if isinstance(shared, dict) else {}


def _label(name: str, value: int | str | Tree, width: int, use: LabelUse) -> Label | None:
    """Return a label; None if its value is missing, which is reported."""
    spec: Tree = value if isinstance(value, dict) else {"value": value}
    if "value" not in spec:
        return None
    number, mask = _pattern(spec["value"], width)
    return Label(name, number, mask, width, use, spec.get("title", ""), spec.get("description", ""))


def _pattern(value: int | str, width: int) -> tuple[int, int]:
    """Return the bits of a value and the bits that count; of ``default`` none does."""
    every = (1 << width) - 1
    if isinstance(value, int):
        return value, every
    if value == _DEFAULT:
        return 0, 0
    digits = value[2:].replace("_", "").lower()
    return int(digits.replace("x", "0"), 2), every & ~int(digits.replace("1", "0").replace("x", "1"), 2)


def _is_free(ctx: Context, spec: Tree, key: str, declared: Tree, label: Label, width: int, found: list[Label]) -> bool:
    """Report a label that does not fit in the field, or that has the name or the values of another one."""
    # A shared enumeration is declared elsewhere: what does not fit this field is reported at the field.
    node, at = (spec, key) if isinstance(spec[key], str) else (declared, label.name)
    if label.value >> width:
        what = f"the value of '{label.name}',"
        ctx.at_value(kinds.VALUE_TOO_WIDE, node, at, what=what, value=label.value, width=width)
    for other in found:
        if other.name == label.name and (other.value, other.mask) != (label.value, label.mask):
            ctx.at_value(kinds.LABEL_TWICE, node, at, name=f"'{label.name}'", related=_first(ctx, declared, other))
            return False
        if _meet(label, other) and other.name != label.name:
            names = {"name": f"'{label.name}'", "other": f"'{other.name}'"}
            related = _first(ctx, declared, other)
            ctx.at_value(kinds.DUPLICATE_VALUE, node, at, **names, value=label.text, related=related)
    return True


def _first(ctx: Context, declared: Tree, other: Label) -> list[Related]:
    """Return where the other label is declared, if it is beside this one."""
    return ctx.second(declared, other.name, f"'{other.name}' is declared here") if other.name in declared else []


def _meet(label: Label, other: Label) -> bool:
    """Whether two labels stand for the same values of the same access."""
    return (label.value, label.mask) == (other.value, other.mask) and label.shares(other)
