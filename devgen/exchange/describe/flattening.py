"""Dissolves groups and arrays that the language cannot repeat into single registers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from devgen.exchange.register_map import Dimension, Group, Register


def flat(members: tuple[Register | Group, ...], inside: bool = False) -> Iterator[Register | Group]:
    """Yield registers, and groups that the language can repeat; other groups are dissolved into their members.

    ``inside`` a register file nothing can repeat.
    """
    for member in members:
        dimension = member.dimension
        if dimension is not None and (inside or member.pattern or _too_dense(member)):
            yield from flat(tuple(_elements(member, dimension)), inside)
        elif isinstance(member, Group) and dimension is None:
            yield from flat(tuple(_prefixed(inner, member) for inner in member.members), inside)
        else:
            yield member


def _prefixed(member: Register | Group, group: Group) -> Register | Group:
    """Return a member of a dissolved group, with the group's name before its own."""
    prefix = f"{group.name}_"
    return replace(
        member,
        name=prefix + member.name,
        pattern=member.pattern and prefix + member.pattern,
        offset=group.offset + member.offset,
    )


def _elements(member: Register | Group, dimension: Dimension) -> Iterator[Register | Group]:
    pattern = (member.pattern or f"{member.name}%s").replace("[%s]", "%s")
    for place, index in enumerate(dimension.names):
        name = pattern.replace("%s", index)
        yield replace(member, name=name, pattern="", dimension=None, offset=member.offset + place * dimension.stride)


def _too_dense(member: Register | Group) -> bool:
    """Whether a group's elements would overlap."""
    if isinstance(member, Register) or member.dimension is None:
        return False
    ends = (inner.offset + (inner.size if isinstance(inner, Register) else 1) for inner in member.members)
    return member.dimension.stride < max(ends, default=0)
