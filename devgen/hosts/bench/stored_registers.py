"""The values that a device stores in its registers, read and changed without an access."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Final

from devgen.hosts.bench.arguments import BenchError
from devgen.hosts.bench.register_places import RegisterPlace
from devgen.runtime.device.device import Device

_NONE: Final = ""


def peeked(device: Device, place: RegisterPlace) -> int:
    """Return a register's value without side effects; see `devgen.hosts.bench.named_register.Register.peek`.

    Raises:
        BenchError: it is a window, or a part of another register.
    """
    source = device.PEEKS.get(place.reg.name)
    if source == _NONE:
        raise BenchError(f"{place.name} ({place.where}) is a window: peek at a register that it accesses")
    if isinstance(source, int):
        return source
    if source is not None:
        return _value(device, source, place.index)
    if place.reg.read is not None:
        read, index = place.reg.read, place.index
        return int(read() if index is None else read(index))
    attribute = storage(device, place)
    if attribute is None and place.reg.view is not None:
        raise BenchError(f"{place.name} ({place.where}) is a part of {place.reg.view}: peek at that")
    return place.reg.reset if attribute is None else _value(device, attribute, place.index)


def _value(device: Device, attribute: str, index: int | None) -> int:
    """Return the value of an attribute, or of a method that computes it."""
    found = getattr(device, attribute)
    if callable(found):
        return int(found() if index is None else found(index))
    return int(found if index is None or isinstance(found, int) else found[index])


def storage(device: Device, place: RegisterPlace) -> str | None:
    """Return the attribute in which a device stores a register, or None if it does not store it."""
    shared = device.ALIASES.get(place.reg.name)
    if shared is not None:
        return shared
    return next((item.held_in for item in device.STATE if (item.name, item.kind) == (place.reg.name, "register")), None)


def stored(device: Device, place: RegisterPlace) -> int:
    """Return the value that a device stores for a register.

    Raises:
        BenchError: it stores none.
    """
    attribute = storage(device, place)
    if attribute is None:
        why = "it is computed, constant, not modelled or only written"
        raise BenchError(f"{place.name} ({place.where}) stores no value: {why}")
    return _value(device, attribute, place.index)


def poked(device: Device, place: RegisterPlace, value: int) -> None:
    """Store ``value`` in a register that stores one, and update what follows from it; no hook runs.

    Raises:
        BenchError: the register has no field at some of the bits.
    """
    declared = reduce(or_, (field.mask for field in place.fields.values()), 0) or place.limit
    if value & ~declared:
        raise BenchError(f"{place.name} ({place.where}) stores the bits {declared:#x} only, not {value:#x}")
    attribute = storage(device, place)
    assert attribute is not None  # the caller has read it
    if place.index is None:
        setattr(device, attribute, value)
    else:
        getattr(device, attribute)[place.index] = value
    for follower in device.FOLLOWERS:
        getattr(device, follower)()
