"""The base of observers of a device that are interested in some of what it does."""

from __future__ import annotations

from devgen.runtime.base.guest_log import Refusal


class QuietObserver:
    """A `DeviceObserver` that ignores everything."""

    def begin(self) -> None:
        """Do nothing."""

    def driven(self, name: str, level: int) -> None:
        """Do nothing."""

    def loaded(self, address: int, data: bytes) -> None:
        """Do nothing."""

    def stored(self, address: int, data: bytes) -> None:
        """Do nothing."""

    def refused(self, verb: str, address: int, length: int) -> None:
        """Do nothing."""

    def dropped(self, register: str, index: int | None, reason: Refusal) -> None:
        """Do nothing."""

    def unsent(self, vector: int) -> None:
        """Do nothing."""
