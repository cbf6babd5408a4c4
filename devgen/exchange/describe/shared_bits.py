"""Fields of one register that share bits: other meanings of an earlier field, or one read and one written there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devgen.exchange.register_map import AccessWord


@dataclass(slots=True, frozen=True)
class Bits:
    """The bits of a field, and its access."""

    name: str
    mask: int
    access: AccessWord


def bases_of(fields: Sequence[Bits]) -> dict[str, str]:
    """Return for each field the one that it is an alternate of, or its own name.

    Fields that share bits, directly or through others, form a group: all of them are alternates of its first field. A
    field that is read only and one that is written only are apart, so that neither can be the other one's alternate. A
    field that fits into no group is not in the result.
    """
    if sum(field.mask for field in fields) == _all(fields):
        return {field.name: field.name for field in fields}
    groups: list[list[Bits]] = []
    for field in fields:
        touched = [group for group in groups if any(_share(field, other) for other in group)]
        joined = [*(other for group in touched for other in group), field]
        if len(joined) > 1 and _base(joined) is None:
            continue
        groups = [group for group in groups if all(group is not other for other in touched)] + [joined]
    found: dict[str, str] = {}
    for group in groups:
        base = _base(group)
        found |= {field.name: field.name if base is None else base.name for field in group}
    return found


def _all(fields: Sequence[Bits]) -> int:
    mask = 0
    for field in fields:
        mask |= field.mask
    return mask


def _share(field: Bits, other: Bits) -> bool:
    """Whether two fields have a bit in common that is read, or written, through both."""
    if not field.mask & other.mask:
        return False
    return any(mine and theirs for mine, theirs in zip(directions(field.access), directions(other.access), strict=True))


def _base(group: Sequence[Bits]) -> Bits | None:
    """Return the first field of which all others can be alternates."""
    return next((field for field in group if not any(_apart(field, other) for other in group)), None)


def _apart(field: Bits, other: Bits) -> bool:
    mine, theirs = directions(field.access), directions(other.access)
    return not any(one and two for one, two in zip(mine, theirs, strict=True))


def directions(access: AccessWord) -> tuple[bool, bool]:
    """Return whether a part with this access can be read, and whether it can be written."""
    return access not in ("wo", "w1"), access != "ro"
