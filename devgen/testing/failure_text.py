"""What pytest shows when an assertion about a register or a field fails."""

from __future__ import annotations

from devgen.hosts.bench.named_register import Register
from devgen.hosts.bench.register_values import FieldValue, RegisterValue

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compared(op: str, left: object, right: object) -> list[str] | None:
    """Return the lines that explain ``left op right``, or None if neither is a register's or a field's value.

    For example::

        CTRL: expected 0x5 (ENABLE=1, MODE=RUN), read 0x4 (ENABLE=0, MODE=RUN)
        ENABLE differs; CTRL is registers+0x4, at 0xfe000004
    """
    if not isinstance(left, Register | FieldValue | RegisterValue):
        op, left, right = _MIRRORED.get(op, op), right, left
    match left:
        case FieldValue():
            return _field(op, left, right)
        case RegisterValue():
            return _register(op, left, right)
        case Register():
            return None if left.last is None else _register(op, left.last, right)
        case _:
            return None


def _register(op: str, value: RegisterValue, other: object) -> list[str] | None:
    place = value.place
    if not isinstance(other, int):
        return None
    where = f"{place.name} is {value.address}"
    if op != "==" or not 0 <= other <= place.limit:
        return [f"{place.name}: expected a value {op} {int(other):#x}, read {place.show(value)}", where]
    differing = [field.name for field in place.fields.values() if (value ^ other) & field.mask]
    declared = sum(field.mask for field in place.fields.values())
    if differing and (value ^ other) & ~declared:
        differing.append("bits without a field")
    verb = "differs" if len(differing) == 1 and differing[0] in place.fields else "differ"
    changed = f"{', '.join(differing)} {verb}; " if differing else ""
    return [f"{place.name}: expected {place.show(int(other))}, read {place.show(value)}", f"{changed}{where}"]


def _field(op: str, value: FieldValue, other: object) -> list[str] | None:
    register, labels = value.register, value.place.labels
    if not isinstance(other, int | str):
        return None
    number = labels.get(other) if isinstance(other, str) else int(other)
    label = next((label for label, labelled in labels.items() if labelled == number), None)
    wanted = f"{number} ({label})" if label else f"{number}"
    expected = wanted if op == "==" else f"a value {op} {wanted}"
    whole = register.place.show(register)
    return [
        f"{register.place.name}.{value.place.name}: expected {expected}, read {value!r}",
        f"{register.place.name} is {whole} ({register.address})",
    ]
