"""The result of loading a device file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.model import Device
from devgen.language.reading.source_map import Sources
from devgen.language.reading.waivers import NO_WAIVERS, WaiverUse


@dataclass(slots=True, frozen=True)
class LoadResult:
    """The result of loading a device file. ``device`` is None if there is an error, or if the file is a fragment.

    ``sources`` are the files that were read: the description first, then what it includes. ``tree`` is the merged
    description that the device was built from; ``devgen.language.view`` takes source texts from it. ``places`` knows
    the place of each key and value of ``tree``. ``waivers`` are the comments that accept warnings.
    """

    device: Device | None
    diagnostics: list[Diagnostic]
    sources: list[Path]
    fragment: bool = False
    tree: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    places: Sources | None = field(default=None, repr=False, compare=False)
    waivers: WaiverUse = field(default=NO_WAIVERS, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether no error was found."""
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)
