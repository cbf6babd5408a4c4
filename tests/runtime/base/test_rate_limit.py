"""A guest can cause errors at will: a burst of them is told, then one a second."""

from __future__ import annotations

import pytest

from devgen.runtime.base import guest_log
from devgen.runtime.base.guest_log import AccessLog
from devgen.runtime.base.rate_limit import BURST, INTERVAL, RateLimit


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_may_come_then_one_for_each_interval() -> None:
    clock = Clock()
    limit = RateLimit(clock)
    assert [limit.take() for _ in range(BURST + 3)] == [0] * BURST + [None] * 3
    clock.now = INTERVAL
    assert [limit.take(), limit.take()] == [3, None]


def test_a_quiet_time_earns_no_more_than_a_burst() -> None:
    clock = Clock()
    limit = RateLimit(clock)
    clock.now = 1e6
    assert [limit.take() for _ in range(BURST + 1)] == [0] * BURST + [None]


def test_the_log_says_what_it_has_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(guest_log, "RateLimit", lambda: RateLimit(clock))
    lines: list[str] = []
    log = AccessLog("disk", sink=lines.append)
    for number in range(BURST + 2):
        log.error(f"fault {number}")
    clock.now = INTERVAL
    log.error("the last")
    assert lines == [
        *(f"disk: error: fault {number}" for number in range(BURST)),
        "disk: further errors are shown once a second at most",
        "disk: error: the last (2 errors before it were not shown)",
    ]


def test_errors_do_not_use_up_what_is_said_of_accesses() -> None:
    lines: list[str] = []
    log = AccessLog("disk", sink=lines.append, limit=1)
    log.error("fault")
    log.note("reserved", "registers", 4, write=False)
    assert lines[1] == "disk: read of reserved offset: registers+0x4"
