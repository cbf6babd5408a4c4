"""Every YAML example of the documentation is a description that builds, or a board whose machine can be made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from markdown_blocks import ROOT, Block, all_blocks

from devgen import Machine, board_configuration, build_devices, project_registry

SKELETON = {
    "device:": "device: example\n",
    "bus:": "bus: sysbus\n",
    "regions:": "regions:\n  registers:\n    space: mmio\n    size: 4 KiB\n    registers:\n      R: {at: 0}\n",
}


def completed(example: str) -> str:
    """The example with the parts that it leaves out."""
    lines = example.splitlines()
    return "".join(part for key, part in SKELETON.items() if not any(line.startswith(key) for line in lines)) + example


EXAMPLES = all_blocks("yaml")
GUEST_FILES = {
    "guest.bin": b"\xf4",
    "vmlinux": b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x3e\x00",  # an ELF header for x86-64
    "Image": bytes(56) + b"ARM\x64",
    "initrd.cpio": b"\xf4",
}
"""The first bytes of the files that boards of the documentation name."""
BOARDS = [block for block in EXAMPLES if block.text.startswith("board:")]


@pytest.mark.parametrize("block", BOARDS, ids=lambda block: block.name)
def test_the_board_can_be_made(block: Block, tmp_path: Path) -> None:
    (tmp_path / "board.yaml").write_text(block.text)
    for name, content in GUEST_FILES.items():
        (tmp_path / name).write_bytes(content)
    with Machine(board_configuration(tmp_path / "board.yaml"), project_registry()) as machine:
        assert len(machine.devices) > 0


@pytest.mark.parametrize("block", [block for block in EXAMPLES if block not in BOARDS], ids=lambda block: block.name)
def test_the_example_builds(block: Block, tmp_path: Path) -> None:
    for fragment in ("primecell.yaml", "virtio-pci.yaml"):
        shutil.copy(ROOT / "devices" / fragment, tmp_path)
    device = tmp_path / "example.yaml"
    device.write_text(completed(block.text))
    report = build_devices([device], tmp_path / "out")
    assert [str(diagnostic) for diagnostic in report.diagnostics] == []
    assert list((tmp_path / "out").glob("*.py"))
