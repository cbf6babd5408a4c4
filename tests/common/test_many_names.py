"""Suggestions among very many names: right, and at a bounded cost."""

from __future__ import annotations

import sys

import pytest

from devgen.common.near_names import nearest_names

MANY = tuple(f"CHANNEL{number}_CONTROL" for number in range(10_000))


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("CHANEL77_CONTROL", ["CHANNEL77_CONTROL"]),
        ("CHANNEL4242_CONTRL", ["CHANNEL4242_CONTROL"]),
        ("channel5_control", ["CHANNEL5_CONTROL"]),
        ("QUITE_ELSEWHERE", []),
    ],
)
def test_the_nearest_of_ten_thousand_names_is_found(name: str, near: list[str]) -> None:
    assert nearest_names(name, MANY) == near


def test_few_of_them_are_compared_character_by_character() -> None:
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        nearest_names("CHANNEL_CONTROL_99", MANY)
    finally:
        sys.setprofile(None)
    assert calls < 20 * len(MANY)
