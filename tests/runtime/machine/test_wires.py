"""Several lines that drive one input, and wires while a machine is restored."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from device_kit import Kit
from hypothesis import given
from hypothesis import strategies as st

from devgen.api.board_configuration import board_configuration
from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.environment import Environment
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.gsi import Combination, SharedLine
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig


class Heard(Kit):
    """A kit that notes what its inputs hear."""

    NAME = "heard"

    def __init__(self, env: Environment, **properties: Any) -> None:
        super().__init__(env, **properties)
        self.heard: list[tuple[int, int]] = []

    def gate(self, index: int, level: int) -> None:
        self.heard.append((index, level))


def place(name: str, number: int, **more: Any) -> DevicePlacement:
    base = 0xFE000000 + number * 0x10000
    return DevicePlacement(name, "heard", at={"registers": base, "buffer": base + 0x1000}, **more)


def build(*devices: DevicePlacement) -> Machine:
    registry = Registry()
    registry.add(Heard)
    return Machine(MachineConfig(clock="manual", devices=devices), registry)


def board(**inputs: Combination) -> Machine:
    """Lines of ``a`` and of ``b`` drive the first input of ``c``."""
    wires = {"irq[0]": "c.gate[0]"}
    combined = {"gate[0]": inputs["gate"]} if inputs else {}
    return build(place("a", 0, wires=wires), place("b", 1, wires=wires), place("c", 2, inputs=combined))


LEVELS = [(1, 0), (1, 1), (0, 1), (0, 0)]


@pytest.mark.parametrize(
    ("inputs", "heard"),
    [({}, [1, 0]), ({"gate": "or"}, [1, 0]), ({"gate": "and"}, [1, 0])],
)
def test_an_input_hears_the_combination_of_its_lines(inputs: dict[str, Combination], heard: list[int]) -> None:
    with board(**inputs) as machine:
        a, b, c = machine.devices.values()
        assert isinstance(c, Heard)
        seen = []
        for first, second in LEVELS:
            a.irqs["irq[0]"].set(first)
            b.irqs["irq[0]"].set(second)
            seen.append(c.gpio_in["gate[0]"].level)
        assert seen == [(x and y) if inputs == {"gate": "and"} else (x or y) for x, y in LEVELS]
        assert [level for _, level in c.heard] == heard


@given(st.integers(1, 5), st.sampled_from(("or", "and")), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1))))
def test_a_shared_line_is_the_combination_and_tells_changes_only(
    count: int, combination: Combination, drives: list[tuple[int, int]]
) -> None:
    told: list[int] = []
    line = SharedLine(told.append, combination)
    sources = [line.add() for _ in range(count)]
    line.settle()
    levels = [0] * count
    for number, level in drives:
        index = number % count
        levels[index] = level
        sources[index](level)
        assert line.level == int(all(levels) if combination == "and" else any(levels))
    assert all(before != after for before, after in pairwise([0, *told]))


def test_all_lines_count_from_the_start() -> None:
    """`ready` of a kit is high from power-on."""
    wires = {"ready": "c.gate[0]"}
    high = build(place("a", 0, wires=wires), place("b", 1, wires=wires), place("c", 2, inputs={"gate[0]": "and"}))
    mixed = build(
        place("a", 0, wires=wires),
        place("b", 1, wires={"irq[0]": "c.gate[0]"}),
        place("c", 2, inputs={"gate[0]": "and"}),
    )
    with high, mixed:
        for machine, heard in ((high, [(0, 1)]), (mixed, [])):
            c = machine.devices["c"]
            assert isinstance(c, Heard)
            assert c.heard == heard


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"gate[1]": "or"}, "two: input 'gate[1]' combines nothing: no line drives it"),
        ({"gate[0]": "and"}, "two: input 'gate[0]' combines nothing: only one.ready drives it"),
        ({"gate[7]": "and"}, "two: no input 'gate[7]'"),
    ],
)
def test_there_must_be_something_to_combine(inputs: dict[str, Combination], message: str) -> None:
    with pytest.raises(MachineError) as caught:
        build(place("one", 0, wires={"ready": "two.gate[0]"}), place("two", 1, inputs=inputs))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("order", ["source first", "target first"])
def test_no_handler_of_an_input_runs_while_a_machine_is_restored(order: str) -> None:
    devices = [place("a", 0, wires={"irq[0]": "c.gate[0]"}), place("c", 1)]
    if order == "target first":
        devices.reverse()
    with build(*devices) as one, build(*devices) as other:
        one.devices["a"].irqs["irq[0]"].set(1)
        other.load_state(json.loads(json.dumps(one.save_state())))
        c = other.devices["c"]
        assert isinstance(c, Heard)
        assert (c.heard, c.gpio_in["gate[0]"].level) == ([], 1)
        other.devices["a"].irqs["irq[0]"].set(0)
        assert c.heard == [(0, 0)]


def test_a_board_file_says_how(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    (tmp_path / "guest.bin").write_bytes(b"\xf4")
    path.write_text(
        "board: b\nguest: {image: guest.bin, load: 0x7000}\ndevices:\n"
        "  a: {device: pl061, at: {registers: 0xfe000000}, wires: {intr: 'c.input[0]'}}\n"
        "  b: {device: pl061, at: {registers: 0xfe001000}, wires: {intr: 'c.input[0]'}}\n"
        "  c: {device: pl061, at: {registers: 0xfe002000}, inputs: {'input[0]': and}}\n"
    )
    assert board_configuration(path).devices[2].inputs == {"input[0]": "and"}
