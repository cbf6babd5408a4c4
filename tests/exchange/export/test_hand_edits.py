# ruff: noqa: E501  (a row of a table is one line)
"""An exported file that was changed by hand: what SystemRDL says wins over the property `devgen`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from devgen import Outcome, check_files, export_devices, import_registers

HEAD = "device: example\nbus: sysbus\nproperties: {n: {type: int, default: 2, range: 1..4}}\n"
REGION = "regions: {r: {space: mmio, size: 4 KiB, registers: {%s}}}\n"
LOCK = "L: {at: 0, fields: {E: 0, W: 7:4}}, M: {at: 8, count: 2, fields: {E: 0}}, "
COUNTER = "A: {at: 4, fields: {X: {bits: 3:0, counter: {incr: L.W == 3, incrsaturate: 9}}, Y: 4}}"


@pytest.fixture
def edited(tmp_path: Path):
    """Export registers, change the text, and return the imported register A and the findings."""

    def run(registers: str, *changes: tuple[str, str], region: str = "") -> tuple[Any, list[Any], dict[str, Any]]:
        source = tmp_path / "example.yaml"
        source.write_text(HEAD + (region or REGION) % (LOCK + registers), encoding="utf-8")
        (file,) = export_devices(source, tmp_path / "rdl", form="systemrdl").files
        text = file.path.read_text("utf-8")
        for old, new in changes:
            assert old in text, text
            text = text.replace(old, new, 1)
        file.path.write_text(text, encoding="utf-8")
        (report,) = import_registers(file.path, tmp_path / "devices")
        assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.severity == "error"] == []
        tree = yaml.safe_load((tmp_path / "devices" / "example.registers.yaml").read_text("utf-8"))
        return tree["regions"]["r"]["registers"]["A"], list(report.findings), tree

    return run


FIELDS = {
    "a lock by another field": ("fields: {X: {bits: 0, write_enable: L.E}, Y: 1}", ("A.X->swwe = L.E", "A.X->swwe = A.Y"), {"write_enable": "A.Y"}),
    "a lock the other way round": ("fields: {X: {bits: 0, write_enable: L.E}}", ("->swwe", "->swwel"), {"write_enable": "not L.E"}),
    "a lock by an element": ("fields: {X: {bits: 0, write_enable: L.E}}", ("= L.E", "= M[1].E"), {"write_enable": "M[1].E"}),
    "a lock removed": ("fields: {X: {bits: 0, write_enable: L.E}}", ("A.X->swwe = L.E;", ""), {}),
    "a lock added": ("fields: {X: {bits: 0}}", ("sw = rw; } X", "sw = rw; swwe; } X"), {"write_enable": "A_X_swwe"}),
    "a lock in place of an expression": ("fields: {X: {bits: 0, write_enable: L.W == 3}}", ("\n};", "\nA.X->swwe = L.E; };"), {"write_enable": "L.E"}),
    "the edge of an interrupt": ("fields: {X: {bits: 0, intr: {posedge: L.E}}}", ("posedge intr", "negedge intr"), {"intr": {"negedge": "L.E"}}),
    "the edge of an expression": ("fields: {X: {bits: 0, intr: {posedge: L.W == 3}}}", ("posedge intr", "bothedge intr"), {"intr": {"bothedge": "L.W == 3"}}),
    "the source of an interrupt": ("fields: {X: {bits: 0, intr: L.E}}", ("->next = L.E", "->next = M[0].E"), {"intr": "M[0].E"}),
    "an enable": ("fields: {X: {bits: 0, intr: L.W != 0, enable: L.E}}", ("->enable = L.E", "->enable = M[0].E"), {"intr": "L.W != 0", "enable": "M[0].E"}),
    "an enable made a mask": ("fields: {X: {bits: 0, intr: true, enable: L.E}}", ("->enable", "->mask"), {"intr": True, "mask": "L.E"}),
    "stickiness": ("fields: {X: {bits: 3:0, intr: L.W, sticky: field}}", ("sticky = true;", ""), {"intr": "L.W"}),
    "no interrupt any more": ("fields: {X: {bits: 0, intr: true}}", ("level intr;", ""), {}),
    "set by another field": ("fields: {X: {bits: 0, hwset: L.E, hwclr: L.W == 3}}", ("->hwset = L.E", "->hwset = M[0].E"), {"hwset": "M[0].E", "hwclr": "L.W == 3"}),
    "set by a port": ("fields: {X: {bits: 0, hwset: L.E}}", ("A.X->hwset = L.E", "A.X->hwset = true"), {"hwset": "A_X_hwset"}),
    "an access": ("fields: {X: {bits: 0, access: ro}}", ("sw = r;", "sw = w;"), {"access": "wo"}),
    "an effect of the register": ("fields: {X: 0, Y: 1}, write_effect: woclr", ("onwrite = woclr; } X", "onwrite = wot; } X"), {"write_effect": "wot"}),
    "an effect removed": ("fields: {X: 0, Y: 1}, write_effect: woclr", ("onwrite = woclr; } X", "} X"), {}),
    "a label of an enumeration with patterns": ("fields: {X: {bits: 1:0, values: {P: 0, Q: 0b1x, R: default}}}", ("P = 0", "PP = 1"), {"values": {"PP": 1, "Q": "0b1x", "R": "default"}}),
    "a description that was carried": ("fields: {X: {bits: 0, description: 'a <% b'}}", ("a < % b", "another"), {"description": "another"}),
    "a description removed": ("fields: {X: {bits: 0, description: 'a <% b'}}", ('desc = "a < % b"; ', ""), {}),
    "a reset value": ("fields: {X: {bits: 3:0, reset: 5}}", ("= 0x5;", "= 0x6;"), {"reset": 6}),
}  # fmt: skip


@pytest.mark.parametrize(("keys", "change", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_a_change_of_a_field_takes_effect(edited, keys: str, change: tuple[str, str], expected: Any) -> None:
    register, findings, _ = edited("A: {at: 4, %s}" % keys, change)  # noqa: UP031
    field = register["fields"]["X"]
    found = {key: value for key, value in field.items() if key != "bits"} if isinstance(field, dict) else {}
    of_register = {key: register[key] for key in ("reset", "access") if key in register}
    assert found | of_register == expected
    assert {finding.outcome for finding in findings} <= {Outcome.CORRECTED}


COUNTERS = {
    "a limit": (("incrsaturate = 0x9", "incrsaturate = 0x5"), {"incr": "L.W == 3", "incrsaturate": 5}),
    "a limit by a field": (
        ("\n};", "\nA.X->incrthreshold = L.W; };"),
        {"incr": "L.W == 3", "incrsaturate": 9, "incrthreshold": "L.W"},
    ),
    "a limit removed": (("incrsaturate = 0x9;", ""), {"incr": "L.W == 3"}),
    "a source in place of an expression": (("\n};", "\nA.X->incr = L.E; };"), {"incr": "L.E", "incrsaturate": 9}),
}


@pytest.mark.parametrize(("change", "expected"), COUNTERS.values(), ids=COUNTERS.keys())
def test_a_change_of_a_counter_keeps_the_rest(edited, change: tuple[str, str], expected: Any) -> None:
    register, findings, _ = edited(COUNTER, change)
    assert register["fields"]["X"]["counter"] == expected
    assert {finding.outcome for finding in findings} == {Outcome.CORRECTED}


REGISTERS = {
    "a lock of a register without fields": ("write_enable: L.E", ("A.VALUE->swwe = L.E", "A.VALUE->swwe = M[1].E"), {"write_enable": "M[1].E"}),
    "a count of a property": ("count: n + 1, stride: 8", ("[5]", "[3]"), {"count": 3, "stride": 8}),
    "a constant": ("access: ro, constant: 5", ("= 0x5;", "= 0x7;"), {"access": "ro", "constant": 7}),
    "a reset value by a property": ("reset: n", ("VALUE[31:0];", "VALUE[31:0] = 3;"), {"reset": 3}),
    "a mask": ("reset: 3, reset_mask: 0x3, access: ro", ("VALUE[31:0] = 0x3;", "VALUE[31:0];"), {"access": "ro", "reset_mask": 0}),
    "a description": ("description: 'a <% b'", ("a < % b", "another"), {"description": "another"}),
}  # fmt: skip


@pytest.mark.parametrize(("keys", "change", "expected"), REGISTERS.values(), ids=REGISTERS.keys())
def test_a_change_of_a_register_takes_effect(edited, keys: str, change: tuple[str, str], expected: Any) -> None:
    register, findings, _ = edited("A: {at: 64, %s}" % keys, change)  # noqa: UP031
    assert register == {"at": 64, **expected}
    assert {finding.outcome for finding in findings} == {Outcome.CORRECTED}


def test_a_lock_of_one_field_does_not_change_the_others(edited) -> None:
    register, findings, _ = edited(
        "A: {at: 4, write_enable: L.E, fields: {X: 0, Y: 1, Z: {bits: 2, access: ro}}}",
        ("A.X->swwe = L.E", "A.X->swwe = M[0].E"),
    )
    assert register["fields"] == {
        "X": {"bits": 0, "write_enable": "M[0].E"},
        "Y": {"bits": 1, "write_enable": "L.E"},
        "Z": {"bits": 2, "access": "ro"},
    }
    assert "write_enable" not in register
    assert len(findings) == 1


def test_a_field_without_the_lock_of_its_region_is_open(edited) -> None:
    region = REGION.replace("size: 4 KiB", "size: 4 KiB, write_enable: L.E")
    register, _, tree = edited("A: {at: 4, fields: {X: 0, Y: 1}}", ("A.X->swwe = L.E;", ""), region=region)
    assert register["write_enable"] is True
    assert register["fields"] == {"X": 0, "Y": {"bits": 1, "write_enable": "L.E"}}
    assert tree["regions"]["r"]["write_enable"] == "L.E"


def test_a_change_is_reported_at_its_place(edited, tmp_path: Path) -> None:
    _, findings, _ = edited(
        "A: {at: 4, fields: {X: {bits: 0, enable: L.E, intr: true}}}", ("->enable = L.E", "->enable = M[0].E")
    )
    (finding,) = findings
    lines = (tmp_path / "rdl" / "example.rdl").read_text("utf-8").splitlines()
    assert "->enable = M[0].E" in lines[finding.place.line - 1]
    assert (finding.outcome, finding.part) == (Outcome.CORRECTED, "example.A.X")
    assert finding.text == "enable is not what the property devgen says; the description has what SystemRDL says"


REPORTED = {
    "the hardware's side": ("fields: {X: 0}", ("sw = rw; } X", "sw = rw; swacc; } X"), Outcome.TO_DO, "swacc (SystemRDL 2.0, 9.6)"),
    "an access width": ("width: 32", ("reg {", "reg { accesswidth = 8;"), Outcome.TO_DO, "accesswidth is not what the property devgen says"),
}  # fmt: skip


@pytest.mark.parametrize(("keys", "change", "outcome", "text"), REPORTED.values(), ids=REPORTED.keys())
def test_what_does_not_take_effect_is_reported(
    edited, keys: str, change: tuple[str, str], outcome: Outcome, text: str
) -> None:
    _, findings, _ = edited("A: {at: 4, %s}" % keys, change)  # noqa: UP031
    assert [(finding.outcome, finding.text[: len(text)]) for finding in findings] == [(outcome, text)]


def test_a_change_of_the_property_alone_does_not_change_what_systemrdl_says(edited) -> None:
    register, findings, _ = edited(
        "A: {at: 4, fields: {X: {bits: 0, intr: true, enable: L.E}}}", ("enable: L.E", "enable: L.W[0]")
    )
    assert register["fields"]["X"]["enable"] == "L.E"
    assert [finding.outcome for finding in findings] == [Outcome.CORRECTED]
