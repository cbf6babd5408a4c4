"""devgen's ``dataclass`` against that of the standard library."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devgen.common.quick_dataclass import dataclass as quick

SOURCE = {
    "fields": "low: int\nhigh: int = 3",
    "no fields": "",
    "hidden field": "low: int\nnote: str = dataclasses.field(default='', repr=False, compare=False)",
    "own repr": "low: int\ndef __repr__(self): return 'mine'",
    "own hash": "low: int\ndef __hash__(self): return 7",
    "own equality": "low: int\ndef __eq__(self, other): return True",
}


def make(decorator: Any, body: str, **options: object) -> Any:
    """Return class ``Made`` with such a body, decorated."""
    names: dict[str, Any] = {"__name__": __name__, "dataclasses": dataclasses}
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    exec(f"class Made:\n    '''A class.'''\n{lines}", names)
    return decorator(slots=True, **options)(names["Made"])


@pytest.mark.parametrize("body", SOURCE.values(), ids=SOURCE)
@pytest.mark.parametrize("frozen", [True, False])
def test_equality_hash_and_repr_are_those_of_the_standard_library(body: str, frozen: bool) -> None:
    def facts(decorator: Any) -> list[object]:
        made = make(decorator, body, frozen=frozen)
        values = [1] * ("low" in body)
        several = [made(*values), made(*values), *([made(2)] if values else [])]
        hashable = made.__hash__ is not None
        return [
            [repr(item) for item in several],
            [[item == other for other in several] for item in several],
            several[0] == 1,
            hashable,
            hashable and hash(several[0]) == hash(several[1]),
        ]

    assert facts(quick) == facts(dataclasses.dataclass)


CHANGE = """
from devgen.common.quick_dataclass import dataclass

@dataclass(slots=True, frozen=True)
class Made:
    low: int

Made(1).low = 2
"""


@pytest.mark.slow
def test_the_type_checker_refuses_a_change_of_a_frozen_object(tmp_path: Path) -> None:
    changed = tmp_path / "change.py"
    changed.write_text(CHANGE)
    command = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", str(tmp_path), str(changed)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert 'Property "low" defined in "Made" is read-only' in told.stdout


def test_without_eq_instances_differ() -> None:
    made = make(quick, SOURCE["fields"], frozen=True, eq=False)
    assert made(1) != made(1)


def test_classes_of_the_same_values_differ() -> None:
    first, second = (make(quick, SOURCE["fields"], frozen=True) for _ in range(2))
    assert first(1) != second(1)


ARGUMENTS: dict[str, tuple[tuple[int, ...], dict[str, int]]] = {
    "none": ((), {}),
    "position": ((1,), {}),
    "positions": ((1, 2), {}),
    "name": ((1,), {"high": 2}),
    "names": ((), {"high": 2, "low": 1}),
    "too many": ((1, 2, 3, 4), {}),
    "unknown": ((1,), {"other": 2}),
    "twice": ((1,), {"low": 2}),
}
BODIES = {
    **SOURCE,
    "factory": "low: int\nhigh: list[int] = dataclasses.field(default_factory=lambda: [7])",
    "no arguments": "low: int = dataclasses.field(init=False, default=4)\nhigh: int = 3",
    "made": "low: list[int] = dataclasses.field(init=False, default_factory=list)\nhigh: int = 3",
    "hook": "low: int\nhigh: int = 3\ndef __post_init__(self): self.high += self.low",
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_constructor_takes_what_that_of_the_standard_library_takes(
    body: str, arguments: tuple[tuple[int, ...], dict[str, int]]
) -> None:
    def made(decorator: Any) -> object:
        try:
            item = make(decorator, body)(*arguments[0], **arguments[1])
        except TypeError:
            return TypeError
        return {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}

    assert made(quick) == made(dataclasses.dataclass)


def test_replace_and_fields_work() -> None:
    item = make(quick, SOURCE["fields"], frozen=True)(1)
    assert repr(dataclasses.replace(item, high=9)) == "Made(low=1, high=9)"
    assert [field.name for field in dataclasses.fields(item)] == ["low", "high"]
