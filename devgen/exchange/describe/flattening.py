"""Dissolves groups without a repetition, and repetitions that the language cannot say, into their members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from devgen.exchange.register_map import Dimension, Group, Register

_INDEX_NAME = re.compile(r"[A-Za-z0-9_]+")


def flat(members: tuple[Register | Group, ...]) -> Iterator[Register | Group]:
    """Yield registers and repeated groups; other groups are dissolved into their members.

    An array whose elements' names the language cannot make of its name and an index becomes single registers.
    """
    for member in members:
        dimension = member.dimension
        if dimension is not None and (_named_oddly(member, dimension) or _too_dense(member)):
            yield from flat(tuple(elements(member, dimension)))
        elif isinstance(member, Group) and dimension is None:
            yield from flat(tuple(_prefixed(inner, member) for inner in member.members))
        else:
            yield replace(member, name=member.name.rstrip("_") or member.name) if member.pattern else member


def elements_in(member: Register | Group) -> int:
    """Return the number of registers in a member; each element of an array counts."""
    inner = sum(map(elements_in, member.members)) if isinstance(member, Group) else 1
    return inner * (member.dimension.count if member.dimension else 1)


def singles_in(member: Register | Group) -> int:
    """Return how many registers and arrays of them ``flat`` makes of a member."""
    inner = sum(map(singles_in, member.members)) if isinstance(member, Group) else 1
    dissolved = member.dimension is not None and (_named_oddly(member, member.dimension) or _too_dense(member))
    return inner * member.dimension.count if dissolved and member.dimension is not None else inner


def _prefixed(member: Register | Group, group: Group) -> Register | Group:
    """Return a member of a dissolved group, with the group's name before its own."""
    prefix = f"{group.name}_"
    if isinstance(member, Register) and member.alias:
        member = replace(member, alias=prefix + member.alias)
    return replace(
        member,
        name=prefix + member.name,
        pattern=member.pattern and prefix + member.pattern,
        offset=group.offset + member.offset,
    )


def elements(member: Register | Group, dimension: Dimension) -> Iterator[Register | Group]:
    """Yield the elements of an array by themselves."""
    pattern = (member.pattern or f"{member.name}%s").replace("[%s]", "%s")
    for place, index in enumerate(dimension.names):
        name, title, description = (text.replace("%s", index) for text in (pattern, member.title, member.description))
        offset = member.offset + place * dimension.stride
        yield replace(
            member, name=name, title=title, description=description, pattern="", dimension=None, offset=offset
        )


def _named_oddly(member: Register | Group, dimension: Dimension) -> bool:
    """Whether the index is not at the end of the name, or is no name of an element in the language."""
    if member.pattern and not member.pattern.endswith("%s"):
        return True
    names = dimension.names
    return not dimension.plain and (len({*names}) < len(names) or not all(map(_INDEX_NAME.fullmatch, names)))


def _too_dense(member: Register | Group) -> bool:
    """Whether a group's elements would overlap."""
    if isinstance(member, Register) or member.dimension is None:
        return False
    return member.dimension.stride < max(map(extent_of, member.members), default=0)


def extent_of(member: Register | Group) -> int:
    """Return the first offset after a member, from the start of its group."""
    dimension = member.dimension
    size = member.size if isinstance(member, Register) else max(map(extent_of, member.members), default=0)
    return member.offset + size + ((dimension.count - 1) * dimension.stride if dimension else 0)
