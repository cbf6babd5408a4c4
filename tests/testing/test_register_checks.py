"""`pytest --devgen-registers`: which checks are made, what they find in a wrong device, what they cannot check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in
from pytest_runs import run_pytest

import devgen
from devgen.hosts.bench import Bench
from devgen.language import load_device
from devgen.testing.check_plan import plan_checks
from devgen.testing.register_checks import CheckFailed, DeviceChecks

CATALOGUE = Path(__file__).resolve().parents[2] / "devices"

DEVICE = """
device: checked
bus: sysbus
properties:
  lines: {type: int, default: 2, width: 8}
state:
  seen: {width: 32}
timers:
  later: {clock: virtual, on_expire: TIMED = 5}
regions:
  main:
    space: mmio
    size: 4 KiB
    registers:
      CTRL:
        at: 0x00
        reset: 0x30
        fields:
          ON: 0
          LEVEL: {bits: '6:4', reset: 3}
          DONE: {bits: 8, access: ro}
          FLAG: {bits: 9, write_effect: woclr}
      ONCE: {at: 0x04, access: rw1}
      PULSE: {at: 0x08, fields: {GO: {bits: 0, singlepulse: true}, KEEP: '15:8'}}
      ID: {at: 0x10, count: 3, stride: 4, constant: [1, 2, 3], access: ro}
      WIDE: {at: 0x20, width: 64}
      KEY: {at: 0x28, access: wo, on_write: seen = value}
      COUNT: {at: 0x30, access: ro, read: seen}
      HOOKED: {at: 0x34, on_write: HOOKED = 1}
      DECIDED: {at: 0x38, write: DECIDED = value}
      TIMED: {at: 0x3c, on_write: later.arm_in(0)}
      LINES: {at: 0x40, access: ro, reset: lines}
      POPPED: {at: 0x44, access: ro, read_effect: rclr, reset: 5}
      LATER: {at: 0x48, intent: unimplemented}
      FIRST: {at: 0x4c, access: ro, constant: 1}
      SECOND: {at: 0x4c, access: wo, on_write: seen = value}
      STARTED: {at: 0x50}
      LOCKED: {at: 0x54, write_enable: CTRL.ON}
      PART: {at: 0x58, fields: {A: {bits: 7:0, write_enable: CTRL.ON}, B: 15:8}}
      LIMITED: {at: 0x5c, write_constraint: 0..9}
  swapped:
    space: mmio
    size: 256
    access: {endian: big}
    registers: {BIG: {at: 0, reset: 0x01020304}}
  exact:
    space: mmio
    size: 256
    decode: exact
    registers: {WORD: {at: 0, reset: 0x01020304}, BYTES: {at: 4, sizes: 1..2, reset: 0x01020304}}
on_reset: STARTED = 1
"""

OBSTACLES = {
    "COUNT reset": "`read` computes its value",
    "HOOKED write": "`on_write` changes it",
    "DECIDED write": "`write` decides what a write does",
    "TIMED write": "a write arms the timer later, which changes it",
    "LINES reset": "its reset value depends on a property",
    "POPPED sizes": "a read has effects",
    "LATER reset": "it is unimplemented",
    "LATER read-only": "it is unimplemented",
    "LATER sizes": "it is unimplemented",
    "FIRST read-only": "SECOND has the same bytes",
    "FIRST sizes": "SECOND has the same bytes",
    "SECOND reset": "nothing shows what it stores",
    "SECOND write": "nothing shows what is written",
    "KEY reset": "nothing shows what it stores",
    "KEY write": "nothing shows what is written",
    "STARTED reset": "`on_reset` changes it",
    "LOCKED write": "`write_enable`: a lock decides whether it takes a write",
    "PART write": "`write_enable`: a lock decides whether it takes a write",
    "LIMITED write": "`write_constraint`: it does not take every value",
    "BYTES reset": "accesses of its `sizes` do not reach all of it",
    "BYTES write": "accesses of its `sizes` do not reach all of it",
}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return described_in(DEVICE, tmp_path_factory.mktemp("checked"))


def failures(described: Any, device_class: type[Any]) -> dict[str, str]:
    """The checks that fail: name and message."""
    found = {}
    with Bench(device_class, log=lambda line: None) as bench:
        checks = DeviceChecks(bench)
        for check in plan_checks(described):
            if not check.obstacle:
                try:
                    checks.run(check)
                except CheckFailed as error:
                    found[check.name] = str(error)
    return found


def test_a_device_does_what_its_description_says(described: Any) -> None:
    assert failures(described, class_of(described)) == {}


def test_what_stands_in_the_way_is_said(described: Any) -> None:
    assert {check.name: check.obstacle for check in plan_checks(described) if check.obstacle} == OBSTACLES


def broken(described: Any, **methods: Callable[..., Any]) -> type[Any]:
    """The device's class with other methods."""
    return type("Broken", (class_of(described),), methods)


def start_at(attribute: str, value: int) -> Callable[..., None]:
    def start(self: Any, env: Any, /, **properties: Any) -> None:
        super(type(self), self).__init__(env, **properties)
        setattr(self, attribute, value)

    return start


WRONG: dict[str, tuple[dict[str, Callable[..., Any]], str, str]] = {
    "reset": ({"__init__": start_at("CTRL", 0x31)}, "CTRL reset", r"expected 0x30 (ON=0, LEVEL=3"),
    "mask": (
        {"write_CTRL": lambda self, value, mask=0xFFFFFFFF: setattr(self, "CTRL", value & 0x31)},
        "CTRL write",
        "after a write of 0xffffffff: expected 0x71 (ON=1, LEVEL=7, DONE=0, FLAG=0)",
    ),
    "read-only": (
        {"write_CTRL": lambda self, value, mask=0xFFFFFFFF: setattr(self, "CTRL", value & mask)},
        "CTRL read-only",
        "in read-only bits, after a write of 0xffffffff: expected 0x0",
    ),
    "element": ({"read_ID": lambda self, index: (1, 2, 4)[index]}, "ID reset", "ID[2] (main+0x18, at 0xfe000018)"),
    "once": (
        {"write_ONCE": lambda self, value, mask=0: setattr(self, "ONCE", value)},
        "ONCE write",
        "after a write of",
    ),
    "lanes": (
        {"write_WIDE": lambda self, value, mask=(1 << 64) - 1: setattr(self, "WIDE", value)},
        "WIDE write",
        "after a write of 1 bytes, ",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_device_is_found(described: Any, fault: str) -> None:
    methods, name, message = WRONG[fault]
    found = failures(described, broken(described, **methods))
    assert name in found
    assert message in found[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sp804", "edu", "pci-idio-16", "mc146818rtc", "virtio-console-pci", "serial16550"])
def test_the_catalogue_passes(name: str) -> None:
    device = load_device(CATALOGUE / f"{name}.yaml").device
    assert device is not None
    assert failures(device, type(devgen.Bench(name).dut)) == {}


def test_checks_are_items_named_by_register(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "checked.yaml").write_text(DEVICE)
    (tmp_path / "devices" / "broken.yaml").write_text("device: broken\nbus: nothing\n")
    with pytest.raises(devgen.FailedBuild):
        devgen.build_devices([tmp_path / "devices"], tmp_path / "generated")
    shown = run_pytest(tmp_path, "--devgen-registers", "-v")
    assert "devices/checked.yaml::CTRL reset PASSED" in shown
    assert "devices/broken.yaml::description FAILED" in shown
    assert "devices/broken.yaml:2:6: error" in shown
    assert "devices/checked.yaml: `on_write` changes it: HOOKED write" in shown
    assert f"1 failed, {len(plan_checks(described_in(DEVICE, tmp_path))) - len(OBSTACLES)} passed" in shown


@pytest.mark.slow
def test_checks_of_a_device_that_is_not_built_say_so(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "checked.yaml").write_text(DEVICE)
    assert "run `devgen build`" in run_pytest(tmp_path, "--devgen-registers", "-k", "CTRL and reset")
