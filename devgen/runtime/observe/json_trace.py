"""A trace of several devices as JSON lines: a recording with register names and the guest's program counter.

``source`` of each line is the name of the device; the lines of one device are a trace that ``devgen replay`` can
replay. An access also has ``register`` (several are separated by commas), ``changed`` (fields that the access, or a
timer before it, has changed, with old and new value), ``alternates`` (other registers with the same
bytes), ``dropped`` (registers that did not take the write) and ``pc``.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TextIO

from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device
from devgen.runtime.observe.access_names import NameFilter, RegisterNames, element_name
from devgen.runtime.observe.access_notes import AccessNotes
from devgen.runtime.observe.observable import Observable
from devgen.runtime.observe.recorder import Recorder
from devgen.runtime.observe.register_changes import StateChanges
from devgen.runtime.observe.tracer import Level, ProgramCounter, no_processor


class JsonTrace:
    """Traces the devices of ``scene`` that pass ``wanted``, from construction to ``close()``.

    The filter selects whole devices, because a trace without some accesses could not be replayed. At level ``access``
    the lines have no ``changed``.
    """

    def __init__(
        self,
        scene: Observable,
        file: TextIO,
        level: Level = "field",
        wanted: NameFilter | None = None,
        program_counter: ProgramCounter = no_processor,
    ) -> None:
        wanted = wanted or NameFilter()
        with ExitStack() as stack:
            self._recorders = [
                stack.enter_context(
                    Recorder(scene, device, file, source=name, notes=_RegisterNotes(device, level, program_counter))
                )
                for name, device in scene.devices.items()
                if wanted.may_pass(name)
            ]
            self._stack = stack.pop_all()

    @property
    def error(self) -> OSError | None:
        """The error that has ended the trace early, or None."""
        return next((recorder.error for recorder in self._recorders if recorder.error is not None), None)

    def close(self) -> None:
        """End the trace. May be called again."""
        self._stack.close()

    def __enter__(self) -> JsonTrace:
        """Use as a context that ends the trace."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the trace."""
        self.close()


class _RegisterNotes(AccessNotes):
    """Adds the registers that an access reaches, the guest's program counter, and what the access changed."""

    def __init__(self, device: Device, level: Level, program_counter: ProgramCounter) -> None:
        self._names = RegisterNames(device)
        self._changes = None if level == "access" else StateChanges(device, hidden=level == "all")
        self._program_counter = program_counter
        self._register = ""
        self._alternates = ""
        self._dropped: list[str] = []
        self._shapes = device.ELEMENTS

    def before(self, write: bool, space: str, offset: int, size: int) -> None:
        parts = self._names.parts(space, offset, size, write)
        self._register = ",".join(part.name for part in parts)
        self._alternates = ",".join(other.name for part in parts for other in part.alternates)

    def dropped(self, register: str, index: int | None) -> None:
        self._dropped.append(element_name(register, index, self._shapes.get(register)))

    def after(self, fields: dict[str, Json]) -> None:
        fields["register"] = self._register
        if self._alternates:
            fields["alternates"] = self._alternates
        if self._dropped:
            fields["dropped"] = ",".join(self._dropped)
            self._dropped.clear()
        pc = self._program_counter()
        if pc is not None:
            fields["pc"] = pc
        if self._changes is not None:
            changed: dict[str, Json] = {change.name: [change.old, change.new] for change in self._changes.take()}
            if changed:
                fields["changed"] = changed
