"""`pytest --devgen-coverage`: what tests have not reached is listed at the lines of the description."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from pytest_runs import run_pytest

import devgen
from devgen.testing.coverage_data import CoverageData, DeviceUse, RegisterUse
from devgen.testing.coverage_plugin import parsed_report
from devgen.testing.coverage_recorder import CoverageRecorder

DEVICE = """\
device: probe
bus: sysbus
include: [parts.yaml]
timers:
  later: {clock: virtual, on_expire: STATUS.DONE = 1}
regions:
  main:
    space: mmio
    size: 4 KiB
    registers:
      CTRL:
        at: 0x00
        fields:
          ENABLE: 0
          MODE: {bits: '2:1', values: {IDLE: 0, RUN: 1}}
        on_write: |
          if CTRL.ENABLE:
            COUNT = 1
          if COUNT == 9:
            COUNT = 2
          elif CTRL.MODE == 1:
            later.arm_in(5)
          if COUNT:
            note()
      COUNT: {at: 0x04}
      STATUS: {at: 0x08, fields: {DONE: {bits: 0, write_effect: woclr}}}
      SUM: {at: 0x0c, access: ro, read: twice(COUNT)}
      SLOT: {at: 0x10, count: 2, stride: 4}
      SPARE: {at: 0x20, intent: reserved}
functions:
  'twice(n: u32)': u32(n * 2)
"""
PARTS = """\
fragment: parts
state:
  seen: {width: 1}
actions:
  note(): seen = 1
"""
TESTS = """\
def test_one(bench):
    dev = bench("probe")
    dev.regs.CTRL.write(ENABLE=1)
    assert dev.regs.STATUS == 0

def test_two(bench):
    bench("probe").regs.SLOT[1] = 5

def test_three(bench):
    bench("probe").regs.CTRL.write(ENABLE=1, MODE="IDLE")
"""
REPORT = """\
probe: registers read 1/5, registers written 2/4, fields 0/3, hooks 2/5, statements 7/12, branches 4/8
  devices/probe.yaml:5:38: on_expire of later never runs
  devices/probe.yaml:11:7: CTRL is never read
  devices/probe.yaml:14:11: CTRL.ENABLE is never written as 0
  devices/probe.yaml:15:11: CTRL.MODE is never RUN
  devices/probe.yaml:17:11: this test is never false
  devices/probe.yaml:19:11: this test is never true
  devices/probe.yaml:20:13: this statement never runs
  devices/probe.yaml:21:11: this test is never true
  devices/probe.yaml:22:13: this statement never runs
  devices/probe.yaml:23:11: this test is never false
  devices/probe.yaml:25:7: COUNT is never read
  devices/probe.yaml:25:7: COUNT is never written
  devices/probe.yaml:26:7: STATUS is never written
  devices/probe.yaml:27:7: SUM is never read
  devices/probe.yaml:27:41: read of SUM never runs
  devices/probe.yaml:28:7: SLOT is never read
  devices/probe.yaml:31:20: function of twice never runs
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("covered")
    (folder / "devices").mkdir()
    (folder / "devices" / "probe.yaml").write_text(DEVICE)
    (folder / "devices" / "parts.yaml").write_text(PARTS)
    (folder / "devices" / "unused.yaml").write_text(
        "device: unused\nbus: sysbus\nregions: {main: {space: mmio, size: 4}}\n"
    )
    (folder / "test_probe.py").write_text(TESTS)
    devgen.build_devices([folder / "devices"], folder / "generated")
    return folder


def section(shown: str) -> str:
    """The report of the devices in pytest's output."""
    text = shown.partition("coverage of devices")[2].partition("\n")[2]
    return re.split(r"^(?:=|\d+ passed)", text, flags=re.M)[0]


def test_what_was_not_reached_is_listed_by_line(project: Path) -> None:
    shown = section(run_pytest(project, "--devgen-coverage", "--devgen-coverage-report=annotated:out", "-q"))
    report, _, rest = shown.partition(f"{project}/devices/unused.yaml: no test uses unused\n")
    assert report == REPORT
    assert rest == "wrote out/devices_parts.yaml.txt\nwrote out/devices_probe.yaml.txt\n"
    text = (project / "out" / "devices_probe.yaml.txt").read_text()
    assert "+             COUNT = 1\n!           if COUNT == 9:\n!     ^ this test is never true\n" in text
    assert "+   note(): seen = 1\n" in (project / "out" / "devices_parts.yaml.txt").read_text()


@pytest.mark.slow
def test_processes_add_up(project: Path) -> None:
    shown = section(run_pytest(project, "--devgen-coverage-report=html:pages", "-q", "-n", "2"))
    assert shown.startswith(REPORT)
    page = (project / "pages" / "devices_probe.yaml.html").read_text()
    assert '<tr class="missed"><td>15</td>' in page
    assert '<div class="note">CTRL.MODE is never RUN</div>' in page


@pytest.mark.parametrize("report", ["out", "pdf:out", "html:"])
def test_a_report_has_a_form_and_a_folder(report: str) -> None:
    with pytest.raises(pytest.UsageError, match=f"annotated:DIR or html:DIR, not '{report}'"):
        parsed_report(report)


def test_counts_of_processes_are_merged() -> None:
    first, second = CoverageData(), CoverageData()
    for data, bits in ((first, 1), (second, 1 << 63)):
        use = data.devices.setdefault("a.py", DeviceUse(lines={bits & 1}, steps={(1, -1)}))
        register = use.registers.setdefault("CTRL", RegisterUse(values={"MODE": {bits}}))
        register.add(True, bits, bits)
    first.merge(json.loads(json.dumps(second.to_plain())))
    use = first.devices["a.py"]
    assert use.lines == {0, 1}
    assert use.registers["CTRL"].written_ones == 1 << 63 | 1
    assert use.registers["CTRL"].values == {"MODE": {1, 1 << 63}}


def test_another_trace_function_stays_and_is_told(tmp_path: Path) -> None:
    recorder = CoverageRecorder(tmp_path)

    def other(frame: object, event: str, argument: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(other)
    try:
        with recorder.counting():
            assert sys.gettrace() is other
    finally:
        sys.settrace(before)
    assert "another trace function is active" in recorder.data.blind
