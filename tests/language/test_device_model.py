"""Good descriptions and the models they become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from findings import noteworthy

from devgen.language import load_device, model
from devgen.language.ir import Int, Range
from devgen.language.model import Bus, Device, Intent, Register, RegisterFile

ROOT = Path(__file__).parents[2]

PL031 = """
device: pl031
title: ARM PrimeCell real-time clock (PL031)
bus: sysbus
counters:
  seconds: {clock: rtc, period: 1 s, width: 32}
timers:
  alarm: {counter: seconds, match: MR, on_expire: RIS.ALARM = 1}
regions:
  registers:
    space: mmio
    size: 4 KiB
    access: {valid: 1..4, implemented: 1..4, endian: little}
    registers:
      DR:   {at: 0x00, access: ro, read: seconds}
      MR:   {at: 0x04, on_write: alarm.arm()}
      LR:   {at: 0x08, on_write: [seconds.load(LR), alarm.arm()]}
      CR:   {at: 0x0c, access: ro, reset: 1}
      IMSC: {at: 0x10, fields: {ALARM: 0}}
      RIS:  {at: 0x14, access: ro, fields: {ALARM: 0}}
      MIS:  {at: 0x18, access: ro, read: RIS & IMSC}
      ICR:  {at: 0x1c, access: wo, on_write: RIS &= ~value}
      ID:   {at: 0xfe0, count: 8, stride: 4, access: ro, constant: [0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]}
interrupts:
  intr: {level: RIS & IMSC}
"""


def load(folder: Path, text: str) -> Device:
    path = folder / "device.yaml"
    path.write_text(text)
    result = load_device(path)
    assert noteworthy(result.diagnostics) == []
    assert result.device is not None
    return result.device


def registers(device: Device) -> dict[str, Any]:
    return {one.name: one for region in device.regions for one in region.entries}


def small(folder: Path, body: str, rest: str = "") -> dict[str, Any]:
    """Return the registers of a device with one region that holds ``body``."""
    return registers(
        load(
            folder,
            "device: small\nbus: sysbus\nproperties: {n: {type: int, default: 2, range: 1..4}}\n"
            f"{rest}\nregions:\n  r:\n    space: mmio\n    size: 4 KiB\n    registers:\n      {body}\n",
        )
    )


def test_the_sketch_of_the_pl031(tmp_path: Path) -> None:
    device = load(tmp_path, PL031)
    assert (device.name, device.bus, device.pci) == ("pl031", Bus.SYSBUS, None)
    (counter,) = device.counters
    assert (counter.name, counter.clock, counter.period) == ("seconds", "rtc", (Int(1_000_000_000), Int(1)))
    (timer,) = device.timers
    assert (timer.counter, timer.clock, timer.align, timer.due) == ("seconds", "rtc", "edge", "now")
    (region,) = device.regions
    assert (region.kind, region.space, region.bar, region.size) == ("registers", "mmio", None, 4096)
    assert (region.access.valid, region.access.implemented, region.decode) == ((1, 4), (1, 4), "lanes")
    found = registers(device)
    assert {name: (one.offset, one.width, one.access) for name, one in found.items()} == {
        "DR": (0x00, 32, "ro"),
        "MR": (0x04, 32, "rw"),
        "LR": (0x08, 32, "rw"),
        "CR": (0x0C, 32, "ro"),
        "IMSC": (0x10, 32, "rw"),
        "RIS": (0x14, 32, "ro"),
        "MIS": (0x18, 32, "ro"),
        "ICR": (0x1C, 32, "wo"),
        "ID": (0xFE0, 32, "ro"),
    }
    assert found["CR"].reset == Int(1)
    assert found["ID"].constant == (0x31, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1)
    assert len(found["LR"].on_write) == 2
    assert found["MR"].mark.line == 16
    assert [line.name for line in device.interrupts] == ["intr"]


@pytest.mark.parametrize("path", sorted((ROOT / "devices").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_catalogue_loads(path: Path) -> None:
    result = load_device(path)
    assert [str(one) for one in result.diagnostics] == []
    assert (result.device is None) == result.fragment


def test_defaults_come_from_the_region(tmp_path: Path) -> None:
    device = load(
        tmp_path,
        "device: d\nbus: isa\nretain: true\nregions:\n  r: {space: pio, size: 8, width: 8, decode: exact, "
        "registers: {A: {at: 0}, B: {at: 1, decode: word, retain: false}, C: {at: 2, width: 16}}}\n",
    )
    found = registers(device)
    assert [(one.width, one.decode, one.retain) for one in found.values()] == [
        (8, "exact", True),
        (8, "word", False),
        (16, "exact", True),
    ]


def test_resets_of_fields_and_registers_make_one(tmp_path: Path) -> None:
    found = small(
        tmp_path,
        "A: {at: 0, fields: {X: {bits: '3:0', reset: 5}, Y: {bits: 8, reset: 1}}}\n"
        "      B: {at: 4, reset: 0x105, fields: {X: '3:0', Y: 8}}\n"
        "      C: {at: 8, count: 3, reset: [1, 2, 3]}\n"
        "      D: {at: 0x20, reset: n << 4}\n",
    )
    assert found["A"].reset == found["B"].reset == Int(0x105)
    assert [field.reset for field in found["B"].fields] == [5, 1]
    assert found["C"].resets == (1, 2, 3)
    assert found["D"].reset.range == Range(16, 64)


def test_fields_take_the_access_of_their_register(tmp_path: Path) -> None:
    found = small(tmp_path, "A: {at: 0, access: ro, fields: {X: 7:4, Y: {bits: 0, access: rw}}}")
    assert [(one.name, one.lsb, one.width, one.access) for one in found["A"].fields] == [
        ("X", 4, 4, "ro"),
        ("Y", 0, 1, "rw"),
    ]


def test_a_register_file(tmp_path: Path) -> None:
    found = small(
        tmp_path,
        "T: {at: 0x100, stride: 0x20, count: n + 1, registers: {A: {at: 0, width: 64}, B: {at: 8, on_write: A = B}}}\n"
        "      U: {at: 0x80, registers: {C: {at: 0}, D: {at: 4, width: 8}}}",
    )
    files = [one for one in found.values() if isinstance(one, RegisterFile)]
    assert [(one.name, one.offset, one.stride) for one in files] == [("T", 0x100, 0x20), ("U", 0x80, 8)]
    assert files[0].count is not None
    assert files[0].count.range == Range(2, 5)
    assert [(one.name, one.offset, one.width) for one in files[0].registers] == [("A", 0, 64), ("B", 8, 32)]


def test_an_alias_has_the_shape_of_what_it_stands_for(tmp_path: Path) -> None:
    found = small(tmp_path, "A: {at: 0, count: 2, width: 16, fields: {X: 3}}\n      B: {at: 8, access: wo, alias: A}")
    alias = found["B"]
    assert (alias.width, alias.count, alias.stride, alias.access) == (16, Int(2), 2, "wo")
    assert [one.name for one in alias.fields] == ["X"]


def test_what_is_not_modelled_cannot_be_written(tmp_path: Path) -> None:
    found = small(tmp_path, "A: {at: 0, intent: reserved}\n      B: {at: 4, constant: 3}")
    assert (found["A"].intent, found["A"].access) == (Intent.RESERVED, "ro")
    assert (found["B"].constant, found["B"].access) == ((3,), "ro")


def test_interleaved_arrays_do_not_overlap(tmp_path: Path) -> None:
    found = small(
        tmp_path, "A: {at: 0, count: 8, stride: 8}\n      B: {at: 4, count: 8, stride: 8}\n      C: {at: 0x44}"
    )
    assert all(isinstance(one, Register) for one in found.values())


def test_regions_of_a_pci_device(tmp_path: Path) -> None:
    device = load(
        tmp_path,
        "device: card\nbus: pci\npci:\n  vendor: 0x1b36\n  device: 1\n  class: 0xff0000\n  bars:\n"
        "    rom: {size: 4 KiB}\n    2: {type: io, size: 16}\n    0: {type: mem64, size: 1 MiB, prefetchable: true}\n"
        "regions:\n  a: {bar: 0, at: 0x1000, registers: {A: {at: 0}}}\n"
        "  b: {bar: 2, width: 8, registers: {B: {at: 0}}}\n"
        "  c: {bar: rom, rom: true, contents: 55 aa}\n",
    )
    assert device.pci is not None
    assert [(bar.index, bar.type, bar.size, bar.prefetchable) for bar in device.pci.bars] == [
        (0, "mem64", 1 << 20, True),
        (2, "io", 16, False),
        ("rom", "rom", 4096, False),
    ]
    assert (device.pci.subsystem_vendor, device.pci.subsystem_device) == (0x1B36, 1)
    assert [(one.name, one.space, one.bar, one.offset, one.size, one.contents) for one in device.regions] == [
        ("a", "mmio", 0, 0x1000, 0xFF000, b""),
        ("b", "pio", 2, 0, 16, b""),
        ("c", "mmio", "rom", 0, 4096, b"\x55\xaa"),
    ]


@pytest.mark.parametrize(
    ("rate", "period"),
    [
        ("period: 10 ns", (10, 1)),
        ("period: 5 ms", (5_000_000, 1)),
        ("period: 30518", (30518, 1)),
        ("frequency: 1193182 Hz", (1_000_000_000, 1_193_182)),
        ("frequency: 24 MHz", (1_000_000_000, 24_000_000)),
        ("frequency: 32768", (1_000_000_000, 32768)),
    ],
)
def test_periods_are_exact_fractions(rate: str, period: tuple[int, int], tmp_path: Path) -> None:
    device = load(tmp_path, f"device: d\nbus: sysbus\ncounters: {{c: {{clock: virtual, width: 16, {rate}}}}}\n")
    assert device.counters[0].period == (Int(period[0]), Int(period[1]))


def test_an_error_inside_a_block_points_to_its_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(
        "device: d\nbus: sysbus\nregions:\n  r:\n    space: mmio\n    size: 4 KiB\n    registers:\n"
        "      A:\n        at: 0\n        on_write: |\n          if value:\n              A = 1\n"
        "              A = missing\n"
    )
    (found,) = load_device(path).diagnostics
    assert (found.mark.line, found.mark.column) == (13, 19)


def test_marks_count_from_one_in_every_source(tmp_path: Path) -> None:
    device = load(tmp_path, PL031)
    assert device.mark.line == 2
    assert device.sources == (str(tmp_path / "device.yaml"),)


def test_the_fadts_registers_have_a_place(tmp_path: Path) -> None:
    path = tmp_path / "power.yaml"
    path.write_text(
        "device: power\nbus: isa\n"
        "firmware: {acpi: {hid: ACME0001, fadt: {reset: RESET, sleep_control: SLEEP}, reset_value: 6}}\n"
        "regions: {ports: {space: pio, size: 4, width: 8, registers: {SLEEP: {at: 2}, RESET: {at: 1}}}}\n"
    )
    device = load_device(path).device
    assert device is not None
    assert device.acpi == model.Acpi(
        hid="ACME0001",
        cid="",
        table=None,
        fadt=(
            model.FirmwareRegister("reset", "ports", 1, 1),
            model.FirmwareRegister("sleep_control", "ports", 2, 1),
        ),
        reset_value=6,
    )
