"""The view of a device: what each part of a description becomes."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from findings import noteworthy

from devgen.language import ir, load_device
from devgen.language.view import DeviationView, DeviceView, Hook, Size, view_of

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = sorted(path for path in (ROOT / "devices").glob("*.yaml") if load_device(path).device is not None)

HEAD = "device: example\nbus: {bus}\n"
BANK = """\
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
"""


def viewed(folder: Path, text: str, bus: str = "sysbus") -> DeviceView:
    path = folder / "example.yaml"
    path.write_text(HEAD.format(bus=bus) + text)
    loaded = load_device(path)
    assert noteworthy(loaded.diagnostics) == []
    return view_of(loaded)


def parts(value: object) -> Iterator[object]:
    """A value and every view in it."""
    if isinstance(value, tuple):
        for item in value:
            yield from parts(item)
    elif dataclasses.is_dataclass(value) and type(value).__module__.startswith("devgen.language.view"):
        yield value
        for field in dataclasses.fields(value):
            yield from parts(getattr(value, field.name))


def test_a_member_of_a_file_has_its_whole_offset_and_the_file_s_size(tmp_path: Path) -> None:
    device = viewed(
        tmp_path,
        "properties: {channels: {type: int, default: 2, range: 1..8}}\n"
        + BANK
        + "      CHANNEL: {at: 0x100, count: channels, stride: 0x10, registers: {LIMIT: {at: 4, access: ro}}}\n",
    )
    (limit,) = device.registers
    assert (limit.path, limit.file, limit.offset, limit.stride, limit.end) == (
        "CHANNEL.LIMIT",
        "CHANNEL",
        0x104,
        16,
        0x178,
    )
    assert limit.count is not None
    assert (limit.count.text, limit.count.greatest, limit.count.least, limit.count.fixed) == ("channels", 8, 1, False)
    assert device.files[0].registers == (limit,)


def test_registers_are_sorted_by_offset_across_files(tmp_path: Path) -> None:
    device = viewed(
        tmp_path,
        BANK + "      LAST: {at: 0x20}\n      GROUP: {at: 8, registers: {IN: {at: 4}}}\n      FIRST: {at: 0}\n",
    )
    assert [register.path for register in device.registers] == ["FIRST", "GROUP.IN", "LAST"]


def test_one_register_has_no_stride_and_ends_after_itself(tmp_path: Path) -> None:
    (register,) = viewed(tmp_path, BANK + "      R: {at: 8, width: 64}\n").registers
    assert (register.count, register.stride, register.end, register.size) == (None, 0, 16, 8)


def test_a_deviation_names_the_property_that_removes_it(tmp_path: Path) -> None:
    device = viewed(
        tmp_path,
        "properties: {exact: {type: bool, default: false}}\n"
        "deviations: {stored: No prescaler., fixed: {text: Always runs., property: exact}}\n"
        + BANK
        + "      R: {at: 0}\n",
    )
    assert device.deviations == (
        DeviationView("stored", "No prescaler.", ""),
        DeviationView("fixed", "Always runs.", "exact"),
    )


def test_hooks_have_the_text_of_the_description_beside_the_typed_form(tmp_path: Path) -> None:
    text = BANK + "      A: {at: 0}\n      B: {at: 4, access: wo, on_write: ['A = value', A &= 0xff]}\n"
    hook = viewed(tmp_path, text).registers[1].hooks[0]
    assert (hook.name, hook.text) == ("on_write", "A = value\nA &= 0xff")
    assert isinstance(hook.form, tuple)
    assert isinstance(hook.form[0], ir.Assign)


def test_hooks_come_in_the_order_of_their_moments(tmp_path: Path) -> None:
    text = BANK + "      R: {at: 0, on_write: R = 1, on_read: R = 2, before_read: R = 3}\n"
    assert [hook.name for hook in viewed(tmp_path, text).registers[0].hooks] == ["before_read", "on_read", "on_write"]


@pytest.mark.parametrize(
    ("reset", "text", "number"), [("16", "0x10", 16), ("start", "start", None), ("CHANNELS + 1", "0x5", 5)]
)
def test_a_start_value_is_a_number_or_text(tmp_path: Path, reset: str, text: str, number: int | None) -> None:
    named = "constants: {CHANNELS: 4}\nproperties: {start: {type: int, default: 0, range: 0..3}}\n"
    value = viewed(tmp_path, f"{named}{BANK}      R: {{at: 0, reset: {reset}}}\n").registers[0].reset
    assert (value.text, value.number) == (text, number)


def test_a_field_has_its_mask_its_labels_and_its_effects(tmp_path: Path) -> None:
    text = BANK + "      R: {at: 0, fields: {MODE: {bits: '6:4', values: {IDLE: 0, RUN: 5}, write_effect: woclr}}}\n"
    (field,) = viewed(tmp_path, text).registers[0].fields
    assert (field.path, field.lsb, field.msb, field.width, field.mask) == ("R.MODE", 4, 6, 3, 0x70)
    assert [(label.name, label.value) for label in field.values] == [("IDLE", 0), ("RUN", 5)]
    assert field.write_effect == "woclr"


def test_an_alias_and_a_window_name_what_they_stand_for(tmp_path: Path) -> None:
    text = (
        BANK
        + "      G: {at: 0, registers: {A: {at: 0}, B: {at: 4, alias: A}}}\n      INDEX: {at: 8, fields: {N: 1:0}}\n"
        "      DATA: {at: 12, width: 8, window: {region: bank, at: INDEX.N}}\n"
        "  bank: {space: indirect, size: 4, width: 8, registers: {X: {at: 0, count: 4}}}\n"
    )
    by_path = {register.path: register for register in viewed(tmp_path, text).registers}
    assert by_path["G.B"].alias == "G.A"
    window = by_path["DATA"].window
    assert window is not None
    assert (window.region, window.at.text) == ("bank", "INDEX.N")


def test_what_is_not_modelled_is_listed(tmp_path: Path) -> None:
    text = BANK + "      R: {at: 0}\n      T: {at: 4, intent: unimplemented}\n      H: {at: 8, intent: reserved}\n"
    assert [(each.name, each.intent) for each in viewed(tmp_path, text).not_modelled] == [
        ("T", "unimplemented"),
        ("H", "reserved"),
    ]


def test_an_action_may_be_named_like_a_keyword(tmp_path: Path) -> None:
    text = "actions:\n  '`if`(c)': R = c\n" + BANK + "      R: {at: 0, width: 8, on_write: '`if`(value)'}\n"
    assert [(action.name, action.signature) for action in viewed(tmp_path, text).actions] == [("if", "`if`(c)")]


def test_functions_and_actions_have_their_whole_head(tmp_path: Path) -> None:
    text = (
        "actions:\n  'spend(amount: u8, twice)': R = amount\nfunctions:\n  half(n): n // 2\n"
        + BANK
        + "      R: {at: 0, width: 8, on_write: 'spend(half(value), 1)'}\n"
    )
    device = viewed(tmp_path, text)
    assert [
        (each.name, each.signature, each.parameters, each.body.text) for each in (*device.actions, *device.functions)
    ] == [
        ("spend", "spend(amount: u8, twice)", ("amount", "twice"), "R = amount"),
        ("half", "half(n)", ("n",), "n // 2"),
    ]


def test_capabilities_have_their_places(tmp_path: Path) -> None:
    device = viewed(
        tmp_path,
        """\
pci:
  vendor: 1
  device: 2
  class: 0
  bars: {0: {type: mem32, size: 4 KiB}}
  capabilities:
    pm: {pme: [D0, D3hot]}
    vendor: {box: {at: 0x80, contents: 01 02}}
    msi: {vectors: 4}
    express: {}
  extended_capabilities: {serial_number: {number: 7}}
interrupts: {done: {vector: 0, level: R}, wake: {pme: true, level: R}}
regions: {registers: {bar: 0, registers: {R: {at: 0}}}}
""",
        bus="pci",
    )
    assert device.pci is not None
    assert [(each.kind, each.name, each.offset, each.size, each.extended) for each in device.pci.capabilities] == [
        ("pm", "pm", 0x40, 8, False),
        ("vendor", "box", 0x80, 5, False),
        ("msi", "msi", 0x88, 14, False),
        ("express", "express", 0x98, 0x3C, False),
        ("serial_number", "serial_number", 0x100, 12, True),
    ]
    assert dict(device.pci.capabilities[0].settings)["pme"] == "D0, D3hot"
    assert device.pci.capabilities[1].contents == b"\1\2"
    assert device.pci.bars[0].regions == ("registers",)


@pytest.mark.parametrize("path", CATALOGUE, ids=lambda path: path.stem)
def test_the_catalogue_has_views_without_a_hole(path: Path) -> None:
    loaded = load_device(path)
    device = view_of(loaded)
    assert (device.name, device.title != "") == (loaded.device.name if loaded.device else None, True)
    assert len({register.path for register in device.registers}) == len(device.registers)
    for part in parts(device):
        if isinstance(part, Hook):
            assert part.text and part.form is not None
        if isinstance(part, Size):
            assert 0 <= part.least <= part.greatest


def test_the_capabilities_places_are_those_of_the_running_device() -> None:
    from devgen.hosts.bench import Bench

    for name in ("nvme", "dma-engine", "virtio-blk-pci"):
        device = view_of(load_device(ROOT / "devices" / f"{name}.yaml"))
        config = Bench(name).dut.config
        at, found = config.read(0x34, 1), []
        while at:
            found.append(at)
            at = config.read(at + 1, 1)
        assert device.pci is not None
        assert found == [each.offset for each in device.pci.capabilities if not each.extended]


def test_a_description_with_errors_has_no_view(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("device: bad\nbus: nothing\n")
    with pytest.raises(ValueError, match="no device to view"):
        view_of(load_device(path))


def test_loading_a_device_does_not_import_the_view() -> None:
    import subprocess

    program = "import sys; from devgen.language import load_device; load_device(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, str(ROOT / "devices" / "pl031.yaml")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "devgen.language.view" not in done.stdout.split()
