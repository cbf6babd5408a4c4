"""Counters: clock periods modulo a power of two, exact for any rational period."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from devgen.runtime.base.faults import StateError
from devgen.runtime.base.plain_state import Json, integer, mapping
from devgen.runtime.time.clock import Clock

if TYPE_CHECKING:
    from devgen.runtime.time.timer import Timer

Phase = Literal["clock", "start"]

_TIME = 1 << 80


class Counter:
    """A count of periods of ``clock``, modulo 2^``width``.

    ``period`` is (numerator ns, denominator): (1_000_000_000, 1) is a second, (1_000_000_000, 1_193_182) a PIT tick.
    With ``phase`` "clock" a tick falls on every multiple of the period since the clock's zero, and at power-on the
    count is the number of those ticks plus ``start``: on the rtc clock, seconds since 1970. With "start" it begins at
    ``start``, and ticks are counted from power-on or from the last load or start. A stopped counter keeps its value.

    Raises ValueError for a period that is not positive.
    """

    __slots__ = ("_alarms", "_clock", "_den", "_mask", "_num", "_origin", "_phase", "_power_on", "_value", "enabled")

    def __init__(
        self,
        clock: Clock,
        period: tuple[int, int],
        width: int,
        phase: Phase = "clock",
        enabled: bool = True,
        start: int = 0,
    ) -> None:
        num, den = period
        if num <= 0 or den <= 0:
            raise ValueError(f"a counter's period must be positive, not {num}/{den} ns")
        self._clock = clock
        self._alarms: list[tuple[Timer, Callable[[], None]]] = []
        self._num = num
        self._den = den
        self._mask = (1 << width) - 1
        self._phase = phase
        self._power_on = (enabled, start & self._mask)
        self.enabled = enabled
        """Whether the counter is running."""
        self._origin = 0  # phase "start": the time at which the value was _value
        self._value = 0  # running with phase "clock": difference to the clock's tick number; otherwise a count
        self.reset()

    @property
    def width(self) -> int:
        """Width of the count in bits."""
        return self._mask.bit_length()

    def reset(self) -> None:
        """Return to the power-on state; with phase "start", counting starts now."""
        self.enabled, self._value = self._power_on
        self._origin = self._clock.now() if self._phase == "start" and self.enabled else 0

    def read(self) -> int:
        """Return the present count."""
        if not self.enabled:
            return self._value
        return ((self._clock.now() - self._origin) * self._den // self._num + self._value) & self._mask

    def load(self, value: int) -> None:
        """Set the count to ``value`` modulo 2^width; ``phase`` determines the next tick."""
        if not self.enabled:
            self._value = value & self._mask
        elif self._phase == "start":
            self._origin = self._clock.now()
            self._value = value & self._mask
        else:
            self._value = (value - self._ticks()) & self._mask

    def add_alarm(self, timer: Timer, arm: Callable[[], None]) -> None:
        """Suspend ``timer`` while the counter is stopped, and call ``arm`` when the counter starts again."""
        self._alarms.append((timer, arm))

    def start(self) -> None:
        """Start counting from the present value and re-arm suspended alarms. Does nothing if the counter is running.

        Time stands still meanwhile: on a slow host the count would otherwise pass a close match before its alarm is
        armed, which would then fire only after the count has wrapped.
        """
        if not self.enabled:
            self._clock.hold()
            value = self._value
            self.enabled = True
            self.load(value)
            for timer, arm in self._alarms:
                if timer.waiting:
                    arm()
            self._clock.release()

    def stop(self) -> None:
        """Stop at the present value and suspend armed alarms. Does nothing if the counter is stopped."""
        if self.enabled:
            for timer, _ in self._alarms:
                if timer.armed:
                    timer.wait()
            self._value = self.read()
            self._origin = 0
            self.enabled = False

    def set_enabled(self, enabled: bool) -> None:
        """Start or stop the counter."""
        if enabled:
            self.start()
        else:
            self.stop()

    def time_of(self, ticks: int) -> int | None:
        """Return the clock's time (ns) of the tick edge at which the count has advanced by ``ticks`` (>= 0).

        This is the first nanosecond at which ``read()`` returns the later count. It is now for 0 ticks, and None if the
        counter is stopped.
        """
        if not self.enabled:
            return None
        if ticks <= 0:
            return self._clock.now()
        return self._origin - (-(self._ticks() + ticks) * self._num // self._den)

    def time_after(self, ticks: int) -> int | None:
        """Return the clock's time (ns) ``ticks`` whole periods from now, independent of the tick edges.

        None if the counter is stopped.
        """
        if not self.enabled:
            return None
        return self._clock.now() - (-ticks * self._num // self._den)

    def time_reaching(self, count: int, modulus: int) -> int | None:
        """Return the clock's time (ns) of the next tick edge at which the count is ``count`` modulo ``modulus`` (>= 1).

        If the count has that value now, this is ``modulus`` ticks later. None if the counter is stopped.
        """
        return self.time_of((count - self.read()) % modulus or modulus)

    def ns_until(self, ticks: int) -> int | None:
        """Return the nanoseconds from now to ``time_of(ticks)``; None if the counter is stopped."""
        edge = self.time_of(ticks)
        return None if edge is None else edge - self._clock.now()

    def _ticks(self) -> int:
        """Whole periods since the origin."""
        return (self._clock.now() - self._origin) * self._den // self._num

    def save(self) -> dict[str, Json]:
        """Return the counter's state as plain data; ``origin`` is in the clock's ns."""
        return {"enabled": self.enabled, "value": self._value, "origin": self._origin}

    def check_state(self, data: Json) -> tuple[bool, int, int]:
        """Return (enabled, value, origin) of saved data. Raises StateError for data that ``save`` cannot return."""
        fields = mapping(data, "counter", ("enabled", "value", "origin"))
        enabled = fields["enabled"]
        if not isinstance(enabled, bool):
            raise StateError("a counter's 'enabled' must be true or false")
        value = integer(fields["value"], 0, self._mask, "a counter's value")
        return enabled, value, integer(fields["origin"], -_TIME, _TIME, "a counter's origin")

    def load_state(self, data: Json) -> None:
        """Restore the data of ``save``. Raises StateError, with nothing changed, for other data."""
        self.enabled, self._value, self._origin = self.check_state(data)
