"""Adapts a register map to the limits of IP-XACT: no arrays with gaps, a field in each register, few alternates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from devgen.exchange.describe.shared_bits import directions
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Field, Group, Register
from devgen.exchange.svd_export.register_overlaps import elements

VALUE = "VALUE"
"""The field of a register that has none."""


@dataclass(slots=True, frozen=True)
class IpxactRegister:
    """A register with its ``alternates`` at the same address."""

    register: Register
    alternates: tuple[Register, ...] = ()


@dataclass(slots=True, frozen=True)
class IpxactFile:
    """A register file; ``stride`` is its size, also of each element of an array."""

    group: Group
    stride: int
    members: tuple[IpxactRegister | IpxactFile, ...]


Parts = tuple[IpxactRegister | IpxactFile, ...]


@dataclass(slots=True)
class IpxactParts:
    """Makes the parts of one peripheral; ``path`` is its name, for reports."""

    findings: Findings
    path: str
    _owners: dict[tuple[int, str], Register] = field(default_factory=dict)
    """The register that has a byte for reads (``r``) or writes (``w``)."""

    def parts(self, members: Sequence[Register | Group], bases: Sequence[int] = (0,)) -> Parts:
        """Return the parts, and report what IP-XACT cannot say. ``bases`` are the starts of the files around them."""
        found: dict[int, IpxactRegister | IpxactFile] = {}
        for member in members:
            starts = [start for base in bases for start in elements(member, base)]
            if isinstance(member, Group):
                found[id(member)] = IpxactFile(member, _stride(member), self.parts(member.members, starts))
                continue
            register = self._with_field(member)
            wanted = _bytes(starts, member)
            owner = next((self._owners[byte] for byte in wanted if byte in self._owners), None)
            if owner is None:
                self._owners |= dict.fromkeys(wanted, member)
                found[id(member)] = self._spread(register)
            elif not self._as_alternate(found.get(id(owner)), owner, member, register, found):
                text = f"it shares bytes with {owner.name}, of another address or size: IP-XACT has no such alternates"
                self._say(Outcome.LEFT_OUT, member, text)
        return tuple(part for part in found.values() if isinstance(part, IpxactRegister) or part.members)

    def _as_alternate(
        self,
        base: IpxactRegister | IpxactFile | None,
        owner: Register,
        member: Register,
        register: Register,
        found: dict[int, IpxactRegister | IpxactFile],
    ) -> bool:
        """Add a register to the alternates of the one that has its bytes, if they are at the same place."""
        same = (owner.offset, owner.width, owner.dimension) == (member.offset, member.width, member.dimension)
        if not same or not isinstance(base, IpxactRegister):
            return False
        found[id(owner)] = replace(base, alternates=(*base.alternates, register))
        return True

    def _with_field(self, register: Register) -> Register:
        """Return the register with at least one field."""
        if register.fields:
            taken = 0
            for part in register.fields:
                taken |= part.mask
            outside = register.reset & ~taken
            if outside:
                text = f"the reset value {outside:#x} of bits that no field has: IP-XACT has resets of fields"
                self._say(Outcome.LEFT_OUT, register, text)
            return register
        whole = Field(
            VALUE,
            register.width - 1,
            0,
            register.place,
            "",
            None,
            register.read_effect,
            register.write_effect,
            constraint=register.constraint,
        )
        return replace(register, fields=(whole,))

    def _spread(self, register: Register) -> IpxactRegister | IpxactFile:
        """Return the register; an array with gaps is a register file with one register."""
        self._report(register)
        dimension = register.dimension
        if dimension is None or dimension.stride == register.size or dimension.count == 1:
            return IpxactRegister(register)
        self._say(
            Outcome.CORRECTED, register, "an array with gaps; exported as a register file: IP-XACT has no such arrays"
        )
        inner = replace(register, offset=0, dimension=None, pattern="")
        group = Group(register.name, register.offset, (inner,), register.place, "", dimension, register.pattern)
        return IpxactFile(group, dimension.stride, (IpxactRegister(inner),))

    def _report(self, register: Register) -> None:
        if register.protection:
            self._say(Outcome.LEFT_OUT, register, f"protection: {register.protection}")
        if register.dimension and not register.dimension.plain:
            self._say(Outcome.LEFT_OUT, register, f"the names of its elements: {', '.join(register.dimension.names)}")
        for part in register.fields:
            for labels in part.labels:
                for label in labels.labels:
                    if label.value is None or label.care is not None:
                        text = f"the label {part.name}.{label.name}: IP-XACT's labels are of one value"
                        self._say(Outcome.LEFT_OUT, register, text)

    def _say(self, outcome: Outcome, register: Register, text: str) -> None:
        self.findings.add(outcome, register.place, f"{self.path}.{register.name}", text)


def _bytes(starts: Sequence[int], register: Register) -> list[tuple[int, str]]:
    """Return the bytes that a register has, for reads and for writes: one of each kind may share them."""
    reads, writes = directions(register.access)
    sides = "r" * reads + "w" * writes
    return [(byte, side) for start in starts for byte in range(start, start + register.size) for side in sides]


def _stride(group: Group) -> int:
    """Return the size of one element of a group."""
    if group.dimension is not None:
        return group.dimension.stride
    return max((_end(member) for member in group.members), default=1)


def _end(member: Register | Group) -> int:
    size = member.size if isinstance(member, Register) else _stride(member)
    last = (member.dimension.count - 1) * member.dimension.stride if member.dimension else 0
    return member.offset + last + size
