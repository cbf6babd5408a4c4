"""The files for all devices: the values of their templates, and the detection of stale files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, field
from typing import TYPE_CHECKING

from devgen.build.manifest import Entry, digest
from devgen.common.quick_dataclass import dataclass

if TYPE_CHECKING:
    from devgen.language.view import DeviceView


class DeviceUnknown(Exception):
    """A description that a file for all devices needs has errors. The file is not changed."""


@dataclass(slots=True, frozen=True)
class ListedDevice:
    """A device in the templates for all devices. ``view`` loads the description when a template uses it."""

    name: str
    title: str
    source: str
    """The description's path, as in headers."""
    files: tuple[str, ...]
    """The files generated from it, in the same folder."""
    facts: Mapping[str, str]
    """The values that the target's backend stores about it."""
    load: Callable[[], DeviceView] = field(repr=False, compare=False)

    @property
    def view(self) -> DeviceView:
        """Return the device's view. Raises DeviceUnknown if its description has errors."""
        return self.load()


@dataclass(slots=True, frozen=True)
class ListedBoard:
    """A board in the templates for all devices."""

    name: str
    title: str
    source: str
    """The board's path, as in headers."""
    files: tuple[str, ...]
    """The files generated from it, in the same folder."""


def made_of(entries: Mapping[str, Entry]) -> str:
    """Return a digest of everything that the files for all devices can depend on."""
    return digest(json.dumps([(name, asdict(entry)) for name, entry in sorted(entries.items())]).encode())
