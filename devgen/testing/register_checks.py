"""Makes the checks of ``--devgen-registers`` on a bench: reset values, writes, read-only bits, sizes of accesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from devgen.hosts.bench import Bench
from devgen.hosts.bench.named_register import Register
from devgen.hosts.bench.register_places import RegisterMap, RegisterPlace
from devgen.hosts.bench.stored_registers import poked, storage, stored
from devgen.language import ir, model
from devgen.plan.registers import PlannedRegister
from devgen.runtime.memory.access import swap
from devgen.testing.bit_rules import RegisterModel
from devgen.testing.check_plan import Check, Kind, narrow_sizes

PATTERNS: Final = (-1, 0, 0x5555_5555_5555_5555, 0xAAAA_AAAA_AAAA_AAAA, -1)
"""What is written in turn, each cut to the register's width."""

ELEMENTS: Final = 16
"""Most elements of an array that are checked: the first ones, and the last."""


class CheckFailed(Exception):
    """A device does not do what its description says; the message names the register, its place, and both values."""


class DeviceChecks:
    """A bench of one device, on which its checks are made; each begins with the state after power-on."""

    def __init__(self, bench: Bench[Any]) -> None:
        self.bench = bench
        self._map = RegisterMap(bench.dut)
        self._start = bench.save_state()
        self._checks: Mapping[Kind, Callable[[Check, Register, RegisterPlace], None]] = {
            "reset": self._reset,
            "write": self._write,
            "read-only": self._read_only,
            "sizes": self._sizes,
        }

    def run(self, check: Check) -> None:
        """Make a check of each element. Raises CheckFailed."""
        for place in self._elements(check.register):
            register = Register(self.bench, place)
            restore = self._restorer(check, place)
            try:
                self._checks[check.kind](check, register, place)
            finally:
                restore()

    def _restorer(self, check: Check, place: RegisterPlace) -> Callable[[], object]:
        """Return what undoes a check: of a register without hooks its own value is enough, which costs less."""
        if not check.quiet:
            return partial(self.bench.load_state, self._start)
        if storage(self.bench.dut, place) is None:
            return _nothing
        return partial(poked, self.bench.dut, place, stored(self.bench.dut, place))

    def _elements(self, register: PlannedRegister) -> Iterator[RegisterPlace]:
        found = self._map.find(register.title)
        count = found.reg.count if found.reg.stride else None
        if count is None:
            yield found.element(None)
        else:
            first = range(min(count, ELEMENTS - 1))
            yield from map(found.element, sorted({*first, *((count - 1,) if count else ())}))

    # --- the checks --------------------------------------------------------------------------

    def _reset(self, check: Check, register: Register, place: RegisterPlace) -> None:
        described = check.register.described
        expected = RegisterModel(described, _reset_value(described, place.index))
        if expected.readable:
            self._require(register, place, "after power-on", expected.shown, register.read())
        else:
            self._require(register, place, "after power-on", expected.stored, stored(self.bench.dut, place))

    def _write(self, check: Check, register: Register, place: RegisterPlace) -> None:
        expected = RegisterModel(check.register.described, stored(self.bench.dut, place))
        for pattern in PATTERNS:
            value = pattern & place.limit
            register.write(value)
            expected.write(value, place.limit)
            self._require(
                register, place, f"after a write of {value:#x}", expected.stored, stored(self.bench.dut, place)
            )
            if expected.readable and not self._read_acts(place):
                self._require(register, place, f"after a write of {value:#x}", expected.shown, register.read())
        self._narrow_writes(check, register, place, expected)

    def _read_only(self, check: Check, register: Register, place: RegisterPlace) -> None:
        fixed = RegisterModel(check.register.described, 0).fixed
        before = register.peek() & fixed
        for pattern in PATTERNS:
            value = pattern & place.limit
            register.write(value)
            found = register.peek() & fixed
            self._require(register, place, f"in read-only bits, after a write of {value:#x}", before, found)

    def _narrow_writes(self, check: Check, register: Register, place: RegisterPlace, expected: RegisterModel) -> None:
        """Write the bytes of a register one after the other, where they are lanes of the bus."""
        planned = check.register
        lanes = planned.described.decode == "lanes" and planned.region.space in ("mmio", "pio")
        if not lanes or not check.alone or place.reg.sizes is not None:
            return
        for size in narrow_sizes(planned):
            for at in range(0, place.size, size):
                lane = 8 * (place.size - at - size if place.bank.endian == "big" else at)
                value = 0xA5C3_96F0 >> at & (1 << 8 * size) - 1
                self.bench.write(place.bank.region, place.offset + at, _on_bus(place, value, size), size)
                expected.write(value << lane, (1 << 8 * size) - 1 << lane)
                what = f"after a write of {size} bytes, {value:#x}, at {place.bank.region}+{place.offset + at:#x}"
                self._require(register, place, what, expected.stored, stored(self.bench.dut, place))

    def _sizes(self, check: Check, register: Register, place: RegisterPlace) -> None:
        whole = int(register.read())
        for size in narrow_sizes(check.register):
            for at in range(0, place.size, size):
                found = self.bench.read(place.bank.region, place.offset + at, size)
                wanted = _on_bus(place, _narrow(place, whole, at, size), size)
                what = f"in a read of {size} bytes at {place.bank.region}+{place.offset + at:#x}"
                self._require(register, place, what, wanted, found)

    def _read_acts(self, place: RegisterPlace) -> bool:
        return place.reg.name in self.bench.dut.PEEKS

    # --- reporting ---------------------------------------------------------------------------

    @staticmethod
    def _require(register: Register, place: RegisterPlace, when: str, expected: int, found: int) -> None:
        if int(expected) != int(found):
            where = place.where if register.address is None else f"{place.where}, at {register.address:#x}"
            shown = f"expected {place.show(int(expected))}, found {place.show(int(found))}"
            raise CheckFailed(f"{place.name} ({where}) {when}: {shown}")


def _nothing() -> None:
    """Undo nothing: the register stores no value."""


def _narrow(place: RegisterPlace, whole: int, at: int, size: int) -> int:
    """Return what a read of ``size`` bytes, ``at`` bytes into the register, gives if the whole is ``whole``."""
    bank, (low, high) = place.bank.bank, place.reg.sizes or (1, 8)
    decode, mask = place.reg.decode or bank.decode, (1 << 8 * size) - 1
    part = min(place.size, bank.access.implemented[1])
    if not low <= size <= high or (decode == "exact" and at % part):
        return mask if bank.reserved == "ones" else 0
    if decode != "lanes":
        return whole >> 8 * (at - at % part) & mask
    return whole >> 8 * (place.size - at - size if place.bank.endian == "big" else at) & mask


def _on_bus(place: RegisterPlace, value: int, size: int) -> int:
    """Return a value as the little-endian bus has it."""
    return swap(value, size) if place.bank.endian == "big" else value


def _reset_value(register: model.Register, index: int | None) -> int:
    """Return the value after power-on that the description gives."""
    values = register.resets or register.constant or ()
    if values:
        return values[index % len(values) if index is not None else 0]
    assert isinstance(register.reset, ir.Int)  # else the check has an obstacle
    return register.reset.value
