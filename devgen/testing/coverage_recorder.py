"""Counts what tests reach in the devices of a project: accesses by an observer, lines by Python's trace function.

Both exist only while ``--devgen-coverage`` is on. Devices are watched from the moment that a machine gets them: on
benches and on boards, whatever the host.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, Final

from devgen.runtime.device.device import Device
from devgen.runtime.machine.machine import Machine
from devgen.runtime.observe.access_names import Part, RegisterNames
from devgen.runtime.observe.attachment import Attachment
from devgen.testing.coverage_data import CoverageData, DeviceUse, RegisterUse

_INDEX: Final = re.compile(r"\[[^\]]*\]")

Tracer = Callable[[FrameType, str, Any], Any]


class CoverageRecorder:
    """Counts what is reached in the modules of the folder ``built``."""

    def __init__(self, built: Path) -> None:
        self.data = CoverageData()
        self._built = os.path.realpath(built)
        self._uses: dict[str, DeviceUse | None] = {}
        self._add_device: Callable[..., Device] | None = None

    # --- accesses ------------------------------------------------------------------------

    def install(self) -> None:
        """Watch each device that a machine gets from now on."""
        original = self._add_device = Machine.add_device
        recorder = self

        @wraps(original)
        def add_device(machine: Machine, *args: Any, **words: Any) -> Device:
            device = original(machine, *args, **words)
            recorder._watch(machine, device)
            return device

        Machine.add_device = add_device  # type: ignore[assignment, method-assign]

    def uninstall(self) -> None:
        """Watch no further devices."""
        if self._add_device is not None:
            Machine.add_device = self._add_device  # type: ignore[method-assign]
            self._add_device = None

    def _watch(self, machine: Machine, device: Device) -> None:
        module = sys.modules.get(type(device).__module__)
        use = self._use(getattr(module, "__file__", None) or "")
        if use is not None:
            names = RegisterNames(device)
            Attachment(machine).accesses(device, lambda space: _Accesses(device, names, space, use))

    def _use(self, file: str) -> DeviceUse | None:
        """Return what counts for a Python file; None if it is not in the folder."""
        if file not in self._uses:
            path = os.path.realpath(file)
            own = os.path.dirname(path) == self._built
            self._uses[file] = self.data.devices.setdefault(path, DeviceUse()) if own else None
        return self._uses[file]

    # --- lines ---------------------------------------------------------------------------

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count lines in this thread, and in the threads that it starts.

        If another trace function is active, as that of coverage.py may be, it stays, and lines are not counted.
        """
        if sys.gettrace() is not None:
            self.data.blind = f"another trace function is active ({type(sys.gettrace()).__module__})"
            yield
            return
        threading.settrace(self._called)
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)

    def _called(self, frame: FrameType, event: str, argument: object) -> Tracer | None:
        use = self._use(frame.f_code.co_filename)
        return None if use is None else _stepper(use)


def _stepper(use: DeviceUse) -> Tracer:
    """Return the trace function of one call."""
    last = 0
    lines, steps = use.lines, use.steps

    def step(frame: FrameType, event: str, argument: object) -> Tracer:
        nonlocal last
        if event == "line":
            lines.add(frame.f_lineno)
            steps.add((last, frame.f_lineno))
            last = frame.f_lineno
        elif event == "return":
            steps.add((last, -1))
        return step

    return step


class _Accesses:
    """Counts the accesses to one region."""

    def __init__(self, device: Device, names: RegisterNames, space: str, use: DeviceUse) -> None:
        self._names, self._space, self._use = names, space, use
        self._labels = device.LABELS

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        """Count a write before its effects: these may end the run."""
        if write:
            self._count(True, offset, size, value)

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        """Count a read."""
        if not write:
            self._count(False, offset, size, value)

    def _count(self, write: bool, offset: int, size: int, value: int) -> None:
        for part in self._names.parts(self._space, offset, size, write):
            name = _INDEX.sub("", part.name)
            use = self._use.registers.setdefault(name, RegisterUse())
            use.add(write, part.value(value) << part.low, (1 << part.bits) - 1 << part.low)
            self._count_labels(name, part, part.value(value), use)

    def _count_labels(self, name: str, part: Part, value: int, use: RegisterUse) -> None:
        for field, low, width in part.fields:
            if f"{name}.{field}" in self._labels:
                use.values.setdefault(field, set()).add(value >> (low - part.low) & ((1 << width) - 1))
