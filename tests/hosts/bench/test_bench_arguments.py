"""Wrong arguments of the bench: each is a BenchError that says what it was and what it may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from device_kit import Card, Kit

from devgen.hosts.bench import Bench, BenchError

CALLS: dict[str, tuple[Callable[[Any], object], str]] = {
    "size": (lambda dev: dev.read("registers", 0, 3), "an access has 1, 2, 4 or 8 bytes, not 3"),
    "size of a write": (lambda dev: dev.write("registers", 0, 0, 16), "an access has 1, 2, 4 or 8 bytes, not 16"),
    "size no number": (lambda dev: dev.read("registers", 0, "4"), "an access has 1, 2, 4 or 8 bytes, not '4'"),
    "negative offset": (lambda dev: dev.read32(-4), "an offset is a number of bytes from 0 up, not -4"),
    "offset no number": (lambda dev: dev.write8("0", 1), "an offset is a number of bytes from 0 up, not '0'"),
    "value too large": (lambda dev: dev.write16(0, 0x10000), "a value of 16 bits is 0 .. 0xffff, not 0x10000"),
    "negative value": (lambda dev: dev.write32(0, -1), "a value of 32 bits is 0 .. 0xffffffff, not -0x1"),
    "value no number": (lambda dev: dev.write8(0, None), "a value of 8 bits is 0 .. 0xff, not None"),
    "region no text": (lambda dev: dev.read32(0, 5), "kit has no region 5"),
    "duration of half a ns": (
        lambda dev: dev.advance(0.5),
        "a duration is a number of ns, or a text",
    ),
    "negative address": (lambda dev: dev.load(-1, 4), "an address is a number from 0 up, not -1"),
    "endless load": (lambda dev: dev.load(0, 1 << 50), "a length is a number of bytes, at most 0x40000000"),
    "text as memory": (lambda dev: dev.store(0, "abc"), "the data are bytes, as b'abc', not 'abc'"),
    "number as memory": (lambda dev: dev.store(0, 5), "the data are bytes, as b'abc', not 0x5"),
    "level of an input": (lambda dev: dev.drive("gate[0]", 2), "the level of an input is 0 or 1, not 0x2"),
    "level as text": (lambda dev: dev.drive("gate[0]", "high"), "the level of an input is 0 or 1, not 'high'"),
    "array of inputs": (
        lambda dev: dev.drive("gate", 1),
        "kit: GPIO input 'gate' is an array: name an element, gate[0] to gate[1]",
    ),
    "unknown input": (
        lambda dev: dev.drive("gat[0]", 1),
        "kit has no GPIO input 'gat[0]' (did you mean 'gate[0]'?); it has gate[0], gate[1]",
    ),
    "one of several lines": (
        lambda dev: dev.irq(),
        "kit has more than one interrupt: name one of irq[0], irq[1]",
    ),
    "recording into a name": (lambda dev: dev.record("a.jsonl"), "a recording needs a file that is open for writing"),
    "text on a stream": (lambda dev: dev.receive("abc"), "the data are bytes, as b'abc', not 'abc'"),
    "level": (
        lambda dev: dev.trace(print, "fields"),
        "a trace's level is access, field, all, not 'fields' (did you mean",
    ),
    "globs": (lambda dev: dev.trace(print, "all", "kit.*"), "only is a list of globs, as ['kit.*'], not a text"),
}

MAKING: dict[str, tuple[Callable[[], object], str]] = {
    "no device": (lambda: Bench(5), "5 is no device: give a name or the class of a device"),  # type: ignore[arg-type]
    "no stream": (lambda: Bench(Card).receive(b"A"), "card has no stream"),
    "another class": (lambda: Bench(dict), "<class 'dict'> is no device"),  # type: ignore[arg-type]
    "ram as text": (lambda: Bench(Kit, ram="1 MiB"), "ram is a number of bytes or a RamBlock"),  # type: ignore[arg-type]
    "rtc before 1970": (lambda: Bench(Kit, rtc=-1), "rtc is a number of seconds since 1970"),
    "command": (lambda: Bench(Card, command=1 << 16), "command is a value of the command register, 16 bits"),
    "unknown region": (
        lambda: Bench(Kit, at={"register": 0x1000}),
        "at: kit has no region 'register' (did you mean 'registers'?); it has registers, buffer",
    ),
    "address as text": (
        lambda: Bench(Kit, at={"registers": "0x1000"}),  # type: ignore[dict-item]
        "at: the address of region registers is a number from 0 up, not '0x1000'",
    ),
    "unknown BAR": (lambda: Bench(Card, at={"5": 0x1000}), "at: card has no BAR '5'; it has 0, 1, 2, rom"),
    "unaligned BAR": (
        lambda: Bench(Card, at={"0": 0xE000_0010}),
        "at: BAR 0 lies at a multiple of its size, 0x1000, not at 0xe0000010",
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_a_wrong_argument_is_refused(case: str) -> None:
    call, message = CALLS[case]
    with Bench(Kit) as dev:
        before = dev.save_state()
        with pytest.raises(BenchError) as caught:
            call(dev)
        assert message in str(caught.value)
        assert dev.save_state() == before


@pytest.mark.parametrize("case", MAKING)
def test_a_bench_is_not_made_of_wrong_arguments(case: str) -> None:
    make, message = MAKING[case]
    with pytest.raises(BenchError) as caught:
        make()
    assert message in str(caught.value)
