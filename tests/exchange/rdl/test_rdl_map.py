"""SystemRDL 2.0: what of an address map comes over, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devgen import Bench, FileError, Outcome, build_devices, import_registers, project_registry
from devgen.exchange.describe.layout import Layout
from devgen.exchange.findings import Findings
from devgen.exchange.rdl.rdl_map import read_rdl
from devgen.exchange.register_map import Chip, Dimension, Group, Register

TIMER = """
enum mode_e { STOP = 0 { desc = "Stands."; }; RUN = 1; };
addrmap timer {
    default regwidth = 32;
    reg {
        field { sw = rw; hw = r; } EN[0:0] = 1;
        field { sw = rw; hw = r; encode = mode_e; } MODE[2:1] = 0;
        field { sw = rw; hw = rw; onwrite = woclr; onread = rset; } DONE[7:7] = 0;
        field { sw = rw; hw = r; singlepulse; } GO[8:8] = 0;
        field { sw = w; hw = r; } KEY[31:24] = 0;
    } CTRL @ 0x0;
    regfile { reg { field { sw = rw; hw = r; } V[31:0] = 0x55; } LIMIT @ 0x0; } CH[2] @ 0x20 += 0x10;
};
"""


@pytest.fixture
def read(tmp_path: Path):
    def reader(text: str) -> tuple[Chip, Findings]:
        path, findings = tmp_path / "map.rdl", Findings()
        path.write_text(text, encoding="utf-8")
        return read_rdl([path], findings)[0], findings

    return reader


def test_a_register_has_its_fields_with_access_effects_and_resets(read) -> None:
    chip, _ = read(TIMER)
    register = chip.peripherals[0].members[0]
    assert isinstance(register, Register)
    assert (register.name, register.offset, register.width, register.reset) == ("CTRL", 0, 32, 1)
    fields = {field.name: (field.high, field.low, field.access, field.write_effect) for field in register.fields}
    assert fields == {
        "EN": (0, 0, "rw", None),
        "MODE": (2, 1, "rw", None),
        "DONE": (7, 7, "rw", "woclr"),
        "GO": (8, 8, "rw", None),
        "KEY": (31, 24, "wo", None),
    }
    assert [field.name for field in register.fields if field.singlepulse] == ["GO"]
    assert [label.name for label in register.fields[1].labels[0].labels] == ["STOP", "RUN"]


def test_a_register_file_keeps_its_offset_and_stride(read) -> None:
    chip, _ = read(TIMER)
    group = chip.peripherals[0].members[1]
    assert isinstance(group, Group)
    assert (group.offset, group.dimension) == (0x20, Dimension(("0", "1"), 0x10))


def test_address_maps_in_an_address_map_are_peripherals_and_equal_ones_share_their_registers(read) -> None:
    chip, _ = read(f"{TIMER} addrmap soc {{ timer T0 @ 0x1000; timer T1 @ 0x2000; }};")
    assert [(part.name, part.base, part.same_as) for part in chip.peripherals] == [
        ("T0", 0x1000, ""),
        ("T1", 0x2000, "T0"),
    ]


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ("swacc", "swacc (SystemRDL 2.0, 9.6)"),
        ("ored", "ored (SystemRDL 2.0, 9.7)"),
        ("swmod", "swmod (SystemRDL 2.0, 9.6)"),
    ],
)
def test_a_property_that_is_behaviour_is_reported_with_its_place(read, properties: str, text: str) -> None:
    _, findings = read(f"addrmap a {{\nreg {{\nfield {{ sw = rw; hw = rw; {properties}; }} F[0:0] = 0;\n}} R @ 0;\n}};")
    assert [finding.place.line for finding in findings if finding.text.startswith(text)] == [3]


ALIASES = """
addrmap a {
    reg word { field { sw = rw; hw = r; } V[31:0] = 5; };
    reg clear { field { sw = rw; hw = r; onwrite = woclr; } V[31:0] = 5; };
    word R @ 0; alias R clear CLEAR @ 4;
    regfile { word R[2] @ 0; alias R word S[2] @ 8; } F @ 0x10;
};
"""


def test_an_alias_shares_the_storage_of_its_register(tmp_path: Path) -> None:
    (tmp_path / "a.rdl").write_text(ALIASES, encoding="utf-8")
    (report,) = import_registers(tmp_path / "a.rdl", tmp_path / "devices")
    assert report.findings == ()
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    with Bench("a-a", registry=project_registry(tmp_path)) as dev:
        assert dev.read32(4) == 5
        dev.write32(4, 1)
        assert (dev.read32(0), dev.read32(4)) == (4, 4)
        dev.write32(0x1C, 9)
        assert dev.read32(0x14) == 9


def test_an_alias_of_a_register_that_is_a_view_keeps_its_own_storage(read) -> None:
    text = "addrmap a { reg word { field { sw = r; hw = w; } V[31:0]; }; word R @ 0; alias R word S @ 4; };"
    chip, _ = read(text)
    narrow = Register("N", 0, 16, chip.place)
    (peripheral,) = chip.peripherals
    base, alias = peripheral.members
    assert isinstance(base, Register)
    findings = Findings()
    members = (replace(base, width=16), replace(narrow, width=32), alias)
    described = Layout(findings, "a", 32).describe(members)
    assert ("alternate" in described["R"], "alias" in described["S"]) == (True, False)
    assert [found.part for found in findings if found.outcome is Outcome.TO_DO] == ["a.S"]


def test_an_imported_map_builds_and_reads_its_resets(tmp_path: Path) -> None:
    source = tmp_path / "timer.rdl"
    source.write_text(TIMER, encoding="utf-8")
    import_registers(source, tmp_path / "devices")
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    bench = Bench("timer-timer", registry=project_registry(tmp_path))
    assert (bench.read32(0), bench.read32(0), bench.read32(0x30)) == (1, 0x81, 0x55)


def test_files_are_compiled_together_in_the_order_given(tmp_path: Path) -> None:
    types, chip = tmp_path / "types.rdl", tmp_path / "chip.rdl"
    types.write_text("reg word { field { sw = rw; hw = r; } V[31:0] = 7; };", encoding="utf-8")
    chip.write_text("addrmap chip { word R @ 0; };", encoding="utf-8")
    (report,) = import_registers([types, chip], None)
    assert (report.chip, report.registers) == ("chip", 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("addrmap a {\n  reg { field { sw = rw; } F[0:0]; } R @ 0\n};", r"map\.rdl:[23]: "),
        ("reg word { field { sw = rw; } F[0:0]; };", "no addrmap"),
        ("<% print 'x' %>", r"map\.rdl:1: embedded Perl"),
        ('`include "missing.rdl"\naddrmap a {};', r"map\.rdl:1: "),
        ('`include "/dev/zero"\naddrmap a {};', "is a device, not a regular file"),
    ],
)
def test_a_file_that_does_not_compile_is_one_error_with_its_place(read, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read(text)
