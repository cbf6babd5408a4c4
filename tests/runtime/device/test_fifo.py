"""FIFOs: order, their ends, slots behind the newest entry, snapshots."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devgen.runtime.base.faults import StateError
from devgen.runtime.device.fifo import Fifo


def filled(*values: int) -> Fifo:
    fifo = Fifo(3, 8)
    for value in values:
        fifo.push(value)
    return fifo


def test_entries_come_out_in_the_order_they_went_in() -> None:
    fifo = filled(1, 2)
    fifo.pop()
    fifo.push(3)
    fifo.push(4)
    assert [fifo[n] for n in range(3)] == [2, 3, 4]
    assert (fifo.count, fifo.empty, fifo.full) == (3, False, True)


def test_what_is_pushed_on_a_full_fifo_is_lost() -> None:
    fifo = filled(1, 2, 3, 4)
    assert [fifo[n] for n in range(3)] == [1, 2, 3]


def test_an_empty_fifo_shows_what_its_slot_held_and_pop_does_nothing() -> None:
    fifo = filled(1, 2)
    for _ in range(3):
        fifo.pop()
    assert (fifo.empty, fifo.count, fifo[0], fifo[2]) == (True, 0, 0, 2)


def test_clear_begins_at_the_first_slot_and_reset_forgets() -> None:
    fifo = filled(1, 2)
    fifo.pop()
    fifo.clear()
    assert (fifo.count, fifo[0]) == (0, 1)
    fifo.reset()
    assert (fifo.count, fifo[0]) == (0, 0)


@given(st.lists(st.integers(0, 255) | st.sampled_from((-1, -2))))
def test_it_is_a_bounded_queue(steps: list[int]) -> None:
    fifo, model = Fifo(3, 8), deque[int]()
    for step in steps:
        if step == -1:
            fifo.pop()
            if model:
                model.popleft()
        elif step == -2:
            fifo.clear()
            model.clear()
        else:
            fifo.push(step)
            if len(model) < 3:
                model.append(step)
    assert [fifo[n] for n in range(fifo.count)] == list(model)


def test_a_snapshot_holds_all_slots() -> None:
    fifo, other = filled(1, 2, 3), Fifo(3, 8)
    fifo.pop()
    other.restore(*other.check_state(fifo.save(), "rx"))
    assert [other[n] for n in range(3)] == [2, 3, 1]
    assert other.save() == fifo.save() == {"head": 1, "count": 2, "slots": [1, 2, 3]}


@pytest.mark.parametrize(
    "data",
    [
        None,
        7,
        {"head": 0, "count": 0},
        {"head": 3, "count": 0, "slots": [0, 0, 0]},
        {"head": 0, "count": 4, "slots": [0, 0, 0]},
        {"head": 0, "count": -1, "slots": [0, 0, 0]},
        {"head": 0, "count": 0, "slots": [0, 0]},
        {"head": 0, "count": 0, "slots": [0, 0, 256]},
    ],
)
def test_hostile_state_is_refused(data: object) -> None:
    with pytest.raises(StateError, match="rx"):
        Fifo(3, 8).check_state(data, "rx")  # type: ignore[arg-type]
