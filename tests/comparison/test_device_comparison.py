"""What a change of a description means for a driver: one case for each kind of change."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from devgen.comparison import part_tables as tables
from devgen.comparison.device_comparison import compare_devices
from devgen.language import load_device, view
from devgen.language.view import DeviceView, view_of

BASE = """\
device: card
bus: pci
pci:
  vendor: 0x1234
  device: 0x11e8
  class: 0xff0000
  bars:
    0: {type: mem32, size: 4 KiB}
    2: {type: mem32, size: 4 KiB}
  capabilities:
    msi: {vectors: 2}
properties:
  channels: {type: int, default: 2, range: 1..4}
constants: {LIMIT: 7}
regions:
  registers:
    bar: 0
    size: 256
    access: {valid: 1..8, endian: little}
    registers:
      CTRL: {at: 0x00, fields: {ENABLE: 0, MODE: {bits: 3:1, values: {OFF: 0, ON: 1, AUTO: 2}}}}
      STATUS: {at: 0x04, access: ro, reset: 0x5}
      DATA: {at: 0x08, width: 32, on_write: limit(value)}
      RING: {at: 0x40, count: channels, stride: 8}
  memory: {bar: 2, ram: true, size: 4 KiB}
actions:
  "limit(amount: u32)": STATUS = min(amount, LIMIT)
interrupts:
  done: {vector: 0, level: CTRL.ENABLE}
gpio_out:
  lamp: {level: CTRL.ENABLE}
"""

CASES: list[tuple[str, str, set[str]]] = [
    # (old text, new text, changes)
    ("# nothing", "# nothing", set()),
    ("STATUS: {at: 0x04,", "STATUS: {at: 0x0c,", {"breaking register STATUS: moved: registers+0x4 -> registers+0xc"}),
    ("STATUS", "STATE", {
        "compatible register STATUS: renamed: STATUS -> STATE", "behaviour action limit: body changed"}),
    ("width: 32, on_write", "width: 16, on_write", {
        "breaking register DATA: narrowed: 32 bits -> 16 bits"}),
    ("reset: 0x5", "reset: 0x4", {"breaking register STATUS: reset value changed: 0x5 -> 0x4"}),
    ("access: ro,", "access: rw,", {"compatible register STATUS: access changed: ro -> rw"}),
    ("fields: {ENABLE: 0,", "access: ro, fields: {ENABLE: 0,", {"breaking register CTRL: access changed: rw -> ro"}),
    ("CTRL: {at: 0x00,", "CTRL: {at: 0x00, write_effect: woclr,", {
        "breaking register CTRL: effect of a write changed: none -> woclr"}),
    ("ENABLE: 0,", "ENABLE: 4,", {"breaking field CTRL.ENABLE: moved: bit 0 -> bit 4"}),
    ("ENABLE: 0,", "ENABLE: 0, SPARE: 4,", {"compatible field CTRL.SPARE: added: bit 4"}),
    ("ENABLE: 0,", "ENABLE: {bits: 0, access: ro},", {"breaking field CTRL.ENABLE: access changed: rw -> ro"}),
    ("ENABLE: 0,", "ENABLE: {bits: 0, reset: 1},", {"breaking field CTRL.ENABLE: reset value changed: 0x0 -> 0x1"}),
    ("bits: 3:1,", "bits: 2:1,", {"breaking field CTRL.MODE: narrowed: 3 bits -> 2 bits"}),
    ("bits: 3:1,", "bits: 4:1,", {"compatible field CTRL.MODE: widened: 3 bits -> 4 bits"}),
    ("MODE: {", "KIND: {", {"compatible field CTRL.MODE: renamed: MODE -> KIND"}),
    ("AUTO: 2", "AUTO: 3", {"breaking field CTRL.MODE: value of AUTO changed: 0x2 -> 0x3"}),
    (", AUTO: 2", "", {"breaking field CTRL.MODE: value AUTO removed: 0x2"}),
    ("AUTO: 2", "AUTO: 2, FAST: 3", {"compatible field CTRL.MODE: value FAST added: 0x3"}),
    ("AUTO: 2", "SELF: 2", {"compatible field CTRL.MODE: value 0x2 renamed: AUTO -> SELF"}),
    ("count: channels, stride: 8", "count: channels, stride: 16", {
        "breaking register RING: stride changed: 0x8 -> 0x10"}),
    ("count: channels,", "count: 4,", {"compatible register RING: number of elements raised: channels (1 to 4) -> 4"}),
    ("count: channels,", "count: 2,", {
        "breaking register RING: number of elements reduced: channels (1 to 4) -> 2"}),
    ("range: 1..4", "range: 1..8", {
        "compatible property channels: greatest value changed: 4 -> 8",
        "compatible register RING: number of elements raised: channels (1 to 4) -> channels (1 to 8)"}),
    ("default: 2", "default: 3", {"behaviour property channels: default changed: 2 -> 3"}),
    ("min(amount, LIMIT)", "min(amount,  LIMIT)  # at most", set()),
    ("on_write: limit(value)}", "on_write: 'limit(value & 1)'}", {"behaviour register DATA: on_write changed"}),
    ("min(amount, LIMIT)", "amount", {"behaviour action limit: body changed"}),
    ("LIMIT: 7", "LIMIT: 8", {"behaviour constant LIMIT: value changed: 0x7 -> 0x8"}),
    ("    size: 256", "    size: 128", {"breaking region registers: shrunk: 0x100 -> 0x80"}),
    ("    size: 256", "    at: 0x100\n    size: 256", {
        "breaking region registers: moved: BAR 0+0x0 -> BAR 0+0x100"}),
    ("endian: little", "endian: big", {"breaking region registers: byte order changed: little -> big"}),
    ("valid: 1..8", "valid: 4..8", {
        "breaking region registers: accepted access sizes changed: 1..8 bytes -> 4..8 bytes",
        "behaviour region registers: implemented access sizes changed: 1..8 bytes -> 4..8 bytes"}),
    ("  memory: {bar: 2,", "  ram: {bar: 2,", {"compatible region memory: renamed: memory -> ram"}),
    ("  memory: {bar: 2, ram: true, size: 4 KiB}\n", "", {"breaking region memory: removed"}),
    ("  registers:\n    bar: 0", "  control:\n    bar: 0", {
        "compatible region registers: renamed: registers -> control"}),
    ("device: 0x11e8", "device: 0x11e9", {
        "breaking PCI: device ID changed: 0x11e8 -> 0x11e9",
        "breaking PCI: subsystem device ID changed: 0x11e8 -> 0x11e9"}),
    ("    2: {type: mem32, size: 4 KiB}", "    2: {type: mem32, size: 8 KiB}", {
        "compatible BAR 2: enlarged: 0x1000 -> 0x2000"}),
    ("msi: {vectors: 2}", "msi: {vectors: 1}", {"breaking capability msi: vectors changed: 2 -> 1"}),
    ("msi: {vectors: 2}", "msi: {vectors: 4}", {"compatible capability msi: vectors changed: 2 -> 4"}),
    ("done: {vector: 0,", "done: {vector: 1,", {"breaking interrupt done: vector changed: 0 -> 1"}),
    ("lamp: {level: CTRL.ENABLE}", "lamp: {level: not CTRL.ENABLE}", {"behaviour output lamp: level changed"}),
    ("  lamp: {level", "  light: {level", {"breaking output lamp: removed", "compatible output light: added"}),
]  # fmt: skip


def device(folder: Path, text: str) -> DeviceView:
    path = folder / "card.yaml"
    path.write_text(text)
    result = load_device(path)
    assert result.ok, result.diagnostics[0].text()
    return view_of(result)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> DeviceView:
    return device(tmp_path_factory.mktemp("base"), BASE)


@pytest.mark.parametrize(
    ("old", "new", "expected"), CASES, ids=[f"{case[0].strip()}>{case[1].strip()}" for case in CASES]
)
def test_a_change_is_told_with_its_impact(
    base: DeviceView, old: str, new: str, expected: set[str], tmp_path: Path
) -> None:
    assert old in BASE or old == "# nothing"
    changes = compare_devices(base, device(tmp_path, BASE.replace(old, new)))
    assert {f"{change.impact} {change.message}" for change in changes} == expected


def test_breaking_changes_come_first_and_have_a_kind(base: DeviceView, tmp_path: Path) -> None:
    text = BASE.replace("ENABLE: 0,", "ENABLE: 0, SPARE: 4,").replace("STATUS: {at: 0x04", "STATUS: {at: 0x0c")
    changes = compare_devices(base, device(tmp_path, text))
    assert [change.kind for change in changes] == ["register-moved", "field-added"]


VIEWS: dict[str, Any] = {
    "REGION": view.RegionView, "REGISTER": view.RegisterView, "FIELD": view.FieldView, "DOORBELL": view.DoorbellView,
    "LINE": view.LineView, "INPUT": view.InputView, "PROPERTY": view.PropertyView, "BAR": view.BarView,
    "CAPABILITY": view.CapabilityView, "PCI": view.PciView, "COUNTER": view.CounterView, "TIMER": view.TimerView,
    "FIFO": view.FifoView, "STATE": view.StateView, "CONSTANT": view.ConstantView, "ROUTINE": view.RoutineView,
    "STREAM": view.StreamView, "EVENT": view.EventView,
}  # fmt: skip


@pytest.mark.parametrize("name", VIEWS)
def test_each_attribute_of_the_view_is_compared_or_named_as_left_out(name: str) -> None:
    compared = {attribute for entry in getattr(tables, name, ()) for attribute in entry.names}
    others = set(getattr(tables, f"{name}_OTHERS"))
    assert compared | others == {field.name for field in dataclasses.fields(VIEWS[name])}
    assert compared & others == set()
