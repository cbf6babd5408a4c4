"""What a change of a board means for the software on it: one case for each kind of change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devgen import compare
from devgen.comparison.changes import Change

BASE = """\
board: small
machine: {type: pc, ram: 2 MiB, cpus: 2, pci: true}
guest: {kernel: vmlinux, initrd: disk.img, cmdline: quiet}
devices:
  uart: {device: serial16550, at: {registers: 0x3f8}, irq: {intr: 4}, streams: {rx: stdio}}
  pic: {device: chip, at: {master: 0x20, slave: 0xa0}, inputs: {ir1: or}}
  timer: {device: clock, at: {ports: 0x40}, wires: {out: pic.ir0}, properties: {rate: 100}}
  one: {device: clock, at: {ports: 0x50}, wires: {out: pic.ir1}}
  two: {device: clock, at: {ports: 0x60}, wires: {out: pic.ir1}}
  disk: {device: nvme, slot: 3, media: {data: disk.raw}, on_event: {FAULT: log}}
"""

# The old text, the new text, and the changes.
CASES: list[tuple[str, str, set[str]]] = [
    ("# nothing", "# nothing", set()),
    ("board: small", "board: large", {"compatible board: renamed: small -> large"}),
    ("uart: {device: serial16550, at: {registers: 0x3f8}", "uart: {device: serial16550, at: {registers: 0x2f8}",
     {"breaking region uart.registers: moved: 0x3f8 -> 0x2f8"}),
    ("slave: 0xa0", "slave: 0xb0", {"breaking region pic.slave: moved: 0xa0 -> 0xb0"}),
    (", slave: 0xa0", "", {"breaking region pic.slave: removed: 0xa0"}),
    ("slave: 0xa0", "slave: 0xa0, elcr: 0x4d0", {"compatible region pic.elcr: added: 0x4d0"}),
    ("intr: 4", "intr: 3", {"breaking interrupt uart.intr: number changed: 4 -> 3"}),
    ("irq: {intr: 4}, ", "", {"breaking interrupt uart.intr: removed: 4"}),
    ("streams: {rx: stdio}", "streams: {rx: 'file:log'}",
     {"compatible stream uart.rx: backend changed: stdio -> file:log"}),
    ("inputs: {ir1: or}", "inputs: {ir1: and}", {"behaviour input pic.ir1: combination changed: or -> and"}),
    ("out: pic.ir0", "out: pic.ir2", {"breaking wire timer.out: target changed: pic.ir0 -> pic.ir2"}),
    ("wires: {out: pic.ir0}, ", "", {"breaking wire timer.out: removed: pic.ir0"}),
    ("wires: {out: pic.ir0}", "wires: {out: pic.ir0, gate: pic.ir5}", {"behaviour wire timer.gate: added: pic.ir5"}),
    ("rate: 100", "rate: 250", {"behaviour property timer.rate: value changed: 100 -> 250"}),
    ("slot: 3", "slot: 4", {"behaviour device disk: slot changed: 3.0 -> 4.0"}),
    ("data: disk.raw", "data: other.raw", {"behaviour medium disk.data: file changed: disk.raw -> other.raw"}),
    ("FAULT: log", "FAULT: exit", {"behaviour event disk.FAULT: effect changed: log -> exit"}),
    ("device: nvme", "device: virtio-blk", {"breaking device disk: description changed: nvme -> virtio-blk"}),
    ("  disk: {device: nvme", "  store: {device: nvme", {"compatible device disk: renamed: disk -> store"}),
    ("devices:\n", "devices:\n  con: {device: debugcon, at: {ports: 0xe9}}\n",
     {"compatible device con: added: debugcon at 0xe9"}),
    ("  uart:", "  # uart:", {"breaking device uart: removed: serial16550 at 0x3f8"}),
    ("cmdline: quiet", "cmdline: quiet acpi=off",
     {"behaviour guest: command line changed: quiet -> quiet acpi=off"}),
    ("initrd: disk.img, ", "", {"behaviour guest: initrd changed: disk.img -> none"}),
    ("{kernel: vmlinux, initrd: disk.img, cmdline: quiet}", "{image: a.elf}",
     {"behaviour guest: changed: kernel vmlinux -> image a.elf"}),
    ("guest:", "# guest:", {"behaviour guest: removed: kernel vmlinux"}),
    ("cpus: 2", "cpus: 1", {"breaking machine: number of processors reduced: 2 -> 1"}),
    ("cpus: 2", "cpus: 4", {"compatible machine: number of processors raised: 2 -> 4"}),
    ("ram: 2 MiB", "ram: 1 MiB", {"breaking machine: RAM reduced: 2 MiB -> 1 MiB"}),
    ("ram: 2 MiB", "ram: 2 MiB, pit: none", {"breaking machine: interval timer changed: kernel -> none"}),
    ("pci: true", "pci: {ecam: 0xe0000000}", {"compatible machine: configuration space moved: none -> 0xe0000000"}),
    ("ram: 2 MiB", "ram: 2 MiB, on_reset: exit", {"behaviour machine: effect of a reset changed: restart -> exit"}),
]  # fmt: skip


def changes(folder: Path, old: str, new: str) -> tuple[Change, ...]:
    for name, text in (("old", old), ("new", new)):
        (folder / name).mkdir()
        (folder / name / "board.yaml").write_text(text)
    return compare(folder / "old" / "board.yaml", folder / "new" / "board.yaml").changes


@pytest.mark.parametrize(("old", "new", "expected"), CASES, ids=[f"{old} -> {new}" for old, new, _ in CASES])
def test_a_change(old: str, new: str, expected: set[str], tmp_path: Path) -> None:
    found = changes(tmp_path, BASE, BASE.replace(old, new, 1))
    assert {f"{change.impact} {change.message}" for change in found} == expected


def test_a_renamed_device_keeps_its_wires(tmp_path: Path) -> None:
    renamed = BASE.replace("  pic:", "  irqs:").replace("pic.ir", "irqs.ir")
    assert [change.message for change in changes(tmp_path, BASE, renamed)] == ["device pic: renamed: pic -> irqs"]


def test_devices_and_boards_of_a_folder_are_compared(tmp_path: Path) -> None:
    for name, reset, number in (("old", 1, 4), ("new", 2, 5)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "board.yaml").write_text(BASE.replace("intr: 4", f"intr: {number}"))
        register = f"R: {{at: 0, reset: {reset}}}"
        (folder / "lamp.yaml").write_text(
            f"device: lamp\nbus: sysbus\nregions: {{r: {{space: mmio, size: 4, registers: {{{register}}}}}}}\n"
        )
    report = compare(tmp_path / "old", tmp_path / "new")
    assert report.render("text").splitlines() == [
        "breaking    lamp: register R: reset value changed: 0x1 -> 0x2",
        "breaking    small: interrupt uart.intr: number changed: 4 -> 5",
        "1 device and 1 board compared: 2 breaking",
    ]
    device, board = json.loads(report.render("json"))["changes"]
    assert (device["device"], device["kind"]) == ("lamp", "register-reset-value-changed")
    assert (board["board"], board["kind"], "device" in board) == ("small", "board-interrupt-number-changed", False)


def test_a_board_that_is_gone_breaks(tmp_path: Path) -> None:
    for name, boards in (("old", ("a", "b")), ("new", ("a", "c"))):
        (tmp_path / name).mkdir()
        for board in boards:
            (tmp_path / name / f"{board}.yaml").write_text(BASE.replace("board: small", f"board: {board}"))
    found = compare(tmp_path / "old", tmp_path / "new").changes
    assert [(change.impact, change.kind, change.device) for change in found] == [
        ("compatible", "board-added", "c"),
        ("breaking", "board-removed", "b"),
    ]
