"""The objects of the DSDT: the PCI root with its windows and interrupts, the devices, and the power-off state.

Source: ACPI specification 6.4, chapters 6.1 (identification), 6.2.13 (_PRT), 7.4.2 (\\_S5); PCI firmware specification
3.3, chapter 4.1.2 (the ECAM window is a reserved resource).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from devgen.common.machine_map import CONFIG_ADDRESS, CONFIG_PORTS
from devgen.runtime.boot.pc_memory_map import ECAM_SIZE
from devgen.runtime.boot.pc_tables import acpi_resources as resources
from devgen.runtime.boot.pc_tables import aml
from devgen.runtime.boot.pc_tables.pc_devices import AddressRange, PlacedDevice
from devgen.runtime.boot.pc_tables.pci_windows import memory_windows, port_windows
from devgen.runtime.machine.machine import Machine
from devgen.runtime.pci import PciBus

POWER_OFF: Final = 5
"""SLP_TYP of the state S5: what a guest writes to the sleep control register to power off."""

_SLOTS = 32
_PINS = 4
_PRESENT = 0xF  # _STA: present, enabled, shown, working


def definition_block(machine: Machine, devices: Sequence[PlacedDevice]) -> bytes:
    """Return the body of the DSDT."""
    objects = [*_pci_root(machine), *_devices(devices)]
    sleep = (aml.integer(POWER_OFF), aml.integer(POWER_OFF), aml.integer(0), aml.integer(0))
    return aml.name("_S5", aml.package(sleep)) + aml.scope("_SB", b"".join(objects))


# --- PCI -----------------------------------------------------------------------------------------


def _pci_root(machine: Machine) -> Iterator[bytes]:
    config = machine.config
    if machine.pci is None:
        return
    express = config.ecam is not None
    ids = [aml.name("_HID", aml.hardware_id("PNP0A08" if express else "PNP0A03"))]
    if express:
        ids.append(aml.name("_CID", aml.hardware_id("PNP0A03")))
    body = [
        *ids,
        aml.name("_UID", aml.integer(0)),
        aml.name("_BBN", aml.integer(0)),
        aml.name("_SEG", aml.integer(0)),
        aml.name("_CRS", resources.template(_pci_resources(machine))),
        aml.name("_PRT", _routing(config.intx_gsis)),
    ]
    yield aml.device("PCI0", b"".join(body))
    if config.ecam is not None:
        window = resources.template([resources.memory(config.ecam, ECAM_SIZE)])
        reserved = aml.name("_HID", aml.hardware_id("PNP0C02")) + aml.name("_UID", aml.integer(0))
        yield aml.device("ECAM", reserved + aml.name("_CRS", window))


def _pci_resources(machine: Machine) -> Iterator[bytes]:
    yield resources.bus_numbers(0, 0)
    yield resources.ports(CONFIG_ADDRESS, CONFIG_PORTS)
    for start, size in port_windows(machine):
        yield resources.port_window(start, size)
    for start, size in memory_windows(machine):
        yield resources.memory_window(start, size)


def _routing(intx: tuple[int, int, int, int]) -> bytes:
    """Return _PRT: for each slot and pin the GSI."""
    entries = (
        aml.package(
            (
                aml.integer(slot << 16 | 0xFFFF),
                aml.integer(pin),
                aml.integer(0),
                aml.integer(intx[PciBus.intx_index(slot, pin + 1)]),
            )
        )
        for slot in range(_SLOTS)
        for pin in range(_PINS)
    )
    return aml.package(entries)


# --- other devices -------------------------------------------------------------------------------


def _devices(devices: Sequence[PlacedDevice]) -> Iterator[bytes]:
    names = _names(devices)
    numbers: Counter[str] = Counter()
    for entry, name in zip(devices, names, strict=True):
        identity = entry.identity
        if not identity.hid:
            continue
        body = [aml.name("_HID", aml.hardware_id(identity.hid))]
        if identity.cid:
            body.append(aml.name("_CID", aml.hardware_id(identity.cid)))
        body.append(aml.name("_UID", aml.integer(numbers[identity.hid])))
        body.append(aml.name("_STA", aml.integer(_PRESENT)))
        body.append(aml.name("_CRS", resources.template(_resources(entry))))
        numbers[identity.hid] += 1
        yield aml.device(name, b"".join(body))


def _resources(entry: PlacedDevice) -> Iterator[bytes]:
    yield from (_range(entry) for entry in entry.ranges)
    yield from map(resources.interrupt, entry.interrupts)


def _range(entry: AddressRange) -> bytes:
    return resources.ports(entry.start, entry.size) if entry.io else resources.memory(entry.start, entry.size)


def _names(devices: Sequence[PlacedDevice]) -> Iterator[str]:
    """Yield a name of four characters for each device: its name on the board if that fits, else a number."""
    taken = {"PCI0", "ECAM"}
    for number, entry in enumerate(devices):
        name = re.sub(r"[^A-Z0-9_]", "", entry.placement.name.upper()).ljust(4, "_")
        if len(name) > 4 or not name[0].isalpha() or name in taken:
            name = f"D{number:03X}"
        taken.add(name)
        yield name
