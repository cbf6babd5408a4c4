"""Writes the firmware tables of a PC where a guest looks for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.guest_memory import GuestMemory
from devgen.runtime.boot.pc_memory_map import FIRMWARE
from devgen.runtime.boot.pc_tables import acpi_tables
from devgen.runtime.boot.pc_tables.dsdt import definition_block
from devgen.runtime.boot.pc_tables.fadt import fadt, needs_facs, restart_code
from devgen.runtime.boot.pc_tables.mp_table import mp_table
from devgen.runtime.boot.pc_tables.pc_devices import PlacedDevice, acpi_devices, described_by
from devgen.runtime.machine.machine import Machine

RSDP: Final = FIRMWARE
"""Where a guest looks for the RSDP: at a multiple of 16 between 0xe0000 and 1 MiB."""
MP_TABLE: Final = 0xF0000
RESET_VECTOR: Final = 0xFFFF0
"""Where a PC's firmware starts, in real mode. Linux jumps there to reboot, if it knows no better way."""
_TABLES: Final = 0xE1000
_ALIGNMENT: Final = 64
_DSDT_REVISION: Final = 2


class _Writer:
    """Puts tables one after the other."""

    def __init__(self, memory: GuestMemory, start: int, end: int) -> None:
        self._memory = memory
        self._next = start
        self._end = end

    def put(self, data: bytes) -> int:
        """Write a table; return its address."""
        start = self._next
        if start + len(data) > self._end:
            raise MachineError(f"the ACPI tables of this board need more than {self._end - _TABLES:#x} bytes")
        self._memory.write(start, data, "the ACPI tables")
        self._next = -(-(start + len(data)) // _ALIGNMENT) * _ALIGNMENT
        return start


def write_tables(machine: Machine, memory: GuestMemory) -> int:
    """Write the tables of ``machine`` and return the address of the RSDP. Raises MachineError if they do not fit."""
    devices = acpi_devices(machine)
    writer = _Writer(memory, _TABLES, MP_TABLE)
    dsdt = writer.put(acpi_tables.table(b"DSDT", _DSDT_REVISION, definition_block(machine, devices)))
    facs = writer.put(acpi_tables.facs()) if needs_facs(devices) else 0
    addresses = [writer.put(table) for table in _static_tables(machine, devices, dsdt, facs)]
    memory.write(RSDP, acpi_tables.rsdp(writer.put(acpi_tables.xsdt(addresses))), "the ACPI tables")
    intx = machine.config.intx_gsis if machine.pci is not None else None
    table = mp_table(MP_TABLE, machine.config.cpus, intx)
    if MP_TABLE + len(table) > RESET_VECTOR:
        raise MachineError(f"the MP table of {machine.config.cpus} processors is too long")
    memory.write(MP_TABLE, table, "the MP table")
    memory.write(RESET_VECTOR, restart_code(fadt(dsdt, facs, devices, machine.pci is not None)), "the reset vector")
    return RSDP


def _static_tables(machine: Machine, devices: tuple[PlacedDevice, ...], dsdt: int, facs: int) -> Iterator[bytes]:
    config = machine.config
    yield fadt(dsdt, facs, devices, machine.pci is not None)
    yield acpi_tables.madt(config.cpus, config.intx_gsis if machine.pci is not None else ())
    if machine.pci is not None and config.ecam is not None:
        yield acpi_tables.mcfg(config.ecam)
    timer = described_by(devices, "hpet")
    if timer is not None:
        yield acpi_tables.hpet(timer, machine.memory.read(timer.ranges[0].start, 4))
    console = described_by(devices, "spcr")
    if console is not None:
        yield acpi_tables.spcr(console)
