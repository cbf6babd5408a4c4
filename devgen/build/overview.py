"""The files for all devices: what their templates get, and when they have to be made anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from devgen.build.manifest import Entry, digest

if TYPE_CHECKING:
    from devgen.language.view import DeviceView


class DeviceUnknown(Exception):
    """A description in a file for all devices has errors now: the file stays as it is."""


@dataclass(slots=True, frozen=True)
class ListedDevice:
    """A device as the templates for all devices see it. ``view`` loads the description when a template uses it."""

    name: str
    title: str
    source: str
    """The description's path, as headers have it."""
    files: tuple[str, ...]
    """The files made of it, in the same folder."""
    facts: Mapping[str, str]
    """What the target's backend notes about it."""
    load: Callable[[], DeviceView] = field(repr=False, compare=False)

    @property
    def view(self) -> DeviceView:
        """The device's view. Raises DeviceUnknown if its description has errors."""
        return self.load()


def made_of(entries: Mapping[str, Entry]) -> str:
    """Return a digest of everything that the files for all devices can depend on."""
    return digest(json.dumps([(name, asdict(entry)) for name, entry in sorted(entries.items())]).encode())
