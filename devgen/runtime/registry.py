"""Where devices are found by name: project folders, the built catalogue, installed packages.

Priority, first match wins: classes added by hand, the folders given (a user's project), entry points of the group
``devgen.devices``, devgen's own catalogue. A user may so replace a device of the catalogue; two of one kind that bring
the same name are an error.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from devgen.runtime.device import Device
from devgen.runtime.errors import MachineError, suggest
from devgen.share import find_share

GROUP = "devgen.devices"
"""Entry-point group. A value is ``module:Class``, or ``module`` with a ``CATALOGUE`` (device name → class path)."""

_PRIVATE = "_devgen_catalogue_"


class Registry:
    """Finds device classes by name. A module is imported only when one of its devices is asked for."""

    def __init__(self, folders: Iterable[Path] = (), *, bundled: bool = True, installed: bool = True) -> None:
        self._added: dict[str, type[Device]] = {}
        self._folders = [Folder(path) for path in folders]
        share = find_share("generated") if bundled else None
        self._bundled = None if share is None else Folder(share)
        self._installed = installed

    def add(self, device_class: type[Device]) -> None:
        """Make a class known under its NAME, before all others. Raises MachineError if the name was added before."""
        known = self._added.setdefault(device_class.NAME, device_class)
        if known is not device_class:
            raise MachineError(f"two devices named '{device_class.NAME}' were added")

    def find(self, name: str) -> type[Device]:
        """The class of ``name``. Raises MachineError, with a suggestion, if there is none or its module is broken."""
        raise MachineError(f"unknown device '{name}'{suggest(name, self.names())}")

    def names(self) -> list[str]:
        """All known names, sorted."""
        return sorted(self._added)
