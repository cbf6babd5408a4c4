"""Find the registers and fields of a device that have changed, by their names in the description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from devgen.runtime.device.described_registers import Shape
from devgen.runtime.device.device import Device
from devgen.runtime.observe.access_names import element_name, number_text
from devgen.runtime.observe.config_space_names import Fields

Stored = int | list[int] | bytes

WATCHED = 64
"""Largest byte array, in bytes, whose changes are reported; larger ones are buffers or storage."""


@dataclass(slots=True, frozen=True)
class Change:
    """A changed register, field or hidden state with its old and new value."""

    name: str
    old: int
    new: int

    def __str__(self) -> str:
        """Format as ``RIS.ALARM 0→1``."""
        return f"{self.name} {number_text(self.old)}→{number_text(self.new)}"


@dataclass(slots=True, frozen=True)
class _Item:
    attribute: str
    name: str
    fields: Fields
    shape: Shape | None


class StateChanges:
    """Finds changes of the registers of ``device``, and with ``hidden`` of its other state too."""

    def __init__(self, device: Device, *, hidden: bool = False) -> None:
        self._device = device
        self._items = list(_items(device, hidden))
        self._values = [self._read(item) for item in self._items]

    def take(self) -> list[Change]:
        """Return the changes since the last call or since construction, in the description's order."""
        found: list[Change] = []
        for at, item in enumerate(self._items):
            old, new = self._values[at], self._read(item)
            if old != new:
                self._values[at] = new
                found.extend(_differences(item, old, new))
        return found

    def _read(self, item: _Item) -> Stored:
        value = cast("int | list[int] | bytearray", getattr(self._device, item.attribute))
        if isinstance(value, bytearray):
            return bytes(value) if len(value) <= WATCHED else b""
        return list(value) if isinstance(value, list) else int(value)


def _items(device: Device, hidden: bool) -> Iterator[_Item]:
    for item in device.STATE:
        if item.kind == "register" or (hidden and item.kind == "state"):
            yield _Item(item.held_in, item.name, device.FIELDS.get(item.name, ()), device.ELEMENTS.get(item.name))


def _differences(item: _Item, old: Stored, new: Stored) -> Iterator[Change]:
    if isinstance(old, int) and isinstance(new, int):
        yield from _by_field(item.name, item.fields, old, new)
    elif not isinstance(old, int) and not isinstance(new, int):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            if before != after:
                yield from _by_field(element_name(item.name, index, item.shape), item.fields, before, after)


def _by_field(name: str, fields: Fields, old: int, new: int) -> Iterator[Change]:
    rest = old ^ new
    for field, low, width in fields:
        mask = ((1 << width) - 1) << low
        if rest & mask:
            yield Change(f"{name}.{field}", (old & mask) >> low, (new & mask) >> low)
        rest &= ~mask
    if rest:
        yield Change(name, old, new)
