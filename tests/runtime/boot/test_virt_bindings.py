"""The device trees of boards of type virt, checked against Linux' bindings by dt-validate."""

from __future__ import annotations

import subprocess
from pathlib import Path

import fetch_bindings
import pytest
from virt_boards import BOARDS, blob

from devgen.runtime.boot.device_tree.virt_tree import Chosen

pytestmark = [pytest.mark.bindings, pytest.mark.slow]

WITHOUT_SCHEMA = ["qemu,pvpanic-mmio"]
"""Bindings that Linux 6.1 has as plain text."""


def validated(*trees: Path) -> list[str]:
    """The messages of dt-validate about the trees, one a line."""
    command = fetch_bindings.find()
    assert command is not None
    done = subprocess.run([*command, *map(str, trees)], capture_output=True, text=True, timeout=300, check=True)
    return (done.stdout + done.stderr).splitlines()


def test_the_trees_of_all_boards_follow_the_bindings(tmp_path: Path) -> None:
    trees = [tmp_path / f"{board}.dtb" for board in BOARDS]
    for tree in trees:
        tree.write_bytes(blob(tree.stem, Chosen("console=ttyAMA0", (0x42000000, 0x42000123))))
    found = [line for line in validated(*trees) if not any(repr(name) in line for name in WITHOUT_SCHEMA)]
    assert found == []


def test_a_wrong_tree_is_found(tmp_path: Path) -> None:
    """So that the test above cannot pass because dt-validate checks nothing."""
    tree = tmp_path / "wrong.dtb"
    tree.write_bytes(blob("devices").replace(b"#gpio-cells", b"#gpio-cellz"))
    assert any(
        line.endswith("gpio@9030000 (arm,pl061): '#gpio-cells' is a required property") for line in validated(tree)
    )
