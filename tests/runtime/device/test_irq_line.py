"""Interrupt lines, GPIO inputs, event notifiers, doorbell records and the access log."""

from __future__ import annotations

import logging
import os

import pytest

from devgen.runtime.base.guest_log import AccessLog
from devgen.runtime.device.irq_line import FEEDBACK_LIMIT, GpioIn, IrqLine
from devgen.runtime.memory.event_notifier import EventNotifier, IoEventFd, take_count


def test_a_line_tells_changes_only() -> None:
    heard: list[tuple[str, int]] = []
    line = IrqLine("intr")
    line.set(1)
    line.connect(lambda level: heard.append(("a", level)))
    line.connect(lambda level: heard.append(("b", level)))
    for level in (1, True, 0x80, 0, False, 5):
        line.set(level)
    assert heard == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert line.level == 1


def test_a_pulse_goes_up_and_down_and_ends_a_level() -> None:
    heard: list[int] = []
    line = IrqLine("intr")
    line.connect(heard.append)
    line.pulse()
    line.set(1)
    line.pulse()
    assert heard == [1, 0, 1, 0]


def test_a_sink_can_go() -> None:
    heard: list[int] = []
    line = IrqLine("intr", level=1)
    line.connect(heard.append)
    line.disconnect(heard.append)
    line.disconnect(heard.append)
    line.set(0)
    assert heard == []


def test_a_sink_may_drive_the_line_and_all_hear_the_changes_in_order() -> None:
    heard: list[tuple[str, int]] = []
    line = IrqLine("intr")
    line.connect(lambda level: line.set(0))
    line.connect(lambda level: heard.append(("b", level)))
    line.set(1)
    assert heard == [("b", 1), ("b", 0)]


def test_a_circle_that_never_settles_ends() -> None:
    heard: list[int] = []
    first, second = IrqLine("first"), IrqLine("second")
    first.connect(heard.append)
    first.connect(second.set)
    second.connect(lambda level: first.set(not level))
    first.set(1)
    assert len(heard) == FEEDBACK_LIMIT + 1
    assert heard[-1] == first.level == second.level
    first.set(not first.level)
    assert len(heard) == 2 * FEEDBACK_LIMIT + 2


def test_lines_wire_to_inputs() -> None:
    heard: list[int] = []
    out, pin = IrqLine("out"), GpioIn("pin", heard.append)
    out.connect(pin.set)
    out.pulse()
    pin.set(0)
    assert (heard, pin.level) == ([1, 0, 0], 0)
    assert (repr(out), repr(pin)) == ("IrqLine('out', level=0)", "GpioIn('pin', level=0)")


def test_a_notifier_counts_and_clears() -> None:
    notifier = EventNotifier()
    assert notifier.test_and_clear() == 0
    for _ in range(3):
        notifier.set()
    assert notifier.test_and_clear() == 3
    assert notifier.test_and_clear() == 0
    os.eventfd_write(notifier.fileno(), (1 << 64) - 2)
    notifier.set()
    assert notifier.test_and_clear() == (1 << 64) - 2
    notifier.close()
    notifier.close()


def test_a_closed_notifier_is_silent() -> None:
    notifier = EventNotifier()
    fd = notifier.fileno()
    notifier.close()
    notifier.set()
    assert notifier.test_and_clear() == 0
    with pytest.raises(ValueError, match="closed"):
        notifier.fileno()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


@pytest.mark.parametrize(("length", "match"), [(3, None), (16, None), (1, 256), (4, -1), (0, 0)])
def test_impossible_doorbells(length: int, match: int | None) -> None:
    with pytest.raises(ValueError, match="ring"):
        IoEventFd(0, length, match, EventNotifier(), lambda count: None, "ring")


def test_accesses_are_logged_once_and_bounded() -> None:
    lines: list[str] = []
    log = AccessLog("rtc", sink=lines.append, limit=3)
    for offset in (0, 0, 4, 8, 12, 16):
        log.note("reserved", "registers", offset, False)
    assert len(lines) == 4
    assert lines[0] == "rtc: read of reserved offset: registers+0x0"
    assert "further messages are not shown" in lines[3]
    log.forget()
    log.note("undocumented", "TCR", 0, True)
    assert "write to register without documentation: TCR+0x0" in lines[-1]


def test_the_standard_logger_is_the_default(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "devgen.access"):
        AccessLog("rtc").note("unimplemented", "CR", 0, False)
    assert "rtc: read of register that is not implemented: CR+0x0" in caplog.text


@pytest.mark.parametrize("flags", [0, os.EFD_NONBLOCK], ids=["blocking", "non-blocking"])
def test_the_count_of_an_eventfd_is_taken_without_waiting(flags: int) -> None:
    fd = os.eventfd(0, flags)
    assert take_count(fd) == 0
    os.eventfd_write(fd, 3)
    assert [take_count(fd), take_count(fd)] == [3, 0]
    os.close(fd)
