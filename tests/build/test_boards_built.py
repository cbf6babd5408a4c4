"""Targets with a template `board.EXT.j2` make a file for each board."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from devgen import BuildError, build_devices

DEVICE = "device: uart\nbus: sysbus\nregions: {r: {space: mmio, size: 16, registers: {R: {at: 0}}}}\ninterrupts: {}\n"
BOARD = """
board: chip-1
title: A chip */ with a <title>
machine: {type: bus}
devices:
  UART0: {device: uart, at: {r: 0x4000_0000}, irq: {tx: 5, rx: 6}}
  UART-1: {device: uart, at: {r: 0x1_4000_0000}, irq: {tx: 7}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    devices = tmp_path / "devices"
    devices.mkdir()
    (devices / "uart.yaml").write_text(DEVICE.replace("interrupts: {}\n", ""))
    (devices / "devgen.chip.board.yaml").write_text(BOARD)
    return tmp_path


def test_a_header_has_base_addresses_and_interrupt_numbers(project: Path) -> None:
    build_devices([project / "devices"], project / "out", target="c-header")
    defined = [line for line in (project / "out" / "chip_1.h").read_text().splitlines() if line.startswith("#define")]
    assert defined == [
        "#define CHIP_1_H_INCLUDED",
        "#define CHIP_1_UART0_BASE 0x40000000U",
        "#define CHIP_1_UART0_TX_IRQ 5",
        "#define CHIP_1_UART0_RX_IRQ 6",
        "#define CHIP_1_UART_1_BASE 0x140000000ULL",
        "#define CHIP_1_UART_1_IRQ 7",
    ]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler")
def test_the_header_compiles(project: Path) -> None:
    build_devices([project / "devices"], project / "out", target="c-header")
    source = project / "use.c"
    source.write_text('#include "chip_1.h"\n#include "uart.h"\nint irq = CHIP_1_UART_1_IRQ + UART_R_OFFSET;\n')
    subprocess.run(["gcc", "-Wall", "-Werror", "-Iout", "-c", "use.c"], cwd=project, check=True)


@pytest.mark.parametrize(("target", "file"), [("html", "index.html"), ("markdown", "README.md")])
def test_pages_show_the_map_and_the_index_names_the_board(project: Path, target: str, file: str) -> None:
    build_devices([project / "devices"], project / "out", target=target)
    name = f"chip_1.{file.rpartition('.')[2]}"
    page = (project / "out" / name).read_text()
    assert all(text in page for text in ("UART0", "0x40000000", "0x140000000"))
    assert "<title>A chip" not in page.replace("<title>chip-1: A chip", "")
    assert name in (project / "out" / file).read_text()


def test_a_second_build_writes_nothing_and_a_changed_board_changes_its_files(project: Path) -> None:
    build_devices([project / "devices"], project / "out", target="markdown")
    assert not build_devices([project / "devices"], project / "out", target="markdown").written
    board = project / "devices" / "devgen.chip.board.yaml"
    board.write_text(BOARD.replace("A chip", "The chip"))
    written = build_devices([project / "devices"], project / "out", target="markdown").written
    assert [path.name for path in written] == ["README.md", "chip_1.md"]
    board.unlink()
    report = build_devices([project / "devices"], project / "out", target="markdown")
    assert [path.name for path in report.removed] == ["chip_1.md"]


def test_a_target_for_devices_only_passes_over_boards(project: Path) -> None:
    report = build_devices([project / "devices"], project / "out")
    assert [path.name for path in report.written] == ["__init__.py", "uart.py"]
    with pytest.raises(BuildError, match="a board is run, not built"):
        build_devices([project / "devices" / "devgen.chip.board.yaml"], project / "out")


def test_a_target_of_the_user_makes_files_of_boards(project: Path) -> None:
    templates = project / "templates" / "map"
    templates.mkdir(parents=True)
    (templates / "board.txt.j2").write_text("{{ header }}\n{{ board.devices[0].address }} {{ board.machine }}\n")
    build_devices([project / "devices"], project / "out", target="map", templates=project / "templates")
    assert (project / "out" / "chip_1.txt").read_text().splitlines()[1] == f"{0x4000_0000} bus"
