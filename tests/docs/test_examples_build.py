"""Every YAML example of the documentation is a description that builds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from markdown import ROOT, Block, all_blocks

from devgen.codegen.build import build

SKELETON = {
    "device:": "device: example\n",
    "bus:": "bus: sysbus\n",
    "regions:": "regions:\n  registers:\n    space: mmio\n    size: 4 KiB\n    registers:\n      R: {at: 0}\n",
}


def completed(example: str) -> str:
    """The example with the parts that it leaves out."""
    lines = example.splitlines()
    return "".join(part for key, part in SKELETON.items() if not any(line.startswith(key) for line in lines)) + example


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=lambda block: block.name)
def test_the_example_builds(block: Block, tmp_path: Path) -> None:
    shutil.copy(ROOT / "devices" / "primecell.yaml", tmp_path)
    device = tmp_path / "example.yaml"
    device.write_text(completed(block.text))
    report = build([device], tmp_path / "out")
    assert [str(diagnostic) for diagnostic in report.diagnostics] == []
    assert list((tmp_path / "out").glob("*.py"))
