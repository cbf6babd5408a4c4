"""What is added to the lines of accesses in a recording."""

from __future__ import annotations

from devgen.runtime.base.plain_state import Json


class AccessNotes:
    """Adds to the lines of accesses; this class adds nothing."""

    def before(self, write: bool, space: str, offset: int, size: int) -> None:
        """Called before an access."""

    def dropped(self, register: str, index: int | None) -> None:
        """Called when a register, or element ``index`` of an array, does not take the access, which is a write."""

    def after(self, fields: dict[str, Json]) -> None:
        """Called after the same access with the fields of its line, to which it may add."""
