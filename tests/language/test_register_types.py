"""`types`: described once, used with changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from findings import noteworthy

from devgen.language import load_device
from devgen.language.view import DeviceView, view_of

HEAD = """
device: dut
bus: sysbus
types:
  events: {access: ro, title: Events, fields: {DONE: 0, ERROR: {bits: 1, reset: 1}}}
  status: {type: events, access: rw, on_write: N = value}
  channel: {registers: {STATUS: {at: 0, type: status}, LENGTH: {at: 4, width: 16}}}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      N: {at: 0xf00}
"""


def viewed(folder: Path, registers: str) -> DeviceView:
    path = folder / "dut.yaml"
    path.write_text(HEAD + registers)
    loaded = load_device(path)
    assert noteworthy(loaded.diagnostics) == []
    return view_of(loaded)


def test_a_register_has_what_its_type_has(tmp_path: Path) -> None:
    (register,) = viewed(tmp_path, "      R: {at: 8, type: status}\n").registers[:1]
    assert (register.access, register.title, register.reset.number) == ("rw", "Events", 2)
    assert [hook.text for hook in register.hooks] == ["N = value"]


def test_the_register_s_own_keys_count(tmp_path: Path) -> None:
    text = "      R: {at: 8, type: events, title: Mine, fields: {ERROR: {reset: 0}, MORE: 7:4, DONE: 2}}\n"
    (register,) = viewed(tmp_path, text).registers[:1]
    assert (register.title, register.reset.number) == ("Mine", 0)
    assert [(field.name, field.lsb) for field in register.fields] == [("DONE", 2), ("ERROR", 1), ("MORE", 4)]


def test_a_field_of_the_type_may_be_given_by_its_bits_alone(tmp_path: Path) -> None:
    text = "      R: {at: 8, type: events, fields: {DONE: {description: Changed.}, ERROR: 5}}\n"
    (register,) = viewed(tmp_path, text).registers[:1]
    assert [(field.name, field.lsb, field.reset, field.description) for field in register.fields] == [
        ("DONE", 0, 0, "Changed."),
        ("ERROR", 5, 1, ""),
    ]


def test_a_register_file_and_its_members_have_types(tmp_path: Path) -> None:
    text = (
        "      C: {at: 0x40, type: channel, count: 2, registers: {LENGTH: {width: 32}, MORE: {at: 8, type: events}}}\n"
    )
    found = {register.path: register for register in viewed(tmp_path, text).registers}
    assert [(path, found[path].width, found[path].access) for path in found if path != "N"] == [
        ("C.STATUS", 32, "rw"),
        ("C.LENGTH", 32, "rw"),
        ("C.MORE", 32, "ro"),
    ]
    assert found["C.STATUS"].hooks[0].text == "N = value"


def test_any_names_of_registers_and_fields_can_be_used(tmp_path: Path) -> None:
    text = "      tree: {at: 8, type: events, fields: {sources: 9, DONE: {reset: 1}, values: 8}}\n"
    (register,) = viewed(tmp_path, text).registers[:1]
    assert [field.name for field in register.fields] == ["DONE", "ERROR", "sources", "values"]


@pytest.mark.slow
def test_uses_are_bounded(tmp_path: Path) -> None:
    members = ", ".join(f"R{number}: {{at: {4 * number}}}" for number in range(1000))
    uses = "".join(f"      F{number}: {{at: {0x1000 * number}, type: big}}\n" for number in range(600))
    path = tmp_path / "dut.yaml"
    path.write_text(
        HEAD.replace("types:", f"types:\n  big: {{registers: {{{members}}}}}").replace("4 KiB", "4 MiB") + uses
    )
    assert "DG0446" in {found.code for found in load_device(path).diagnostics}
