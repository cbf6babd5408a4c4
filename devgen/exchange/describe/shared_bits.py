"""Fields of one register that share bits: views of an earlier field, or one read and one written there."""

from __future__ import annotations

from dataclasses import dataclass, field

from devgen.exchange.register_map import AccessWord


@dataclass(slots=True)
class SharedBits:
    """The bits that fields have for reading and for writing, and of which field each alternate is a view."""

    _base_of: dict[str, str] = field(default_factory=dict)
    _fields: list[tuple[str, int, bool, bool]] = field(default_factory=list)

    def place(self, name: str, mask: int, reads: bool, writes: bool) -> str | None:
        """Add a field. Return its own name, the field of which it is a view, or None if there are several."""
        owners = {
            self._base_of[other]
            for other, bits, other_reads, other_writes in self._fields
            if bits & mask and ((reads and other_reads) or (writes and other_writes))
        }
        if len(owners) > 1:
            return None
        base = min(owners, default=name)
        self._base_of[name] = base
        self._fields.append((name, mask, reads, writes))
        return base


def directions(access: AccessWord) -> tuple[bool, bool]:
    """Return whether a part with this access can be read, and whether it can be written."""
    return access not in ("wo", "w1"), access != "ro"
