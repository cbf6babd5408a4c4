"""What a failed assertion about registers shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_runs import run_pytest

from devgen.hosts.bench import Bench
from devgen.testing.failure_text import compared


@pytest.fixture
def regs() -> Iterator[Any]:
    with Bench("sp804") as timer:
        yield timer.regs


EXPLAINED: dict[str, tuple[Callable[[Any], tuple[str, object, object]], list[str]]] = {
    "value": (
        lambda control: ("==", control.read(), 0x24),
        [
            "T[0].CTRL: expected 0x24 (*PRESCALE=DIV16*), read 0x20 (*PRESCALE=DIV1*)",
            "PRESCALE differs; T[0].CTRL is *",
        ],
    ),
    "swapped": (lambda control: ("==", 0x24, control.read()), ["T[0].CTRL: expected 0x24 *, read 0x20 *", "*"]),
    "other operator": (lambda control: (">", control.read(), 0x30), ["*: expected a value > 0x30, read 0x20*", "*"]),
    "swapped operator": (lambda control: ("<", 0x30, control.read()), ["*: expected a value > 0x30, read 0x20*", "*"]),
    "field": (
        lambda control: ("==", control.PRESCALE, 1),
        ["T[0].CTRL.PRESCALE: expected 1 (DIV16), read 0 (DIV1)", "T[0].CTRL is 0x20 (*) (*, at 0xfe000008)"],
    ),
    "label": (lambda control: ("==", control.PRESCALE, "DIV16"), ["*: expected 1 (DIV16), read 0 (DIV1)", "*"]),
}


def matches(lines: list[str], wanted: list[str]) -> bool:
    patterns = [re.escape(line).replace(r"\*", ".*") for line in wanted]
    return len(lines) == len(patterns) and all(map(re.fullmatch, patterns, lines))


@pytest.mark.parametrize("name", EXPLAINED)
def test_a_comparison_is_explained_in_fields(regs: Any, name: str) -> None:
    make, wanted = EXPLAINED[name]
    lines = compared(*make(regs.T[0].CTRL))
    assert lines is not None
    assert matches(lines, wanted), lines


def test_a_compared_register_shows_what_the_comparison_read(regs: Any) -> None:
    control = regs.T[0].CTRL
    assert control == 0x20
    lines = compared("==", control, 0x24)
    assert lines is not None and lines[0].startswith("T[0].CTRL: expected 0x24")


def test_other_comparisons_are_left_to_pytest() -> None:
    assert compared("==", 1, 2) is None
    assert compared("==", "a", "b") is None


FAILING = """
def test_value(bench):
    dev = bench("pl031")
    dev.regs.IMSC.ALARM = 1
    assert dev.regs.IMSC == 0

def test_name(bench):
    bench("pl031").regs.IMSK.read()

def test_device(bench):
    bench("pl03l")
"""


def test_a_failure_ends_at_the_line_of_the_test(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING)
    shown = run_pytest(tmp_path)
    assert "IMSC: expected 0x0 (ALARM=0), read 0x1 (ALARM=1)" in shown
    assert "no register 'IMSK' (did you mean 'IMSC'?)" in shown
    assert "unknown device 'pl03l' (did you mean 'pl031'?)" in shown
    assert re.findall(r"^(\S+):\d+: \w+$", shown, re.MULTILINE) == ["test_failing.py"] * 3
    assert "3 failed" in shown
