"""Save a device's declared state as plain data, and check saved data completely before restoring any of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Literal, Protocol

from devgen.runtime.base.faults import StateError
from devgen.runtime.base.packed_memory import pack, unpack
from devgen.runtime.base.plain_state import Json, integer, mapping, sequence
from devgen.runtime.device.fifo import Fifo
from devgen.runtime.device.file_medium import FileMedium
from devgen.runtime.time.clock import NEVER
from devgen.runtime.time.counter import Counter
from devgen.runtime.time.timer import Timer


@dataclass(slots=True, frozen=True)
class StateItem:
    """An item of a device's saved state.

    It is an int of ``width`` bits, a FIFO, a counter, a timer, a list of these, or a bytearray. ``name`` is the name in
    the description; ``attribute`` is the device's attribute if its name differs. ``medium``: a file may hold the bytes.
    """

    name: str
    kind: Literal["register", "state", "fifo", "counter", "timer"]
    width: int = 0
    attribute: str = ""
    medium: bool = False

    @property
    def held_in(self) -> str:
        """Name of the device's attribute."""
        return self.attribute or self.name


@dataclass(slots=True)
class Restoration:
    """Checked state that has not been applied yet.

    ``timers`` are (order of arming, timer, deadline in ns). A machine merges the timers of all devices before arming
    them, so that equal deadlines fire in the saved order.
    """

    actions: list[Callable[[], None]] = field(default_factory=list)
    timers: list[tuple[int, Timer, int]] = field(default_factory=list)

    def apply(self) -> None:
        """Restore everything except the timers."""
        for action in self.actions:
            action()


def arm_restored(restorations: Sequence[Restoration]) -> None:
    """Arm the timers of all restored devices in the saved order."""
    entries = [entry for restoration in restorations for entry in restoration.timers]
    for _, timer, deadline in sorted(entries, key=lambda entry: entry[0]):
        timer.arm_at(deadline)


def copy_into(target: memoryview | bytearray | FileMedium, contents: bytes) -> None:
    """Replace all bytes of ``target`` in place."""
    target[:] = contents


class HasState(Protocol):
    """A device."""

    STATE: ClassVar[tuple[StateItem, ...]]


Savable = int | bytearray | FileMedium | Fifo | Counter | Timer | Sequence[int | Counter | Timer]


def save_item(value: Savable, order: Mapping[int, int]) -> Json:
    """Return an attribute as plain data; ``order`` maps the ``id`` of each armed timer to its order of arming."""
    match value:
        case int():
            return int(value)
        case bytearray():
            return pack(value)
        case FileMedium():
            return pack(value[:])
        case Counter() | Fifo():
            return value.save()
        case Timer():
            return _save_timer(value, order)
        case _:
            return [save_item(element, order) for element in value]


def has_armed_timer(device: HasState) -> bool:
    """Whether a timer of the device's description is armed, or waits for its counter."""
    held = [getattr(device, item.held_in) for item in device.STATE if item.kind == "timer"]
    timers = [timer for value in held for timer in (value if isinstance(value, Sequence) else (value,))]
    return any(timer.deadline is not None or timer.waiting for timer in timers)


def _save_timer(timer: Timer, order: Mapping[int, int]) -> Json:
    if timer.waiting:
        return "waiting"
    return None if timer.deadline is None else {"deadline": timer.deadline, "order": order[id(timer)]}


def prepare_item(device: object, item: StateItem, data: Json, restoration: Restoration) -> None:
    """Check the saved data of an attribute and add the actions that restore it. Raises StateError."""
    present: Savable = getattr(device, item.held_in)
    what = f"'{item.name}'"
    if isinstance(present, int):
        restoration.actions.append(partial(setattr, device, item.held_in, _number(item, data, what)))
    elif isinstance(present, bytearray | FileMedium):
        contents = unpack(data, len(present), what)
        if not isinstance(present, FileMedium) or not present.read_only:
            restoration.actions.append(partial(copy_into, present, contents))
        elif present[:] != contents:
            raise StateError(f"{what} has other contents than its file, which is only read")
    elif isinstance(present, Fifo):
        restoration.actions.append(partial(present.restore, *present.check_state(data, what)))
    elif isinstance(present, Counter | Timer):
        _prepare_part(present, data, what, restoration)
    else:
        values = sequence(data, len(present), what)
        if present and not isinstance(present[0], int):
            for part, value in zip(present, values, strict=True):
                _prepare_part(part, value, what, restoration)
        else:
            numbers = [_number(item, value, what) for value in values]
            restoration.actions.append(partial(_refill, present, numbers))


def _number(item: StateItem, data: Json, what: str) -> int:
    return integer(data, 0, (1 << item.width) - 1, what)


def _refill(present: Sequence[object], numbers: list[int]) -> None:
    """Replace the elements in place: bound methods of the device may refer to the list."""
    assert isinstance(present, list)
    present[:] = numbers


def _prepare_part(part: object, data: Json, what: str, restoration: Restoration) -> None:
    match part:
        case Counter():
            part.check_state(data)
            restoration.actions.append(partial(part.load_state, data))
        case Timer():
            restoration.actions.append(part.wait if data == "waiting" else part.cancel)
            if data is not None and data != "waiting":
                fields = mapping(data, what, ("deadline", "order"))
                deadline = integer(fields["deadline"], 0, NEVER, f"deadline of {what}")
                restoration.timers.append((integer(fields["order"], 0, 1 << 32, f"order of {what}"), part, deadline))
