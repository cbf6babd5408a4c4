"""Names of accesses: the description's names of registers and fields at an offset, and filters on these names.

``rtc.MR`` is a register, ``rtc.RIS.ALARM`` a field, ``hpet.T[0].CONFIG`` a register of a register file, ``rtc.intr`` a
line, ``card.cfg.COMMAND`` a register of PCI configuration space. An offset without a register is
``rtc.registers+0x48``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from devgen.runtime.base.bounded_cache import BoundedCache
from devgen.runtime.device.described_registers import Shape
from devgen.runtime.device.device import Device
from devgen.runtime.memory.access import IoOps, unobserved
from devgen.runtime.memory.conditional_access import Condition
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import RegisterBank
from devgen.runtime.memory.register_lookup import Reg, Run
from devgen.runtime.observe.config_space_names import Fields, config_registers
from devgen.runtime.pci import PciDevice

CACHED: Final = 4096
"""Most cached accesses of a device."""

_NONE_HELD: Final[frozenset[Condition]] = frozenset()
_Access = tuple[str, int, int, bool, frozenset[Condition]]
"""Space, offset, size, whether it is a write, and the conditions that hold."""


@dataclass(slots=True, frozen=True)
class Part:
    """A register, or a range of its bits, that an access covers.

    ``bits`` bits of the access's value from bit ``at`` are the register's bits from ``low``. ``name`` includes the bit
    range unless it is the whole register. ``fields`` are the fields that are completely covered. ``alternates`` are the
    other registers with these bytes, which the access reaches through this one.
    """

    name: str
    at: int
    bits: int
    low: int = 0
    fields: Fields = ()
    alternates: tuple[Part, ...] = ()

    def value(self, access: int) -> int:
        """Return the part's bits of an access's value."""
        return access >> self.at & ((1 << self.bits) - 1)

    def show_fields(self, access: int) -> str:
        """Return the fields that are not 0, as ``(ALARM=1, MODE=0x12)``, or an empty string."""
        value = self.value(access)
        found: list[str] = []
        for name, low, width in self.fields:
            field = value >> (low - self.low) & ((1 << width) - 1)
            if field:
                found.append(f"{name}={number_text(field)}")
        return f"({', '.join(found)})" if found else ""


def number_text(value: int) -> str:
    """Format a value below 10 in decimal and others in hexadecimal."""
    return str(value) if value < 10 else f"{value:#x}"


def element_name(register: str, index: int | None, shape: Shape | None = None) -> str:
    """Return the name of an array's element: ``ID`` 3 is ``ID[3]``, ``T.CONFIG`` 0 is ``T[0].CONFIG``.

    ``shape`` is from `DescribedRegisters.ELEMENTS`, None for an array of one dimension, which is that of the first part
    of the name.
    """
    if index is None:
        return register
    if shape is None:
        head, dot, tail = register.partition(".")
        return f"{head}[{index}]{dot}{tail}"
    parts: list[str] = []
    for part, dims in zip(reversed(register.split(".")), reversed(shape), strict=True):
        shown = ""
        for dim in reversed(dims):
            index, at = divmod(index, dim if isinstance(dim, int) else len(dim))
            shown = f"[{at if isinstance(dim, int) else dim[at]}]{shown}"
        parts.insert(0, f"{part}{shown}")
    return ".".join(parts)


def observed_regions(device: Device) -> dict[str, MemoryRegion]:
    """Return the regions of a device by name, with the MSI-X table and pending bit array if it has these."""
    places = device.message_places if isinstance(device, PciDevice) else ()
    return {**{place.region.name: place.region for place in places}, **device.regions}


class RegisterNames:
    """Finds the names of the registers that an access of one device covers."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._regions = observed_regions(device)
        self._config = config_registers(device.config) if isinstance(device, PciDevice) else ()
        self._views: dict[str, dict[str, list[Reg]]] = {}
        self._known: BoundedCache[_Access, tuple[Part, ...]] = BoundedCache(CACHED)

    def parts(self, space: str, offset: int, size: int, write: bool) -> tuple[Part, ...]:
        """Return the parts that an access of ``size`` bytes at ``offset`` reaches, lowest address first.

        ``space`` is a region's name, or ``cfg`` for configuration space. Where registers depend on a mode, the answer
        holds for the present moment: ask before the access.
        """
        ops = self._operations(space, offset, size)
        held = ops.held(offset, size) if isinstance(ops, RegisterBank) else _NONE_HELD
        key = (space, offset, size, write, held)
        found = self._known.get(key)
        if found is None:
            found = self._known.keep(key, tuple(self._find(ops, space, offset, size, write)))
        return found

    def _find(self, ops: IoOps | None, space: str, offset: int, size: int, write: bool) -> list[Part]:
        if ops is None:
            return list(self._config_parts(offset, size)) or [Part(f"cfg+{offset:#x}", 0, 8 * size)]
        if not isinstance(ops, RegisterBank):
            return [Part(f"{space}+{offset:#x}", 0, 8 * size)]
        big = ops.access.endian == "big"
        parts = [
            replace(self._part(run, offset, size, big), alternates=tuple(self._alternates(ops, run, offset, size)))
            for run in ops.reached(offset, size, write)
        ]
        return parts or [Part(f"{space}+{offset:#x}", 0, 8 * size)]

    def _part(self, run: Run, offset: int, size: int, big: bool) -> Part:
        (start, length, reg, index, _), first, end = run
        # Values of a big-endian region are swapped as a whole, so both ends count from the highest address.
        low = (start + length - end if big else first - start) * 8
        high = low + (end - first) * 8
        at = (offset + size - end if big else first - offset) * 8
        return self._named(reg, index, at, low, high)

    def _named(self, reg: Reg, index: int | None, at: int, low: int, high: int) -> Part:
        """Return the part of bits ``low`` up to ``high`` of a register, from bit ``at`` of the access on."""
        name = element_name(reg.name, index, self._device.ELEMENTS.get(reg.name))
        if high - low < reg.width:
            name += f"[{high - 1}:{low}]"
        fields = tuple(
            field for field in self._device.FIELDS.get(reg.name, ()) if field[1] >= low and field[1] + field[2] <= high
        )
        return Part(name, at, high - low, low, fields)

    def _views_of(self, bank: RegisterBank) -> dict[str, list[Reg]]:
        """Return the views of a bank's registers by the name of the register that has their bytes."""
        found = self._views.get(bank.name)
        if found is None:
            found = self._views[bank.name] = {}
            for register in bank.registers:
                if register.view is not None:
                    found.setdefault(register.view, []).append(register)
        return found

    def _alternates(self, bank: RegisterBank, run: Run, offset: int, size: int) -> Iterator[Part]:
        """Yield the views of a register that the access covers in part or as a whole."""
        hit, first, end = run
        for view in self._views_of(bank).get(hit.reg.name, ()):
            index = hit.element if view.stride else None
            start = view.place(index or 0)
            begin, stop = max(start, first), min(start + view.width // 8, end)
            if begin >= stop:
                continue
            if bank.access.endian == "big":
                low, at = (start + view.width // 8 - stop) * 8, (offset + size - stop) * 8
            else:
                low, at = (begin - start) * 8, (begin - offset) * 8
            yield self._named(view, index, at, low, low + (stop - begin) * 8)

    def _operations(self, space: str, offset: int, size: int) -> IoOps | None:
        """Return the operations that carry out an access; None for the standard part of configuration space."""
        if space != "cfg":
            return unobserved(self._regions[space].ops)
        return self._device.config.bank_at(offset, size) if isinstance(self._device, PciDevice) else None

    def _config_parts(self, offset: int, size: int) -> Iterator[Part]:
        for register in self._config:
            start, length = register.offset, register.size
            if start < offset + size and offset < start + length:
                low, high = max(offset - start, 0) * 8, min(offset + size - start, length) * 8
                whole = (low, high) == (0, 8 * length)
                name = f"cfg.{register.name}" if whole else f"cfg.{register.name}[{high - 1}:{low}]"
                fields = tuple(field for field in register.fields if low <= field[1] and field[1] + field[2] <= high)
                yield Part(name, max(start - offset, 0) * 8, high - low, low, fields)


class NameFilter:
    """A filter of globs. A name passes if a glob matches the name or what contains it; without globs all names pass.

    ``*`` matches any text, ``?`` any character: ``rtc``, ``rtc.MR``, ``hpet.T[0]``, ``*.RIS.ALARM``.
    """

    def __init__(self, globs: Iterable[str] = ()) -> None:
        given = list(globs)
        # A matched name may be followed by a part of it: a register's field, an array's element or a bit range.
        self._names = [re.compile(rf"{_pattern(glob)}(?:[.\[+].*)?", re.DOTALL) for glob in given]
        self._devices = [re.compile(_pattern(glob.partition(".")[0])) for glob in given]

    def __call__(self, name: str) -> bool:
        """Whether ``name`` passes."""
        return not self._names or any(pattern.fullmatch(name) for pattern in self._names)

    def may_pass(self, device: str) -> bool:
        """Whether a name in ``device`` may pass: False only if no glob can match one."""
        return not self._devices or any(pattern.fullmatch(device) for pattern in self._devices)


def _pattern(glob: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in glob)
