"""Parts for the tests of arm64 guests on the emulator: machines of type virt."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from arm64_assembly import CODE, DEVICE, RAM, asm64
from emulator_parts import Log

from devgen.hosts.emulator import EmulatorHost
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, MachineConfig
from devgen.runtime.machine.run_result import RunResult
from devgen.runtime.memory.memory_region import MemoryRegion


@dataclass
class Virt:
    """A machine of type virt with a device at DEVICE that logs its accesses; ``run`` runs its guest to the end."""

    machine: Machine
    device: Log
    host: EmulatorHost | None = None

    def start(self) -> EmulatorHost:
        self.host = self.host or EmulatorHost(self.machine)
        return self.host

    def run(self, timeout: float = 20) -> RunResult:
        return self.start().run(timeout)

    def word(self, offset: int, size: int = 8) -> int:
        """A result that the guest has stored."""
        return int.from_bytes(self.machine.memory.read_bytes(RAM + offset, size), "little")

    def drive(self, spi: int, level: int) -> None:
        for sink in self.machine.gsi_sinks:
            sink(spi, level)


@contextmanager
def virt(source: str, *, clock: str = "live", on_reset: str = "restart") -> Iterator[Virt]:
    """A machine whose guest is ``source``."""
    guest = GuestConfig(asm64(source), CODE)
    config = MachineConfig(type="virt", ram=1 << 20, clock=clock, guest=guest, on_reset=on_reset)  # type: ignore[arg-type]
    with Machine(config) as machine:
        made = Virt(machine, Log())
        machine.memory.root.add_subregion(DEVICE, MemoryRegion.io("device", 0x1000, made.device))
        try:
            yield made
        finally:
            if made.host is not None:
                made.host.close()
