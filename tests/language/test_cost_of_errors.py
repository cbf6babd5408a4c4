"""A large description with errors costs at most twice what it costs without them, counted in calls."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devgen.language import load_device

LINE = "      R{number}: {{at: {offset:#x}, fields: {{A: 0, B: '7:4'}}}}"
HEAD = "device: big\nbus: sysbus\nregions:\n  registers:\n    space: mmio\n    size: 16 KiB\n    registers:\n"

MISTAKES: dict[str, Callable[[str], str]] = {
    "an unknown key": lambda text: text.replace("at: 0x7d0,", "att: 0x7d0,"),
    "a missing key": lambda text: text.replace("at: 0x7d0,", ""),
    "a bad name": lambda text: text.replace("R500:", "5R00:"),
    "a wrong type": lambda text: text.replace("at: 0x7d0,", "at: {}, "),
    "an overlap": lambda text: text.replace("at: 0x7d0,", "at: 0x7cc,"),
}


def large(registers: int) -> str:
    return HEAD + "\n".join(LINE.format(number=number, offset=number * 4) for number in range(registers)) + "\n"


def calls_of_a_check(path: Path) -> int:
    """Count the calls of functions, Python's and the interpreter's, that a check takes."""
    count = 0

    def counter(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counter)
    try:
        load_device(path)
    finally:
        sys.setprofile(None)
    return count


def check_cost(good_text: str, bad_text: str, folder: Path) -> None:
    good, bad = folder / "good.yaml", folder / "bad.yaml"
    good.write_text(good_text)
    bad.write_text(bad_text)
    assert load_device(good).ok  # imports, and the schemas' compilation
    assert not load_device(bad).ok
    assert calls_of_a_check(bad) <= 2 * calls_of_a_check(good)


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_error_costs_no_more_than_the_rest_of_the_file(mistake: str, tmp_path: Path) -> None:
    check_cost(large(600), MISTAKES[mistake](large(600)), tmp_path)


@pytest.mark.slow
def test_an_error_in_each_register_costs_no_more_either(tmp_path: Path) -> None:
    check_cost(large(2000), large(2000).replace("A: 0", "A: -1"), tmp_path)


@pytest.mark.slow
def test_an_unknown_name_in_each_hook_costs_no_more_either(tmp_path: Path) -> None:
    good = large(1000).replace("{at: ", "{on_write: R1 = value, at: ")
    check_cost(good, good.replace("R1 = value", "R1_CONTROL = value"), tmp_path)


def test_errors_that_were_not_counted_are_told(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(large(400).replace("A: 0", "A: -1"))
    assert load_device(bad).diagnostics[-1].message == "and at least 100 more"
