"""Lines over time as a VCD file (IEEE 1364-2005, 18), for viewers such as GTKWave. Needs the package pyvcd.

Each device is a scope. In it, each interrupt line, GPIO input and GPIO output is a wire, and each counter is a register
that is sampled when a register of the device is accessed or one of its lines changes. The unit is a nanosecond of
virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TextIO

from vcd.common import ScopeType, VarType
from vcd.writer import Variable, VCDWriter

from devgen.runtime.device.device import Device
from devgen.runtime.observe.access_names import NameFilter
from devgen.runtime.observe.attachment import Attachment
from devgen.runtime.observe.journal import observed_line
from devgen.runtime.observe.observable import Observable
from devgen.runtime.observe.quiet_observer import QuietObserver
from devgen.runtime.time.counter import Counter

TIMESCALE: Final = "1 ns"

Wave = Variable[Any]
Samples = Sequence[Callable[[], None]]


class Waves:
    """Writes the lines of the devices of ``scene`` to ``file``, from construction to ``close()``; ``file`` stays open.

    If writing fails, the output ends with the reason in ``error``, and the guest continues.
    """

    def __init__(self, scene: Observable, file: TextIO, wanted: NameFilter | None = None) -> None:
        self.error: OSError | None = None
        self._scene = scene
        self._wanted = wanted or NameFilter()
        self._clock = scene.clocks.virtual
        self._last = self._clock.now()
        self._samples: list[Callable[[], None]] = []
        self._attachment = Attachment(scene)
        with scene.lock:
            self._writer = VCDWriter(
                file, timescale=TIMESCALE, date="", version="devgen", init_timestamp=self._last, check_values=False
            )
            for device in scene.devices.values():
                self._add(device)
            self._guarded(self._writer.flush)

    # --- declaring variables -------------------------------------------------------------

    def _add(self, device: Device) -> None:
        scope = device.name
        for name, line in (*device.irqs.items(), *device.gpio_out.items()):
            observed = observed_line(device, line)
            variable = self._variable(scope, name, 1, observed.level)
            if variable is not None:
                self._attachment.line(observed, partial(self._change, variable))
        inputs = {
            name: variable
            for name, pin in device.gpio_in.items()
            if (variable := self._variable(scope, name, 1, pin.level)) is not None
        }
        if inputs:
            self._attachment.device(device, _Inputs(self, inputs))
        self._add_counters(device)

    def _add_counters(self, device: Device) -> None:
        samples = [
            partial(self._sample, variable, counter)
            for name, counter in _counters(device)
            if (variable := self._variable(device.name, name, counter.width, counter.read())) is not None
        ]
        if samples:
            self._samples.extend(samples)
            self._attachment.accesses(device, lambda _space: _Sampler(samples))
            for line in (*device.irqs.values(), *device.gpio_out.values()):
                self._attachment.line(observed_line(device, line), lambda _level: _sample_all(samples))

    def _variable(self, scope: str, name: str, width: int, value: int) -> Wave | None:
        if not self._wanted(f"{scope}.{name}"):
            return None
        kind = VarType.wire if width == 1 else VarType.reg
        self._writer.set_scope_type(scope, ScopeType.module)
        return self._writer.register_var(scope, name, kind, size=width, init=value)

    # --- writing changes -----------------------------------------------------------------

    def _sample(self, variable: Wave, counter: Counter) -> None:
        self._change(variable, counter.read())

    def _change(self, variable: Wave, value: int) -> None:
        # While a recorder is attached too, a device's time may be before the last access.
        self._last = max(self._last, self._clock.now())
        self._guarded(partial(self._writer.change, variable, self._last, value))

    def changed(self, variable: Wave, value: int) -> None:
        """Write the new level of a line."""
        self._change(variable, value)

    def _guarded(self, write: Callable[[], None]) -> None:
        if self.error is not None:
            return
        try:
            write()
        except OSError as error:
            self.error = error

    def close(self) -> None:
        """Write the final time and detach. May be called again."""
        with self._scene.lock:
            self._attachment.detach()
            _sample_all(self._samples)
            self._samples.clear()
            self._last = max(self._last, self._clock.now())
            self._guarded(partial(self._writer.close, self._last))

    def __enter__(self) -> Waves:
        """Use as a context that ends the recording."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the recording."""
        self.close()


def _counters(device: Device) -> Iterator[tuple[str, Counter]]:
    for item in device.STATE:
        value: object = getattr(device, item.held_in)
        if isinstance(value, Counter):
            yield item.name, value
        elif isinstance(value, list):
            yield from ((f"{item.name}[{at}]", part) for at, part in enumerate(value) if isinstance(part, Counter))


def _sample_all(samples: Samples) -> None:
    for sample in samples:
        sample()


class _Sampler:
    """Samples counters before and after each access."""

    __slots__ = ("_samples",)

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        """Write the counters' values before the access can load new ones."""
        _sample_all(self._samples)

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        _sample_all(self._samples)


class _Inputs(QuietObserver):
    """Observes a device's GPIO inputs."""

    def __init__(self, waves: Waves, variables: dict[str, Wave]) -> None:
        self._waves = waves
        self._variables = variables

    def driven(self, name: str, level: int) -> None:
        if name in self._variables:
            self._waves.changed(self._variables[name], level)
