"""Several observers where a device, a stream or a configuration space has room for one."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


class Fanout:
    """Tells each of its observers; the one that was there first hears of a beginning first and of an end last.

    Only what both kinds of observers have is ever called, so the methods of all kinds stand here together.
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

    def unsent(self, vector: int) -> None:
        """See DeviceObserver."""
        for observer in self._observers:
            observer.unsent(vector)


def fan_out(present: T | None, added: T) -> T | Fanout:
    """``added``, beside the observer that is there already, if one is. Take them away in reverse order."""
    return added if present is None else Fanout(present, added)
