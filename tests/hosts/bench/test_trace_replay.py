"""Replays of traces made for the purpose: every op, every way to diverge, every way not to be a trace."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from device_kit import Card, Kit
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.hosts.bench.replay import replay_file
from devgen.hosts.bench.replay_comparison import ReplayResult
from devgen.runtime.base.faults import TraceError
from devgen.runtime.machine.device_registry import Registry

Op = dict[str, Any]
IRQ0 = {"0": "first", "1": "second"}
KIT: Op = {"op": "header", "device": "kit", "irq_lines": IRQ0, "gpio_in_lines": {"0": "", "1": ""}}
CARD: Op = {
    "op": "header",
    "device": "card",
    "irq_lines": {"0": "INTA#"},
    "pci": {"command": 7, "bars": {"0": {"region": "mmio", "address": 0xE2000000}}},
}
END: Op = {"op": "end"}


def registry() -> Registry:
    made = Registry(bundled=False, installed=False)
    made.add(Kit)
    made.add(Card)
    return made


def run(*ops: Op, header: Op = KIT, end: Op = END, **options: int) -> ReplayResult:
    text = "".join(json.dumps(op) + "\n" for op in (header, *ops, end))
    return replay_file(BytesIO(text.encode()), "t", registry(), **options)


def access(op: str, offset: int, value: int, size: int = 4, space: str = "registers", **more: Any) -> Op:
    return {"op": op, "space": space, "offset": offset, "size": size, "value": value, **more}


def step(ns: int, t: int) -> Op:
    return {"op": "clock_step", "ns": ns, "t": t}


def irq(line: int, level: int, t: int) -> Op:
    return {"op": "irq", "line": line, "level": level, "t": t}


def fired(index: int, t: int) -> Op:
    return {"op": "event", "name": "FIRED", "data": {"index": index, "action": "none"}, "t": t}


FIRES = [
    access("write", 0x24, 100),
    step(105, 105),
    irq(1, 1, 100),
    fired(1, 100),
    irq(1, 0, 100),
]


@pytest.mark.parametrize("every", [0, 1, 2])
def test_every_op(every: int) -> None:
    ops = [
        {"op": "note", "text": "hello"},
        access("write", 8, 0x1000, 8),
        {"op": "mem_write", "addr": 0x1000, "data": "01020304"},
        access("read", 0x10, 0x04030201),
        access("write", 0x10, 0xFF),
        {"op": "mem_read", "addr": 0x1000, "size": 4, "data": "ff000000"},
        {"op": "gpio_in", "line": 1, "level": 1},
        irq(1, 1, 0),
        {"op": "gpio_in", "line": 1, "level": 0},
        irq(1, 0, 0),
        {"op": "rx", "data": "6162"},
        {"op": "tx", "data": "4142", "t": 0},
        {"op": "break"},
        fired(9, 0),
        {"op": "probe", "what": "ready", "value": 1},
        access("write", 0, 2, settle=True),
        {"op": "probe", "what": "ready", "value": 0},
        {"op": "reset"},
        access("read", 0, 0, space="mmio"),
        *FIRES,
        step(10, 115),
        irq(1, 1, 110),
        irq(1, 0, 110),
        fired(1, 110),
    ]
    result = run(*ops, end={"op": "end", "clock_ns": 115}, snapshot_every=every)
    assert result.passed, str(result.divergence)
    assert result.ops == 18


DIVERGENCES: list[tuple[list[Op], int, str, str]] = [
    ([access("read", 0, 5)], 2, "0x5", "0x0"),
    ([*FIRES[:2], *FIRES[3:]], 5, "irq 1 to 0 at 100", "irq 1 to 1 at 100"),
    (FIRES[:2], 3, "no irq", "irq 1 to 1 at 100"),
    ([*FIRES[:2], irq(1, 1, 99), *FIRES[3:]], 4, "irq 1 to 1 at 99", "irq 1 to 1 at 100"),
    ([*FIRES[:3], FIRES[4]], 3, "no event", "event FIRED {'index': 1} at 100"),
    ([*FIRES[:3], fired(0, 100), FIRES[4]], 5, "event FIRED {'index': 0, 'action': 'none'} at 100", "event FIRED"),
    ([{"op": "rx", "data": "61"}, {"op": "tx", "data": "42", "t": 0}], 3, "tx byte 0x42", "tx byte 0x41"),
    ([{"op": "probe", "what": "ready", "value": 0}], 2, "0", "1"),
    ([{"op": "mem_read", "addr": 0, "data": "0001"}], 2, "01 at byte 1", "00"),
    ([irq(0, 1, 0)], 2, "irq 0 to 1 at 0", "no irq"),
]


@pytest.mark.parametrize(("ops", "line", "expected", "found"), DIVERGENCES)
def test_a_divergence_names_its_place(ops: list[Op], line: int, expected: str, found: str) -> None:
    divergence = run(*ops).divergence
    assert divergence is not None
    assert divergence.line == line
    assert expected in divergence.expected
    assert found in divergence.found


def test_levels_at_the_start_and_the_clock_at_the_end_are_compared() -> None:
    assert not run(header={**KIT, "initial_irq": {"0": 1}}).passed
    assert not run(end={"op": "end", "clock_ns": 5}).passed


def test_lines_that_the_header_does_not_name_are_not_compared() -> None:
    assert run(*FIRES[:2], FIRES[3], header={**KIT, "irq_lines": {"0": ""}}).passed


def test_properties_of_the_header() -> None:
    header = {**KIT, "properties": {"channels": 3, "unknown-one": 5, "rtc_base_epoch": 9}}
    assert run({"op": "probe", "what": "irq[2]", "value": 0}, header=header).passed
    with pytest.raises(TraceError, match="t:1: kit: property 'channels' is 77"):
        run(header={**KIT, "properties": {"channels": 77}})


def test_pci_devices_are_mapped_where_the_header_says() -> None:
    ops = [
        access("write", 4, 1, space="mmio"),
        irq(0, 1, 0),
        access("read", 0x10, 0xE2000000, space="cfg"),
        access("read", 4, 0x080007 | 0x8 << 16, space="cfg"),
        {"op": "reset"},
        access("read", 4, 1, space="mmio"),
        access("read", 4, 1, space="pio"),
    ]
    result = run(*ops, header=CARD, snapshot_every=1)
    assert result.passed, str(result.divergence)


def test_a_bar_that_is_turned_off_reads_ones_at_its_place() -> None:
    off = access("write", 4, 0, 2, space="cfg")
    result = run(off, access("read", 0, 0xFFFFFFFF, space="mmio"), header=CARD)
    assert result.passed, str(result.divergence)
    with pytest.raises(TraceError, match="t:3: BAR 1 of card is not decoded"):
        run(off, access("read", 0, 0, space="ports"), header=CARD)


def test_a_device_without_configuration_space_says_so() -> None:
    with pytest.raises(TraceError, match="t:2: kit has no region 'cfg'"):
        run(access("read", 0, 0, space="cfg"))


MALFORMED: list[tuple[bytes, str]] = [
    (b"", "t:1: the file is empty"),
    (b"{", "t:1: not a line of JSON"),
    (b"[" * 100_000, "t:1: not a line of JSON"),
    (b"[]\n", "t:1: not an object with an 'op'"),
    (b'{"op": "read"}\n', "t:1: the first line, and no other, must be the header"),
    (b'{"op": "header"}\n', "t:1: 'header' needs a string 'device'"),
    (b'{"op": "header", "device": "kitt"}\n', "t:1: unknown device 'kitt' (did you mean 'kit'?)"),
    (b'{"op": "header", "device": "kit", "clock_ns": -1}\n', "'clock_ns' is -1"),
    (b'{"op": "header", "device": "kit", "ram": 1e9}\n', "needs an integer 'ram'"),
    (b'{"op": "header", "device": "kit", "state": {}}\n', "this is the state of 'None'"),
    (b'{"op": "header", "device": "kit", "properties": 5}\n', "'properties' must be an object"),
    (b"x" * ((1 << 20) + 2), "a line of more than 1048576 bytes"),
    (b"\xff\xfe\n", "not a line of JSON"),
]


@pytest.mark.parametrize(("raw", "message"), MALFORMED, ids=[message[:40] for _, message in MALFORMED])
def test_what_is_no_trace(raw: bytes, message: str) -> None:
    with pytest.raises(TraceError) as caught:
        replay_file(BytesIO(raw), "t", registry())
    assert message in str(caught.value)


BAD_OPS: list[tuple[Op, str]] = [
    ({"op": "peek"}, "unknown op 'peek'"),
    ({"op": "header", "device": "kit"}, "the first line, and no other, must be the header"),
    ({"op": "read", "space": "mmio", "offset": 0, "size": 9, "value": 0}, "'size' is 9"),
    ({"op": "read", "space": "mmio", "offset": -1, "size": 4, "value": 0}, "'offset' is -1"),
    ({"op": "read", "space": "mmio", "offset": 0, "size": 4, "value": "0"}, "needs an integer 'value'"),
    ({"op": "read", "space": "nowhere", "offset": 0, "size": 4, "value": 0}, "no region or space 'nowhere'"),
    ({"op": "clock_step", "ns": -1, "t": 0}, "'ns' is -1"),
    ({"op": "clock_step", "ns": 1 << 80, "t": 0}, "'ns' is"),
    ({"op": "clock_step", "ns": 5, "t": 4}, "a line is missing"),
    ({"op": "gpio_in", "line": 7, "level": 1}, "no GPIO input 7"),
    ({"op": "mem_write", "addr": 0, "data": "0"}, "'data' is not hex"),
    ({"op": "mem_read", "addr": 0, "data": "", "size": 1 << 40}, "'size' is"),
    ({"op": "probe", "what": "x", "value": 1}, "no output 'x'"),
]


@pytest.mark.parametrize(("op", "message"), BAD_OPS, ids=[message for _, message in BAD_OPS])
def test_what_is_no_op_is_said_with_its_line(op: Op, message: str) -> None:
    with pytest.raises(TraceError) as caught:
        run({"op": "note"}, op)
    assert str(caught.value).startswith("t:3: ")
    assert message in str(caught.value)


def test_a_trace_that_is_cut_off_or_goes_on() -> None:
    header = json.dumps(KIT).encode()
    with pytest.raises(TraceError, match="t:1: the trace is truncated"):
        replay_file(BytesIO(header), "t", registry())
    with pytest.raises(TraceError, match="no line may follow 'end'"):
        run(END)


def test_a_step_over_a_storm_of_timers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devgen.hosts.bench.replay.STEP_EXPIRATIONS", 2)
    with pytest.raises(TraceError, match="more than 2 timers fire in one step"):
        run(access("write", 0x20, 1), step(1 << 40, 1 << 40))


VALUES = st.one_of(st.none(), st.integers(-1, 5), st.sampled_from(["", "registers", "00", "ready"]), st.just({}))
LINES = st.dictionaries(
    st.sampled_from(("space", "offset", "size", "value", "ns", "t", "line", "data", "addr")), VALUES
)
OPS = st.sampled_from(("read", "write", "clock_step", "gpio_in", "mem_write", "mem_read", "rx", "irq", "tx", "event"))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(OPS, LINES), max_size=6))
def test_no_trace_raises_anything_else(lines: list[tuple[str, Op]]) -> None:
    try:
        run(*({**fields, "op": op} for op, fields in lines))
    except TraceError:
        return
