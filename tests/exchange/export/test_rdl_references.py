# ruff: noqa: E501  (a row of a table is one line)
"""What hardware and locks do to a field, as other tools read it from an export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from elaborated_tree import compiled
from round_trip import model, there_and_back
from systemrdl.node import FieldNode, Node, RegNode

from devgen import export_devices, import_registers, load_device

HEAD = "device: example\nbus: sysbus\nregions: {r: {space: mmio, size: 4 KiB%s, registers: {%s}}}\n"
LOCK = "L: {at: 0, fields: {E: 0, W: 7:4}}, "


@pytest.fixture
def property_of(tmp_path: Path):
    """Export registers, check that they come back, and return the value of a property of the field."""

    def reader(registers: str, path: str, name: str, region: str = "") -> Any:
        source = tmp_path / "example.yaml"
        source.write_text(HEAD % (region, registers), encoding="utf-8")
        assert model(there_and_back(source, tmp_path)) == model(source)
        node: Node | None = compiled(tmp_path / "rdl" / "example.rdl").find_by_path(path)
        assert isinstance(node, FieldNode), path
        value = node.get_property(name)
        return value.get_path().removeprefix("example.") if isinstance(value, FieldNode) else value

    return reader


LOCKS = {
    "a field": ("A: {at: 4, fields: {X: {bits: 0, write_enable: L.E}}}", "A.X", "swwe", "L.E"),
    "closed by a field": ("A: {at: 4, fields: {X: {bits: 3:0, write_enable: not L.E}}}", "A.X", "swwel", "L.E"),
    "a register": ("A: {at: 4, write_enable: L.E, fields: {X: 0, Y: 1}}", "A.Y", "swwe", "L.E"),
    "a register without fields": ("A: {at: 4, write_enable: L.E}", "A.VALUE", "swwe", "L.E"),
    "each element of an array": ("A: {at: 4, count: 4, stride: 8, write_enable: L.E}", "A[3].A.VALUE", "swwe", "L.E"),
    "a register of a file": ("F: {at: 8, count: 2, stride: 4, registers: {A: {at: 0, write_enable: L.E}}}", "F[1].A.VALUE", "swwe", "L.E"),
    "an element of an array": ("M: {at: 8, count: 2, fields: {E: 0}}, A: {at: 4, write_enable: 'M[1].E'}", "A.VALUE", "swwe", "M[1].E"),
    "an element of an element": ("F: {at: 16, count: 2, stride: 8, registers: {M: {at: 0, count: 2, fields: {E: 0}}}}, A: {at: 4, write_enable: 'F[1].M[0].E'}", "A.VALUE", "swwe", "F[1].M[0].E"),
    "an element with two indices": ("M: {at: 16, count: [2, 2], fields: {E: 0}}, A: {at: 4, write_enable: 'M[1][0].E'}", "A.VALUE", "swwe", "M[1][0].E"),
    "keywords": ("reg: {at: 4, fields: {field: 0}}, A: {at: 8, write_enable: reg.field}", "A.VALUE", "swwe", "reg.field"),
}  # fmt: skip


@pytest.mark.parametrize(("registers", "path", "name", "lock"), LOCKS.values(), ids=LOCKS.keys())
def test_a_lock_is_shown(property_of, registers: str, path: str, name: str, lock: str) -> None:
    assert property_of(LOCK + registers, path, name) == lock


def test_the_lock_of_a_region_is_that_of_its_registers(property_of) -> None:
    assert (
        property_of(
            LOCK.replace("0,", "0, write_enable: true,", 1) + "A: {at: 4}", "A.VALUE", "swwe", ", write_enable: L.E"
        )
        == "L.E"
    )


CARRIED_LOCKS = {
    "an expression": ("A: {at: 4, write_enable: L.E and L.W == 3}", "A.VALUE"),
    "several bits": ("A: {at: 4, write_enable: L.W}", "A.VALUE"),
    "two locks": ("A: {at: 4, write_enable: L.E, fields: {X: {bits: 0, write_enable: not L.E}}}", "A.X"),
    "the same element of another array": ("M: {at: 8, count: 2, fields: {E: 0}}, A: {at: 16, count: 2, write_enable: 'M[index].E'}", "A[0].VALUE"),
    "a member of the same element": ("F: {at: 8, count: 2, stride: 8, registers: {M: {at: 0, fields: {E: 0}}, A: {at: 4, write_enable: M.E}}}", "F[0].A.VALUE"),
    "a field that is read only": ("A: {at: 4, write_enable: L.E, fields: {X: {bits: 0, access: ro}, Y: 1}}", "A.X"),
}  # fmt: skip


@pytest.mark.parametrize(("registers", "path"), CARRIED_LOCKS.values(), ids=CARRIED_LOCKS.keys())
def test_a_lock_that_systemrdl_cannot_say_is_in_the_property_alone(property_of, registers: str, path: str) -> None:
    assert (property_of(LOCK + registers, path, "swwe"), property_of(LOCK + registers, path, "swwel")) == (False, False)


INTERRUPTS = {
    "level": ("X: {bits: 0, intr: true, write_effect: woclr}", {"intr": True, "intr type": "level", "stickybit": True}),
    "posedge": ("X: {bits: 0, intr: {posedge: L.E}, write_effect: woclr}", {"intr type": "posedge", "next": "L.E"}),
    "negedge": ("X: {bits: 0, intr: {negedge: L.E}}", {"intr type": "negedge", "next": "L.E"}),
    "bothedge": ("X: {bits: 0, intr: {bothedge: L.E}}", {"intr type": "bothedge", "next": "L.E"}),
    "not sticky": ("X: {bits: 3:0, access: ro, intr: L.W, sticky: false}", {"stickybit": False, "next": "L.W"}),
    "sticky as a whole": ("X: {bits: 3:0, intr: L.W, sticky: field}", {"sticky": True, "intr type": "level"}),
    "enabled": ("X: {bits: 3:0, intr: true, enable: L.W}", {"intr": True, "enable": "L.W"}),
    "masked": ("X: {bits: 0, intr: true, mask: L.E}", {"intr": True, "mask": "L.E"}),
    "halting": ("X: {bits: 0, intr: true, haltenable: L.E}", {"haltenable": "L.E"}),
    "halting with a mask": ("X: {bits: 0, intr: true, haltmask: L.E}", {"haltmask": "L.E"}),
    "an enable by an expression": ("X: {bits: 3:0, intr: true, enable: L.W & 3}", {"intr": True, "enable": None}),
    "an expression": ("X: {bits: 0, intr: L.W == 3}", {"intr": True, "next": None}),
}


@pytest.mark.parametrize(("field", "shown"), INTERRUPTS.values(), ids=INTERRUPTS.keys())
def test_an_interrupt_is_shown(property_of, field: str, shown: dict[str, Any]) -> None:
    registers = LOCK + "A: {at: 4, fields: {%s}}" % field  # noqa: UP031
    found = {name: property_of(registers, "A.X", name) for name in shown}
    assert {name: getattr(value, "name", value) for name, value in found.items()} == shown


SETS = {
    "set by a field": ("X: {bits: 3:0, hwset: L.E}", {"hwset": "L.E", "hwclr": False}),
    "cleared by a field": ("X: {bits: 3:0, hwset: L.E, hwclr: A.Y}, Y: 4", {"hwset": "L.E", "hwclr": "A.Y"}),
    "set by an expression": ("X: {bits: 3:0, hwset: L.W == 3, hwclr: L.W}", {"hwset": False, "hwclr": False}),
    "always set": ("X: {bits: 3:0, access: ro, hwset: true}", {"hwset": False}),
}


@pytest.mark.parametrize(("field", "shown"), SETS.values(), ids=SETS.keys())
def test_what_sets_and_clears_a_field_is_shown(property_of, field: str, shown: dict[str, Any]) -> None:
    registers = LOCK + "A: {at: 4, fields: {%s}}" % field  # noqa: UP031
    assert {name: property_of(registers, "A.X", name) for name in shown} == shown


COUNTERS = {
    "by behaviour": ("true", {"counter": True, "incrsaturate": False, "overflow": False}),
    "up to a value": ("{incr: L.E, incrsaturate: 9, incrthreshold: 3}", {"incr": "L.E", "incrsaturate": 9, "incrthreshold": 3}),
    "up to the greatest value": ("{incr: L.E, incrsaturate: true}", {"incrsaturate": 15}),
    "down": ("{decr: L.E, decrvalue: 2, decrsaturate: true}", {"decr": "L.E", "decrvalue": 2, "decrsaturate": 0}),
    "by a field": ("{incr: L.E, incrvalue: L.W, incrthreshold: L.W}", {"incrvalue": "L.W", "incrthreshold": "L.W"}),
    "around": ("{incr: L.E, decr: L.E, overflow: A.Y, underflow: A.Y}", {"decr": "L.E", "overflow": True, "underflow": True}),
    "by an expression": ("{incr: L.W == 3, incrvalue: L.W & 3}", {"counter": True, "incr": None, "incrvalue": 1}),
}  # fmt: skip


@pytest.mark.parametrize(("counter", "shown"), COUNTERS.values(), ids=COUNTERS.keys())
def test_a_counter_is_shown(property_of, counter: str, shown: dict[str, Any]) -> None:
    registers = LOCK + "A: {at: 4, fields: {X: {bits: 3:0, counter: %s}, Y: 4}}" % counter  # noqa: UP031
    assert {name: property_of(registers, "A.X", name) for name in shown} == shown


ALIASES = {
    "without fields": ("A: {at: 0, reset: 5}, B: {at: 4, alias: A}", "B"),
    "with another access": ("A: {at: 0, reset: 5}, B: {at: 4, alias: A, access: ro}", "B"),
    "with effects": ("A: {at: 0, fields: {X: 0, Y: 1}}, B: {at: 4, alias: A, fields: {X: {bits: 0, write_effect: woclr}}}", "B"),
    "before its register": ("B: {at: 0, alias: A}, A: {at: 4}", "B"),
    "of an interrupt": (LOCK + "A: {at: 4, fields: {X: {bits: 0, intr: L.E, enable: L.E, write_enable: L.E}}}, B: {at: 8, alias: A}", "B"),
    "with labels": ("A: {at: 0, fields: {X: {bits: 1:0, values: {P: 0, Q: 1}}}}, B: {at: 4, alias: A}", "B"),
    "of an array": ("A: {at: 0, count: 2}, B: {at: 8, alias: A}", "B"),
    "in a file": ("F: {at: 0, count: 2, stride: 8, registers: {A: {at: 0}, B: {at: 4, alias: A}}}", "F.B"),
}  # fmt: skip


def alias_of(registers: str, path: str, folder: Path) -> str:
    """The register whose storage a register has in SystemRDL, or an empty name. The description comes back."""
    source = folder / "example.yaml"
    source.write_text(HEAD % ("", registers), encoding="utf-8")
    assert model(there_and_back(source, folder)) == model(source)
    node = compiled(folder / "rdl" / "example.rdl").find_by_path(path)
    assert isinstance(node, RegNode)
    return node.alias_primary.inst_name if node.is_alias else ""


@pytest.mark.parametrize(("registers", "path"), ALIASES.values(), ids=ALIASES.keys())
def test_an_alias_is_one_of_systemrdl(registers: str, path: str, tmp_path: Path) -> None:
    """10.5: the compiler refuses an alias whose fields have other properties than those of its register."""
    assert alias_of(registers, path, tmp_path) == "A"


OTHER_VIEWS = {
    "another field": ("A: {at: 0, fields: {X: 0, Y: 1}}, B: {at: 4, alias: A, fields: {Z: 1}}", "B"),
    "other bits": ("A: {at: 0, fields: {X: 1:0}}, B: {at: 4, alias: A, fields: {X: 0}}", "B"),
    "a lock of the register": (LOCK + "A: {at: 4, write_enable: L.E}, B: {at: 8, alias: A}", "B"),
    "gaps": ("A: {at: 0, count: 2}, B: {at: 16, alias: A, stride: 8}", "B.B"),
}


@pytest.mark.parametrize(("registers", "path"), OTHER_VIEWS.values(), ids=OTHER_VIEWS.keys())
def test_an_alias_that_systemrdl_cannot_say_is_in_the_property_alone(registers: str, path: str, tmp_path: Path) -> None:
    assert alias_of(registers, path, tmp_path) == ""


def test_an_alias_of_a_file_in_systemrdl_is_exported_again(tmp_path: Path) -> None:
    plain = "reg plain { field { sw = rw; hw = r; } V[31:0] = 5; };"
    clear = "reg clear { field { sw = rw; hw = r; onwrite = woclr; } V[31:0] = 5; };"
    parts = "plain R @ 0; alias R clear S @ 4; plain T[2] @ 8; alias T clear U[2] @ 16;"
    (tmp_path / "a.rdl").write_text(f"addrmap a {{ {plain} {clear} {parts} }};", "utf-8")
    (report,) = import_registers(tmp_path / "a.rdl", tmp_path / "devices")
    export_devices(tmp_path / "devices" / f"{report.devices[0]}.yaml", tmp_path / "b.rdl", form="systemrdl")
    found = {
        node.inst_name: node.alias_primary.inst_name
        for node in compiled(tmp_path / "b.rdl").registers()
        if node.is_alias
    }
    assert found == {"S": "R", "U": "T"}


def test_an_alias_that_is_added_by_hand_takes_effect(tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(HEAD % ("", "A: {at: 4, fields: {X: 0}}"), "utf-8")
    (file,) = export_devices(tmp_path / "example.yaml", tmp_path, form="systemrdl").files
    alias = "reg t { field { sw = rw; onwrite = woclr; } X[0:0] = 0; }; alias A t B @ 8;\n};\n"
    file.path.write_text(file.path.read_text("utf-8").removesuffix("};\n") + alias, "utf-8")
    (report,) = import_registers(file.path, tmp_path / "devices")
    (region,) = load_device(tmp_path / "devices" / "example.yaml").view.regions
    assert [(register.name, register.alias) for register in region.registers] == [("A", None), ("B", "A")]
    assert report.findings == ()


def test_a_hardware_property_that_is_added_by_hand_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(HEAD % ("", LOCK + "A: {at: 4, fields: {X: {bits: 0, intr: L.E}}}"), "utf-8")
    (file,) = export_devices(tmp_path / "x.yaml", tmp_path, form="systemrdl").files
    file.path.write_text(file.path.read_text("utf-8").replace("level intr;", "level intr; we;"), "utf-8")
    (report,) = import_registers(file.path, tmp_path / "devices")
    (finding,) = report.findings
    assert "example.A.X: we (SystemRDL 2.0, 9.7)" in str(finding)
