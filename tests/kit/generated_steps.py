"""What a guest and the world do to a card of generated_descriptions.py, drawn at random, and what a bench answers.

Most accesses are aimed at registers; a few reach their parts, neighbours and offsets without a register.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Literal

from generated_descriptions import DONE
from hypothesis import strategies as st

from devgen.hosts.bench import Bench
from devgen.runtime.observe.journal import Output

Place = Literal["ports", "bank", "store"]


@dataclass(frozen=True, slots=True)
class Read:
    """A guest reads."""

    place: Place
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Write:
    """A guest writes."""

    place: Place
    offset: int
    size: int
    value: int


@dataclass(frozen=True, slots=True)
class Advance:
    """The clock moves on by so many ns."""

    ns: int


@dataclass(frozen=True, slots=True)
class Drive:
    """The input gets a level."""

    level: int


@dataclass(frozen=True, slots=True)
class Receive:
    """Bytes come in on the stream."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Take:
    """The host takes so many bytes of the stream from now on, or any number."""

    count: int | None


@dataclass(frozen=True, slots=True)
class Reset:
    """The machine is reset, and its BARs are placed again."""


@dataclass(frozen=True, slots=True)
class Begin:
    """A run of a CPU host begins: the host takes any number of bytes, and tells the device so. It has no number."""


World = Advance | Drive | Receive | Take | Reset
Step = Read | Write | World | Begin
Outcome = list[tuple[Step, int | None, list[Output]]]
"""Each step with the value read, if it is a read, and the outputs (levels, bytes, events with their times) in order."""

Shown = list[tuple[object, ...]]
"""Outputs of a host in order, with marks."""

Aims = dict[Place, tuple[tuple[int, int], ...]]
"""Offset and bytes of registers; one that is named several times is met as often."""

AIMS: Aims = {
    "ports": (
        *((at, 4) for at in (0, 4, 8, 12)),
        *((at, 4) for at in range(0x20, DONE, 4)),
        (0, 4),
        *[(0x20, 4)] * 2,
        *[(0x28, 4)] * 4,
    ),
    "bank": (
        (0x00, 8),
        (0x00, 8),
        (0x00, 8),
        (0x08, 8),
        (0x10, 2),
        (0x14, 1),
        (0x14, 1),
        *[(0x18, 4)] * 3,
        (0x1C, 4),
        (0x1C, 4),
    ),
    "store": ((0x00, 8), (0x10, 4)),
}
"""Those of generated_descriptions.py."""

HARDWARE_AIMS: Aims = {
    "ports": (
        *((at, 4) for at in (0x00, 0x04, 0x08, 0x0C, 0x20, 0x24, 0x28, 0x2C, 0x30, 0x34)),
        *[(0x00, 4)] * 2,
        *[(0x04, 4)] * 2,
        *[(0x0C, 4)] * 2,
        *[(0x2C, 4)] * 5,
        *[(0x30, 4)] * 2,
        *[(at, 2) for at in (0x10, 0x12, 0x14, 0x16, 0x14, 0x16, 0x18, 0x1A, 0x1C, 0x1E)],
    ),
    "bank": (
        *((0x00, 8), (0x08, 8), (0x10, 2), (0x10, 2), (0x14, 1), (0x18, 4), (0x18, 4), (0x1C, 4)),
        *[(unit + at, 2) for unit in (0x20, 0x30) for at in (0, 2, 2, 2, 6, 6, 8, 10, 12, 14)],
        *[(unit + 4, 1) for unit in (0x20, 0x30) for _ in range(3)],
    ),
    "store": ((0x00, 8),),
}
"""Those of generated_hardware.py."""

END: dict[Place, int] = {"ports": DONE, "bank": 0x40, "store": 0x40}
SMALL = {0x24}
"""Offsets in the BAR of ports whose values are small: an alarm at a small count fires soon."""


@st.composite
def accesses(draw: st.DrawFn, aims: Aims) -> Read | Write:
    """An aligned access: nine of ten times to a register, and of these mostly as wide as the register."""
    place = draw(st.sampled_from(tuple[Place, ...](("ports",) * 4 + ("bank",) * 4 + ("store",))))
    offset, size = draw(st.sampled_from(aims[place]))
    how = draw(st.integers(0, 9))
    if how > 6:  # a part of it
        size = draw(st.sampled_from([part for part in (1, 2, 4, 8) if part <= max(size, 2)]))
        offset = (offset + draw(st.integers(0, 3)) * size) & -size
    if how > 8:  # anywhere
        offset = draw(st.integers(0, END[place] // size - 1)) * size
    if place == "ports":
        size = min(size, 4)
        offset = min(offset, DONE - size)
    if draw(st.booleans()):
        return Read(place, offset, size)
    small = place == "ports" and offset in SMALL
    return Write(place, offset, size, draw(st.integers(0, 12) if small else values(size)))


@st.composite
def values(draw: st.DrawFn, size: int) -> int:
    """What is written: as often a telling value as any."""
    if size == 8 or draw(st.booleans()):
        return draw(st.integers(0, (1 << 8 * size) - 1))
    telling = draw(st.sampled_from([0, 1, 2, 5, 0xFF, 0x8001, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x1_0000_0000]))
    return telling & ((1 << 8 * size) - 1)


WORLD: tuple[st.SearchStrategy[World], ...] = (
    *[st.sampled_from([1, 99, 100, 700, 1300, 10_000]).map(Advance)] * 8,
    st.sampled_from([0, 1]).map(Drive),
    st.binary(min_size=1, max_size=4).map(Receive),
    st.sampled_from([0, 1, None]).map(Take),
    st.just(Reset()),
)


@st.composite
def _steps(draw: st.DrawFn, aims: Aims) -> Step:
    """Three accesses of four; of the rest, half are moves of the clock."""
    if draw(st.integers(0, 3)):
        return draw(accesses(aims))
    return draw(WORLD[draw(st.integers(0, len(WORLD) - 1))])


@st.composite
def _step_lists(draw: st.DrawFn, aims: Aims) -> list[Step]:
    """Pieces of which some are repeated: hosts remember accesses that they have met before."""
    piece = st.tuples(st.sampled_from([1, 1, 3]), st.lists(_steps(aims), min_size=4, max_size=12))
    pieces = draw(st.lists(piece, min_size=3, max_size=8))
    return [*[step for times, steps in pieces for step in steps * times][:MOST], *LAST]


MOST = 80
LAST = (Read("ports", 0x20, 4), Advance(1300), Advance(10_000))
"""What is still armed shows."""

STEPS = _step_lists(AIMS)

UNLOCKS = st.lists(st.sampled_from([0, 1, 1]).map(lambda value: Write("ports", 0x2C, 4, value)), max_size=4)
UNIT_CODES = st.tuples(st.sampled_from([0x24, 0x34]), st.sampled_from([[1], [1, 2], [1, 2], [1, 1], [2, 1, 2], [9]]))
UNIT_UNLOCKS = UNIT_CODES.map(lambda code: [Write("bank", code[0], 1, value) for value in code[1]])


@st.composite
def _with_unlocks(draw: st.DrawFn, steps: st.SearchStrategy[list[Step]]) -> list[Step]:
    """Steps with tries of the keys before them and between them, so that what they lock is met open and locked."""
    found: list[Step] = [*draw(UNLOCKS), *draw(steps)]
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(found) - len(LAST)))
        found[at:at] = draw(UNIT_UNLOCKS)
    return found


HARDWARE_STEPS = _with_unlocks(_step_lists(HARDWARE_AIMS))
"""Those of generated_hardware.py."""


def with_a_move_after(steps: list[Step], cut: int | None) -> list[Step]:
    """The steps with a move of the clock where the card is restored: a timer that got lost there shows."""
    return steps if cut is None else [*steps[:cut], Advance(700), *steps[cut:]]


def with_beginnings(steps: list[Step], cut: int | None) -> list[Step]:
    """The steps, and where a host's run begins: there the host takes any number of bytes."""
    rest = steps if cut is None else [*steps[:cut], Begin(), *steps[cut:]]
    return [Begin(), *rest]


def on_the_bench(bench: Bench, steps: list[Step]) -> Outcome:
    """What comes of the steps on a bench: the value that the other hosts are compared with."""
    bench.journal.take()
    return [(step, _bench_step(bench, step), bench.journal.take()) for step in steps]


def _bench_step(bench: Bench, step: Step) -> int | None:
    match step:
        case Read(place, offset, size):
            return bench.read(place, offset, size)
        case Write(place, offset, size, value):
            bench.write(place, offset, value, size)
        case Advance(ns):
            bench.advance(ns)
        case Drive(level):
            bench.drive("button", level)
        case Receive(data):
            bench.receive(data)
        case Take(count):
            bench.take_output(count)
        case Begin():
            bench.take_output(None)
        case Reset():
            bench.reset()
    return None


def marked(outcome: Outcome, marks: Callable[[int], bool]) -> tuple[list[int], Shown]:
    """The values read, and the outputs in order with a mark after each step for which ``marks`` is true."""
    values = [value for _, value, _ in outcome if value is not None]
    shown: Shown = []
    numbers = count()
    for step, _, outputs in outcome:
        shown += [as_shown(output) for output in outputs]
        if not isinstance(step, Begin) and marks(number := next(numbers)):
            shown.append(("MARKED", number))
    return values, shown


def as_shown(output: Output) -> tuple[object, ...]:
    """An output of a host as `marked` has it."""
    if output.name == "MARKED":
        return "MARKED", output.values[0][1]
    return output.kind, output.name, output.value, output.values, output.t
