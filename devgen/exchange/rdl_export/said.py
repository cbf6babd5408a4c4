"""The SystemRDL properties of a part, and the keys that its property ``devgen`` carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, frozen=True)
class Said:
    """``properties``: names and values of SystemRDL's properties. ``carried``: keys of the description language.

    ``references``: properties whose values are fields, by the fields' names in the description.
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    carried: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: Said) -> Said:
        """Return both together; the other one's come last."""
        return Said(
            {**self.properties, **other.properties},
            {**self.carried, **other.carried},
            {**self.references, **other.references},
        )
