# ruff: noqa: E501  (a row of a table is one line)
"""What hardware and locks do to a field, as other tools read it from an export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from elaborated_tree import compiled
from round_trip import model, there_and_back
from systemrdl.node import FieldNode, Node

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
    "an element of an array": ("M: {at: 8, count: 2, fields: {E: 0}}, A: {at: 4, write_enable: 'M[1].E'}", "A.VALUE"),
    "a member of the same element": ("F: {at: 8, count: 2, stride: 8, registers: {M: {at: 0, fields: {E: 0}}, A: {at: 4, write_enable: M.E}}}", "F[0].A.VALUE"),
    "a field that is read only": ("A: {at: 4, write_enable: L.E, fields: {X: {bits: 0, access: ro}, Y: 1}}", "A.X"),
}  # fmt: skip


@pytest.mark.parametrize(("registers", "path"), CARRIED_LOCKS.values(), ids=CARRIED_LOCKS.keys())
def test_a_lock_that_systemrdl_cannot_say_is_in_the_property_alone(property_of, registers: str, path: str) -> None:
    assert (property_of(LOCK + registers, path, "swwe"), property_of(LOCK + registers, path, "swwel")) == (False, False)
