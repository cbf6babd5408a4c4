"""What tests have reached in devices: bits of registers that were read and written, lines of behaviour that ran.

Plain data that can be merged: with pytest-xdist each process counts on its own, and the sum is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class RegisterUse:
    """The bits of a register that accesses have shown: read as 1, read as 0, written as 1, written as 0.

    ``values`` are the values of fields with an enumeration, read or written.
    """

    read_ones: int = 0
    read_zeros: int = 0
    written_ones: int = 0
    written_zeros: int = 0
    values: dict[str, set[int]] = field(default_factory=dict)

    @property
    def read(self) -> bool:
        """Whether any bit was read."""
        return bool(self.read_ones | self.read_zeros)

    @property
    def written(self) -> bool:
        """Whether any bit was written."""
        return bool(self.written_ones | self.written_zeros)

    def add(self, write: bool, value: int, mask: int) -> None:
        """Count an access to the bits in ``mask``."""
        if write:
            self.written_ones |= value & mask
            self.written_zeros |= ~value & mask
        else:
            self.read_ones |= value & mask
            self.read_zeros |= ~value & mask


@dataclass(slots=True)
class DeviceUse:
    """What was reached in one device: registers by their described names, lines of its module, and steps between them.

    A step is (line, next line); the next line is -1 where a method returns.
    """

    registers: dict[str, RegisterUse] = field(default_factory=dict)
    lines: set[int] = field(default_factory=set)
    steps: set[tuple[int, int]] = field(default_factory=set)


@dataclass(slots=True)
class CoverageData:
    """What was reached, by the path of the device's module. ``blind``: why lines were not counted, if they were not."""

    devices: dict[str, DeviceUse] = field(default_factory=dict)
    blind: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return lists, texts and numbers only."""
        return {"blind": self.blind, "devices": {path: _plain(use) for path, use in self.devices.items()}}

    def merge(self, data: Mapping[str, Any]) -> None:
        """Add what `to_plain` of another process has returned."""
        self.blind = self.blind or str(data["blind"])
        for path, plain in data["devices"].items():
            use = self.devices.setdefault(path, DeviceUse())
            use.lines.update(plain["lines"])
            use.steps.update((first, second) for first, second in plain["steps"])
            for name, numbers in plain["registers"].items():
                _merge_register(use.registers.setdefault(name, RegisterUse()), numbers)


def _plain(use: DeviceUse) -> dict[str, Any]:
    # Numbers as text: what carries them between processes may know 32 bits only.
    registers = {
        name: {
            "bits": [str(bits) for bits in _bits(register)],
            "values": {name: [str(value) for value in sorted(values)] for name, values in register.values.items()},
        }
        for name, register in use.registers.items()
    }
    return {"lines": sorted(use.lines), "steps": [list(step) for step in sorted(use.steps)], "registers": registers}


def _bits(register: RegisterUse) -> tuple[int, int, int, int]:
    return register.read_ones, register.read_zeros, register.written_ones, register.written_zeros


def _merge_register(register: RegisterUse, plain: Mapping[str, Any]) -> None:
    read_ones, read_zeros, written_ones, written_zeros = map(int, plain["bits"])
    register.read_ones |= read_ones
    register.read_zeros |= read_zeros
    register.written_ones |= written_ones
    register.written_zeros |= written_zeros
    for name, values in plain["values"].items():
        register.values.setdefault(name, set()).update(map(int, values))
