"""Compares two versions of a board, as the software that runs on it sees them.

A device is known by its name on the board. One that is gone while another of the same description appeared at its
addresses or in its slot was renamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from devgen.comparison.changes import IMPACTS, Change, Impact
from devgen.comparison.judgements import Attribute, Judgement, always, fewer_breaks, hexadecimal, lost_breaks, or_none
from devgen.comparison.part_comparison import compare_attributes
from devgen.language.board import Board, Placement
from devgen.language.board_guest import BoardGuest, BoardKernel

Entries = tuple[tuple[str, Any], ...]


@dataclass(slots=True, frozen=True)
class BoardVersion:
    """A board, and the folder to which the paths of its files are relative."""

    board: Board
    folder: Path

    @property
    def name(self) -> str:
        """The board's name."""
        return self.board.name


# --- what each change means ------------------------------------------------------------------


def _moved(old: int | None, new: int | None) -> tuple[str, Impact]:
    return ("moved", "compatible" if old is None else "breaking")


def _pit_changed(old: str, new: str) -> tuple[str, Impact]:
    return ("interval timer changed", "breaking" if new == "none" else "compatible")


def _size(value: int) -> str:
    for shift, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
        if value and not value % (1 << shift):
            return f"{value >> shift} {unit}"
    return f"{value} B"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


_MACHINE: Final = (
    Attribute(("type",), always("type changed", "breaking")),
    Attribute(("cpus",), fewer_breaks("number of processors reduced", "number of processors raised")),
    Attribute(("ram",), fewer_breaks("RAM reduced", "RAM raised"), _size),
    Attribute(("irqchip",), always("interrupt controllers changed", "breaking")),
    Attribute(("pci",), lost_breaks("PCI bus changed"), _yes),
    Attribute(
        ("ecam",), lambda old, new: (f"configuration space {_moved(old, new)[0]}", _moved(old, new)[1]), hexadecimal
    ),
    Attribute(("pit",), _pit_changed),
    Attribute(("intx",), always("INTx routes changed", "breaking"), lambda gsis: ", ".join(map(str, gsis))),
    Attribute(("triple_fault",), always("effect of a triple fault changed", "behaviour")),
    Attribute(("on_reset",), always("effect of a reset changed", "behaviour")),
)

_IMAGE: Final = (
    Attribute(("image",), always("image changed", "behaviour")),
    Attribute(("load",), always("load address changed", "behaviour"), hexadecimal),
    Attribute(("entry",), always("entry changed", "behaviour"), hexadecimal),
    Attribute(("mode",), always("mode changed", "behaviour"), or_none),
)
_KERNEL: Final = (
    Attribute(("kernel",), always("kernel changed", "behaviour")),
    Attribute(("initrd",), always("initrd changed", "behaviour"), or_none),
    Attribute(("cmdline",), always("command line changed", "behaviour")),
)

_DEVICE: Final = (
    Attribute(("device",), always("description changed", "breaking")),
    Attribute(
        ("slot",), always("slot changed", "behaviour"), lambda slot: "" if slot is None else f"{slot[0]}.{slot[1]}"
    ),
    Attribute(("overlaps",), always("shared addresses changed", "behaviour"), ", ".join),
)


@dataclass(slots=True, frozen=True)
class _EntryKind:
    """Entries of a device on a board: what one is called, and the impact of adding, removing and changing it."""

    key: str
    title: str
    added: Impact
    removed: Impact
    changed: Judgement
    show: Any = or_none


_ENTRIES: Final = (
    _EntryKind("at", "region", "compatible", "breaking", always("moved", "breaking"), hexadecimal),
    _EntryKind("irq", "interrupt", "compatible", "breaking", always("number changed", "breaking")),
    _EntryKind("wires", "wire", "behaviour", "breaking", always("target changed", "breaking")),
    _EntryKind("inputs", "input", "behaviour", "behaviour", always("combination changed", "behaviour")),
    _EntryKind("properties", "property", "behaviour", "behaviour", always("value changed", "behaviour")),
    _EntryKind("on_event", "event", "behaviour", "behaviour", always("effect changed", "behaviour")),
    _EntryKind("streams", "stream", "compatible", "compatible", always("backend changed", "compatible")),
    _EntryKind("media", "medium", "behaviour", "behaviour", always("file changed", "behaviour")),
)


# --- the comparison --------------------------------------------------------------------------


def compare_boards(old: BoardVersion, new: BoardVersion) -> tuple[Change, ...]:
    """Return what changed from ``old`` to ``new``: breaking changes first, each group in the order of the board."""
    found = [replace(change, of="board") for change in _changes(_relative(old), _relative(new))]
    return tuple(sorted(found, key=lambda change: IMPACTS.index(change.impact)))


def _relative(version: BoardVersion) -> Board:
    """Return a board whose files are named relative to its folder, so that two folders can be compared."""
    board, folder = version.board, version.folder

    def name(path: Path) -> Path:
        return path.relative_to(folder) if path.is_relative_to(folder) else path

    devices = (
        replace(part, media=tuple((key, name(path)) for key, path in part.media), overlaps=tuple(sorted(part.overlaps)))
        for part in board.devices
    )
    guest = board.guest
    match guest:
        case BoardGuest():
            guest = replace(guest, image=name(guest.image))
        case BoardKernel():
            initrd = None if guest.initrd is None else name(guest.initrd)
            guest = replace(guest, kernel=name(guest.kernel), initrd=initrd)
    return replace(board, devices=tuple(devices), guest=guest)


def _changes(old: Board, new: Board) -> Iterator[Change]:
    if old.name != new.name:
        yield Change(new.name, "board", "renamed", "compatible", old.name, new.name)
    yield from compare_attributes(new.name, "machine", _MACHINE, old.machine, new.machine)
    yield from _compare_devices(old, new)
    yield from _compare_guest(new.name, old.guest, new.guest)


def _compare_guest(
    board: str, old: BoardGuest | BoardKernel | None, new: BoardGuest | BoardKernel | None
) -> Iterator[Change]:
    if old is None or new is None:
        if old is not new:
            yield Change(board, "guest", "removed" if new is None else "added", "behaviour", _said(old), _said(new))
    elif type(old) is not type(new):
        yield Change(board, "guest", "changed", "behaviour", _said(old), _said(new))
    else:
        yield from compare_attributes(board, "guest", _IMAGE if isinstance(old, BoardGuest) else _KERNEL, old, new)


def _said(guest: BoardGuest | BoardKernel | None) -> str:
    match guest:
        case BoardGuest(image=image):
            return f"image {image}"
        case BoardKernel(kernel=kernel):
            return f"kernel {kernel}"
        case _:
            return ""


def _compare_devices(old: Board, new: Board) -> Iterator[Change]:
    before, after = ({part.name: part for part in board.devices} for board in (old, new))
    renamed = _renamed(before, after)
    for name, other in renamed.items():
        yield Change(new.name, f"device {name}", "renamed", "compatible", name, other)
    before = {renamed.get(name, name): _with_names(part, renamed) for name, part in before.items()}
    for name, part in after.items():
        if name in before:
            yield from _compare_device(new.name, before[name], part)
        else:
            yield Change(new.name, f"device {name}", "added", "compatible", "", _place(part))
    for name, part in before.items():
        if name not in after:
            yield Change(new.name, f"device {name}", "removed", "breaking", _place(part))


def _renamed(before: dict[str, Placement], after: dict[str, Placement]) -> dict[str, str]:
    """Return old and new names of the devices that are at the same place under another name."""
    free = {_span(part): name for name, part in after.items() if name not in before and _has_place(part)}
    return {
        name: free[_span(part)]
        for name, part in before.items()
        if name not in after and _has_place(part) and _span(part) in free
    }


def _has_place(part: Placement) -> bool:
    return bool(part.at) or part.slot is not None


def _span(part: Placement) -> tuple[object, ...]:
    return part.device, frozenset(part.at), part.slot


def _with_names(part: Placement, renamed: dict[str, str]) -> Placement:
    """Return a device whose wires and shared addresses name other devices as the new version does."""

    def target(wire: str) -> str:
        device, dot, pin = wire.partition(".")
        return f"{renamed.get(device, device)}{dot}{pin}"

    wires = tuple((line, target(wire)) for line, wire in part.wires)
    return replace(part, wires=wires, overlaps=tuple(sorted(renamed.get(name, name) for name in part.overlaps)))


def _place(part: Placement) -> str:
    """Say what a device is and where: ``serial16550 at 0x3f8``, ``nvme in slot 3.0``."""
    if part.slot is not None:
        return f"{part.device} in slot {part.slot[0]}.{part.slot[1]}"
    address = min((address for _, address in part.at), default=None)
    return part.device if address is None else f"{part.device} at {address:#x}"


def _compare_device(board: str, old: Placement, new: Placement) -> Iterator[Change]:
    yield from compare_attributes(board, f"device {new.name}", _DEVICE, old, new)
    for kind in _ENTRIES:
        yield from _compare_entries(board, new.name, kind, getattr(old, kind.key), getattr(new, kind.key))


def _compare_entries(board: str, device: str, kind: _EntryKind, old: Entries, new: Entries) -> Iterator[Change]:
    before, after = dict(old), dict(new)
    for name in [*after, *(name for name in before if name not in after)]:
        part = f"{kind.title} {device}.{name}"
        if name not in before:
            yield Change(board, part, "added", kind.added, "", kind.show(after[name]))
        elif name not in after:
            yield Change(board, part, "removed", kind.removed, kind.show(before[name]))
        elif before[name] != after[name]:
            verb, impact = kind.changed(before[name], after[name])
            yield Change(board, part, verb, impact, kind.show(before[name]), kind.show(after[name]))
