"""The target python-stubs: mypy finds wrong names, labels and types in a user's test, and accepts a right one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from devgen.build.builder import build

DEVICE = """
device: my-timer
title: A timer
bus: sysbus
regions:
  main:
    size: 4 KiB
    space: mmio
    registers:
      CTRL: {at: 0, title: 'Control "it"', fields: {ENABLE: 0, MODE: {bits: '2:1', values: {IDLE: 0, RUN: 1}}}}
      COUNT: {at: 4}
      ID: {at: 0x10, count: 4, stride: 4, access: ro, constant: 1}
      class: {at: 0x20, fields: {def: 0, self: 1, value: 2, read: 3, int: 4}}
      only: {at: 0x24, fields: {class: 0}}
      LONG:
        at: 0x28
        fields:
          A: {bits: '7:0', values: {aaaaaaaaaaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbbbbbb: 2, cccccccccccccccccccc: 3}}
      CHANNEL: {at: 0x80, count: 2, stride: 16, registers: {RING: {at: 0, fields: {SIZE: '3:0'}}, HEAD: {at: 4}}}
      CORE: {at: 0xc0, registers: {REV: {at: 0}, in: {at: 4}}}
      in: {at: 0xd0, registers: {def: {at: 0}}}
"""

TEST = """
from __future__ import annotations

from typing import TYPE_CHECKING

import devgen
from generated.my_timer import MyTimer

if TYPE_CHECKING:
    from generated.my_timer import MyTimerRegisters


def setup(dev: devgen.Bench[MyTimerRegisters]) -> None:
    dev.regs.CTRL.write(ENABLE=1, MODE="RUN")
    dev.regs.CTRL.write(ENABEL=1)  # E: Unexpected keyword argument "ENABEL"


def test_right(bench: devgen.BenchMaker) -> None:
    dev = bench(MyTimer, rtc=5)
    setup(dev)
    dev.regs.CTRL = 5
    dev.regs.CTRL.ENABLE = 1
    dev.regs.CTRL.MODE = "RUN"
    assert dev.regs.CTRL.MODE == "RUN"
    dev.advance("1 s")
    assert dev.regs.CTRL.MODE == "IDLE"
    assert dev.regs.CTRL.MODE == 1
    assert dev.regs.CTRL.read().MODE.label == "RUN"
    with dev.regs.CTRL as ctrl:
        ctrl.ENABLE = ctrl.ENABLE ^ 1
    dev.regs.CTRL |= 4
    assert dev.regs.CTRL == 1
    assert dev.regs.COUNT.peek() + 1 == 3
    dev.regs.COUNT.poke(7)
    dev.regs.CTRL.poke(MODE="RUN")
    dev.regs.CHANNEL[1].RING.SIZE = 3
    dev.regs.CHANNEL[1].HEAD = 3
    dev.regs.ID[2].read().bit_length()
    dev.regs.CORE.REV.read()
    dev.regs["class"]["def"] = 1
    dev.regs.LONG.A = "bbbbbbbbbbbbbbbbbbbbbbbb"
    dev.dut.irqs.clear()


def test_wrong(bench: devgen.BenchMaker) -> None:
    dev = bench(MyTimer)
    dev.regs.CTLR = 5  # E: no attribute "CTLR"
    dev.regs.CTRL.ENABEL = 1  # E: no attribute "ENABEL"
    dev.regs.CTRL.MODE = "RUNN"  # E: Incompatible types in assignment
    dev.regs.CTRL.ENABLE = "RUN"  # E: Incompatible types in assignment
    dev.regs.CTRL = "5"  # E: Incompatible types in assignment
    assert dev.regs.CTRL.MODE == "RUNN"  # E: this is no label of the field
    assert dev.regs.CTRL.MODE != "RUNN"  # E: this is no label of the field
    assert dev.regs.CTRL.read().MODES == 1  # E: no attribute "MODES"
    dev.regs.CTRL.poke(MODE="RUNN")  # E: incompatible type
    dev.regs.CHANNEL[0].RIGN.read()  # E: no attribute "RIGN"
    dev.regs.CHANNEL.RING.read()  # E: no attribute "RING"
    with dev.regs.CTRL as ctrl:
        ctrl.ENABEL = 1  # E: no attribute "ENABEL"
    with devgen.Bench(MyTimer) as other:
        other.regs.COUNTS.read()  # E: no attribute "COUNTS"


def test_by_name(bench: devgen.BenchMaker) -> None:
    dev = bench("my-timer")
    dev.regs.CTRL.ENABLE = 1
    with devgen.Bench("my-timer", ram=4096) as other:
        other.regs.ANY = 1
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stubs")
    (folder / "my-timer.yaml").write_text(DEVICE)
    for target, out in (("python", "generated"), ("python-stubs", "typings/generated")):
        assert build([folder / "my-timer.yaml"], folder / out, target=target).ok
    (folder / "test_timer.py").write_text(TEST)
    return folder


def run(folder: Path, *command: str) -> str:
    arguments = [sys.executable, "-m", *command]
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=300, check=False).stdout


@pytest.mark.slow
def test_mypy_finds_wrong_names_and_labels_and_nothing_else(project: Path) -> None:
    (project / "mypy.ini").write_text("[mypy]\nstrict = true\nmypy_path = typings\nenable_error_code = deprecated\n")
    shown = run(project, "mypy", "test_timer.py", "typings/generated/my_timer.pyi")
    found = {int(line): text for line, text in re.findall(r"^test_timer\.py:(\d+): error: (.*)$", shown, re.M)}
    wanted = {number: line.split("# E: ")[1] for number, line in enumerate(TEST.splitlines(), 1) if "# E: " in line}
    assert found.keys() == wanted.keys(), shown
    assert all(text in found[number] for number, text in wanted.items()), shown
    assert "my_timer.pyi" not in shown


def test_a_stub_is_formatted_and_passes_the_linter(project: Path) -> None:
    options = ("--isolated", "--line-length", "120", "--no-cache", "typings")
    assert "2 files already formatted" in run(project, "ruff", "format", "--check", *options)
    assert "All checks passed" in run(
        project, "ruff", "check", "--select", "E,F,I,PYI,UP", "--ignore", "PYI021", *options
    )


def test_a_stub_shows_title_place_and_access(project: Path) -> None:
    text = (project / "typings/generated/my_timer.pyi").read_text()
    assert '    """Control "it". main+0x0, 32 bits, read and write."""\n' in text
    assert '    """Bits 2:1."""\n' in text
