"""Combines several observers of a device, a stream or a configuration space, which have one observer attribute."""

from __future__ import annotations

from typing import Any, TypeVar

from devgen.runtime.base.guest_log import Refusal

T = TypeVar("T")


class Fanout:
    """Calls each of its observers: the first one attached is called first at a beginning and last at an end.

    The class has the methods of all observer protocols; only methods that its observers have are called.
    """

    __slots__ = ("_observers",)

    def __init__(self, *observers: Any) -> None:
        self._observers = observers

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        """See AccessObserver."""
        for observer in self._observers:
            observer.before(write, offset, size, value)

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        """See AccessObserver."""
        for observer in reversed(self._observers):
            observer.after(write, offset, size, value)

    def begin(self) -> None:
        """See DeviceObserver, InputObserver."""
        for observer in self._observers:
            observer.begin()

    def driven(self, name: str, level: int) -> None:
        """See DeviceObserver."""
        for observer in reversed(self._observers):
            observer.driven(name, level)

    def received(self, data: bytes | None) -> None:
        """See InputObserver."""
        for observer in reversed(self._observers):
            observer.received(data)

    def loaded(self, address: int, data: bytes) -> None:
        """See DeviceObserver."""
        for observer in self._observers:
            observer.loaded(address, data)

    def stored(self, address: int, data: bytes) -> None:
        """See DeviceObserver."""
        for observer in self._observers:
            observer.stored(address, data)

    def refused(self, verb: str, address: int, length: int) -> None:
        """See DeviceObserver."""
        for observer in self._observers:
            observer.refused(verb, address, length)

    def dropped(self, register: str, index: int | None, reason: Refusal) -> None:
        """See DeviceObserver."""
        for observer in self._observers:
            observer.dropped(register, index, reason)

    def unsent(self, vector: int) -> None:
        """See DeviceObserver."""
        for observer in self._observers:
            observer.unsent(vector)


def fan_out(present: T | None, added: T) -> T | Fanout:
    """Combine ``added`` with the observer ``present``, if any. Remove observers in reverse order."""
    return added if present is None else Fanout(present, added)
