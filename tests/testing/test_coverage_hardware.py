"""`pytest --devgen-coverage` counts what hardware does to fields, locks and key sequences."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_runs import run_pytest

import devgen

DEVICE = """\
device: hw
bus: sysbus
gpio_in: {a: {}, b: {}}
keys:
  k: {register: KEYR, values: [0x11, 0x22], wrong: lock, closed_by: [OPEN]}
regions:
  main:
    space: mmio
    size: 4 KiB
    write_enable: not LOCK[0]
    registers:
      LOCK: {at: 0x00, write_enable: true}
      KEYR: {at: 0x04, access: wo, write_enable: true}
      OPEN: {at: 0x08, write_enable: k}
      TRIM: {at: 0x0c, fields: {FINE: 7:0, COARSE: {bits: '15:8', write_enable: b}}}
      S:
        at: 0x10
        access: ro
        fields:
          LEVEL: {bits: 0, intr: a}
          RISE: {bits: 1, intr: {posedge: a}}
          BOTH: {bits: '3:2', intr: {bothedge: a + b}}
          NEXT: {bits: 4, next: a}
          KEPT: {bits: 5, next: a, we: b}
          SET: {bits: 6, hwset: b}
          CLR: {bits: 7, hwclr: b}
          UP: {bits: '15:8', counter: {incr: a, decr: b, incrvalue: 2}}
interrupts:
  irq: {level: S.intr}
"""
FINDINGS = """\
5: key k is never locked again
5: key k is never opened
10: TRIM is never written while its lock is closed
14: OPEN is never written while its lock is closed
14: OPEN is never written while its lock is open
15: TRIM.COARSE is never written while its lock is open
20: intr of S.LEVEL is never 1
21: posedge of S.RISE never sets it
24: next of S.KEPT is never taken
24: we of S.KEPT is never 1
25: hwset of S.SET is never 1
26: hwclr of S.CLR is never 1
27: decr of S.UP never counts
27: incr of S.UP never counts
"""
ALL = """\
    for line in ("a", "b"):
        dev.drive(line, 1)
        dev.drive(line, 0)
    dev.regs.TRIM = 0xffff
    dev.regs.OPEN = 1
    dev.regs.KEYR = 0x11
    dev.regs.KEYR = 0x22
    dev.regs.OPEN = 1
    dev.drive("b", 1)
    dev.regs.TRIM = 0xffff
    dev.regs.LOCK = 1
    dev.regs.TRIM = 1
"""
FEW = "    dev.regs.TRIM = 0xffff\n"


def report(folder: Path, body: str) -> str:
    """The report after a test of the device ``dev`` with this body."""
    (folder / "devices").mkdir()
    (folder / "devices" / "hw.yaml").write_text(DEVICE)
    devgen.build_devices([folder / "devices"], folder / "generated")
    (folder / "test_hw.py").write_text(f"def test_hw(bench):\n    dev = bench('hw')\n{body}")
    shown = run_pytest(folder, "--devgen-coverage")
    assert "1 passed" in shown
    return shown


def test_each_condition_that_no_test_met_is_told_at_its_place(tmp_path: Path) -> None:
    found = re.findall(r"hw\.yaml:(\d+):\d+: (.* (?:lock|locked|opened|sets|counts|of S)\b.*)", report(tmp_path, FEW))
    assert "".join(f"{line}: {text}\n" for line, text in sorted(found, key=lambda each: (int(each[0]), each[1]))) == (
        FINDINGS
    )


def test_conditions_that_tests_met_are_counted(tmp_path: Path) -> None:
    shown = report(tmp_path, ALL)
    assert re.search(r"hardware (\d+)/\1\b", shown), shown
