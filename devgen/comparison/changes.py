"""A single difference between two versions of a device or a board."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, Literal, get_args

Impact = Literal["breaking", "behaviour", "compatible"]

IMPACTS: Final[tuple[Impact, ...]] = get_args(Impact)
"""The impacts, the worst first."""


@dataclass(slots=True, frozen=True)
class Change:
    """What changed, and whether it breaks a driver or other software."""

    device: str
    """The name of the device or board."""
    part: str
    """The part that changed: ``register CTRL``, ``field CTRL.MODE``, ``interrupt intr``."""
    verb: str
    """What happened to it: ``moved``, ``removed``, ``reset value changed``."""
    impact: Impact
    """``breaking``, ``behaviour`` (may break; see ``devgen.comparison``) or ``compatible``."""
    before: str = ""
    """The value in the old version; empty if there is none to show."""
    after: str = ""
    """The value in the new version."""
    of: Literal["device", "board"] = "device"
    """Whether a device or a board changed."""

    @property
    def kind(self) -> str:
        """A name of the kind of change for programs: ``register-moved``, ``field-reset-value-changed``.

        Those of boards begin with ``board``: ``board-region-moved``.
        """
        part = self.part.split(" ")[0]
        prefix = "board-" if self.of == "board" and part != "board" else ""
        return f"{prefix}{part}-{self.verb}".replace(" ", "-").lower()

    @property
    def message(self) -> str:
        """The change in one line: ``register CTRL: moved: registers+0x0 -> registers+0x4``."""
        if self.verb.endswith(("added", "removed")):
            values = self.before or self.after
        else:
            values = f"{self.before or 'none'} -> {self.after or 'none'}" if self.before or self.after else ""
        return f"{self.part}: {self.verb}" + (f": {values}" if values else "")

    def json(self) -> dict[str, str]:
        """Return the change as plain data for ``json.dumps``: its key ``device`` or ``board`` has the name."""
        data = asdict(self)
        of, name = data.pop("of"), data.pop("device")
        return {of: name, **data, "kind": self.kind, "message": self.message}
