"""The saved state of a machine: clocks, RAM and every device, as plain JSON data."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from devgen.runtime.base.faults import StateError
from devgen.runtime.base.packed_memory import pack, unpack
from devgen.runtime.base.plain_state import Json, mapping
from devgen.runtime.device.device import Device
from devgen.runtime.device.saved_state import Restoration, arm_restored
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.time.clock import Clocks

STATE_VERSION: Final = 1


@dataclass(slots=True, frozen=True)
class MachineState:
    """The parts of the machine ``name`` that are saved and restored. The caller holds the machine's lock."""

    name: str
    clocks: Clocks
    ram: RamBlock | None
    devices: Mapping[str, Device]

    def save(self, with_ram: bool) -> dict[str, Json]:
        """Return the state."""
        return {
            "machine": self.name,
            "version": STATE_VERSION,
            **self.clocks.save(),
            "ram": None if self.ram is None or not with_ram else pack(self.ram.view),
            "devices": {name: device.save_state() for name, device in self.devices.items()},
        }

    def load(self, data: Json, held: AbstractContextManager[object]) -> None:
        """Restore a saved state; devices are restored in the context ``held``. Raises StateError."""
        fields = mapping(data, "machine state", ("machine", "version", "clock", "rtc", "host", "ram", "devices"))
        if fields["version"] != STATE_VERSION:
            raise StateError(f"machine state version {str(fields['version'])[:32]} is not {STATE_VERSION}")
        times = self.clocks.check(fields)
        ram = self._saved_ram(fields["ram"])
        saved = mapping(fields["devices"], "'devices'", list(self.devices))
        restorations = [device.prepare_state(saved[name]) for name, device in self.devices.items()]
        self.clocks.restore(times)
        self._restore_ram(ram)
        with held:
            _apply(restorations)
        arm_restored(restorations)

    def _saved_ram(self, data: Json) -> bytes | None:
        return None if data is None else unpack(data, 0 if self.ram is None else self.ram.size, "RAM")

    def _restore_ram(self, contents: bytes | None) -> None:
        if self.ram is not None and contents is not None:
            self.ram.view[:] = contents
            self.ram.mark_dirty(0, self.ram.size)


def _apply(restorations: list[Restoration]) -> None:
    for restoration in restorations:
        restoration.apply()
