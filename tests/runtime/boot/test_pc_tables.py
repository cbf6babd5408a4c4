"""The firmware tables of a PC: layouts, checksums, and what iasl says of them."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import fetch_iasl
import pytest

from devgen.runtime.boot.guest_memory import GuestMemory
from devgen.runtime.boot.pc_tables import aml
from devgen.runtime.boot.pc_tables.pc_firmware import MP_TABLE, RESET_VECTOR, RSDP, write_tables
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.machine.project_devices import project_registry

CONSOLE = DevicePlacement("com1", "serial16550", at={"ports": 0x3F8}, irq={"intr": 4})
CLOCK = DevicePlacement("rtc", "mc146818rtc", at={"ports": 0x70}, irq={"irq": 8})
HPET = DevicePlacement("hpet", "hpet", at={"registers": 0xFED00000}, irq={"irq[0]": 0})
POWER = DevicePlacement("power", "pc-power", at={"ports": 0x600})
PM = DevicePlacement("pm", "acpi-pm", at={"ports": 0x600}, irq={"sci": 9})
BOARDS = {
    "reduced": MachineConfig(ram=64 << 20, pci=True, ecam=0xE0000000, cpus=4, devices=(CONSOLE, CLOCK, POWER)),
    "hardware": MachineConfig(ram=5 << 30, pci=True, devices=(CONSOLE, CLOCK, HPET, PM), intx_gsis=(10, 11, 10, 11)),
    "bare": MachineConfig(ram=2 << 20),
}


def memory(config: MachineConfig) -> bytes:
    """The firmware's memory, from 0xe0000 to 1 MiB."""
    with Machine(config, project_registry()) as machine:
        assert write_tables(machine, GuestMemory(machine)) == RSDP
        return machine.memory.read_bytes(RSDP, 0x100000 - RSDP)


def tables(config: MachineConfig) -> dict[str, bytes]:
    """Signature → table, found as a guest finds them: from the RSDP by the XSDT and the FADT."""
    data = memory(config)
    assert data[:8] == b"RSD PTR "
    assert (sum(data[:20]) & 0xFF, sum(data[:36]) & 0xFF) == (0, 0)

    def at(address: int) -> bytes:
        start = address - RSDP
        return data[start : start + struct.unpack_from("<I", data, start + 4)[0]]

    xsdt = at(struct.unpack_from("<Q", data, 24)[0])
    found = {"XSDT": xsdt}
    for (address,) in struct.iter_unpack("<Q", xsdt[36:]):
        found[at(address)[:4].decode()] = at(address)
    fadt = found["FACP"]
    found["DSDT"] = at(struct.unpack_from("<Q", fadt, 140)[0])
    facs = struct.unpack_from("<I", fadt, 36)[0]
    return found | ({"FACS": at(facs)} if facs else {})


@pytest.mark.parametrize(
    ("board", "names"),
    [
        ("reduced", {"XSDT", "FACP", "APIC", "MCFG", "SPCR", "DSDT"}),
        ("hardware", {"XSDT", "FACP", "APIC", "HPET", "SPCR", "DSDT", "FACS"}),
        ("bare", {"XSDT", "FACP", "APIC", "DSDT"}),
    ],
)
def test_a_board_has_the_tables_of_its_devices(board: str, names: set[str]) -> None:
    found = tables(BOARDS[board])
    assert found.keys() == names
    assert {name for name, table in found.items() if name != "FACS" and sum(table) & 0xFF} == set()


def fields(table: bytes, **places: tuple[int, str]) -> dict[str, int]:
    return {name: struct.unpack_from(f"<{form}", table, offset)[0] for name, (offset, form) in places.items()}


def test_a_reduced_board_names_its_sleep_and_reset_registers() -> None:
    fadt = tables(BOARDS["reduced"])["FACP"]
    found = fields(fadt, reset=(120, "Q"), value=(128, "B"), sleep=(248, "Q"), status=(260, "Q"), pm1=(56, "I"))
    assert found == {"reset": 0x600, "value": 6, "sleep": 0x601, "status": 0x602, "pm1": 0}
    assert fields(fadt, flags=(112, "I"))["flags"] >> 20 & 1 == 1


def test_acpi_hardware_is_named_with_its_interrupt_and_port_0xcf9() -> None:
    fadt = tables(BOARDS["hardware"])["FACP"]
    found = fields(fadt, event=(56, "I"), control=(64, "I"), timer=(76, "I"), sci=(46, "H"), reset=(120, "Q"))
    assert found == {"event": 0x600, "control": 0x604, "timer": 0x608, "sci": 9, "reset": 0xCF9}
    assert fields(fadt, flags=(112, "I"))["flags"] >> 20 & 1 == 0


@pytest.mark.parametrize(
    ("board", "code"),
    [("reduced", "ba0006 b006 ee fa f4 ebfd"), ("hardware", "baf90c b006 ee fa f4 ebfd"), ("bare", "fa f4 ebfd")],
)
def test_a_jump_to_the_firmwares_entry_resets_the_machine(board: str, code: str) -> None:
    """mov dx, PORT; mov al, VALUE; out dx, al; cli; hlt; jmp to hlt."""
    expected = bytes.fromhex(code)
    assert memory(BOARDS[board])[RESET_VECTOR - RSDP :][: len(expected)] == expected


def test_the_madt_has_the_processors_and_makes_shared_lines_level_triggered() -> None:
    def entries(board: str) -> list[bytes]:
        table, at, found = tables(BOARDS[board])["APIC"], 44, []
        while at < len(table):
            found.append(table[at : at + table[at + 1]])
            at += table[at + 1]
        return found

    assert [entry[3] for entry in entries("reduced") if entry[0] == 0] == [0, 1, 2, 3]
    overrides = [struct.unpack_from("<BIH", entry, 3) for entry in entries("hardware") if entry[0] == 2]
    assert overrides == [(10, 10, 0xD), (11, 11, 0xD)]


def test_the_mp_table_is_whole() -> None:
    data = memory(BOARDS["hardware"])[MP_TABLE - RSDP :]
    assert (data[:4], sum(data[:16]) & 0xFF) == (b"_MP_", 0)
    length = struct.unpack_from("<H", data, 20)[0]
    assert (data[16:20], sum(data[16 : 16 + length]) & 0xFF) == (b"PCMP", 0)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (1, "01"), (2, "0a 02"), (0x100, "0b 00 01"), (1 << 16, "0c 00 00 01 00"), (1 << 32, "0e" + "00" * 4)],
)
def test_an_integer_takes_the_shortest_form(value: int, encoded: str) -> None:
    assert aml.integer(value).startswith(bytes.fromhex(encoded))


@pytest.mark.parametrize("size", [0, 55, 56, 59, 60, 61, 62, 4000, 4090, 4091, 4092, 70000])
def test_a_package_length_counts_itself(size: int) -> None:
    encoded = aml.scope("\\_SB", bytes(size))
    lead = encoded[1]
    extra = lead >> 6
    length = lead & 0x3F if not extra else lead & 0xF | int.from_bytes(encoded[2 : 2 + extra], "little") << 4
    assert length == len(encoded) - 1


@pytest.mark.iasl
@pytest.mark.parametrize("board", BOARDS)
def test_iasl_takes_the_tables_apart_and_makes_the_same_dsdt(board: str, tmp_path: Path) -> None:
    program = fetch_iasl.find()
    assert program is not None
    found = tables(BOARDS[board])
    for name, table in found.items():
        (tmp_path / f"{name}.dat").write_bytes(table)
        done = subprocess.run(
            [program, "-d", f"{name}.dat"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        assert "rror" not in said.replace("0 Errors", ""), said
        assert "Invalid" not in (tmp_path / f"{name}.dsl").read_text(), name
    done = subprocess.run(
        [program, "-p", "again", "DSDT.dsl"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert "0 Errors, 0 Warnings" in done.stdout, done.stdout
    assert (tmp_path / "again.aml").read_bytes()[36:] == found["DSDT"][36:]
