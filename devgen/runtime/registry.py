"""Where devices are found by name: project folders, the built catalogue, installed packages.

Priority, first match wins: classes added by hand, the folders given (a user's project), entry points of the group
``devgen.devices``, devgen's own catalogue. A user may so replace a device of the catalogue; two of one kind that bring
the same name are an error.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Protocol

from devgen.runtime.device import Device
from devgen.runtime.errors import MachineError, suggest
from devgen.share import find_share

GROUP = "devgen.devices"
"""Entry-point group. A value is ``module:Class`` (the device's name is the entry's), or ``module`` for a package with
a ``CATALOGUE``, a mapping of device name to ``"module:Class"`` within that package."""

_PRIVATE = "_devgen_catalogue_"


class RegistryError(MachineError):
    """A device is unknown, or what should bring it cannot be used."""


class Source(Protocol):
    """Somewhere devices come from. ``label`` is what ``devgen list`` shows."""

    label: str
    optional: bool
    """Whether the rest of the registry goes on without it when it is broken."""

    def catalogue(self) -> Mapping[str, str]:
        """Device name → ``"module:Class"``. Raises RegistryError when the source is broken."""
        ...

    def load(self, name: str) -> type[Device]:
        """The class of a name of the catalogue. Raises RegistryError when its module is broken."""
        ...


class Folder:
    """A ``generated`` package in a folder, imported under a private name: no package of its name need be importable."""

    optional = False

    def __init__(self, path: Path, label: str | None = None) -> None:
        self.path = path.resolve()
        self.label = label or str(path)

    def catalogue(self) -> Mapping[str, str]:
        """The package's CATALOGUE."""
        return _catalogue(self._package(), self.label)

    def load(self, name: str) -> type[Device]:
        """Import the device's module."""
        return _load(self._package(), self.catalogue()[name], self.label)

    def _package(self) -> ModuleType:
        """The imported package. Its private name has the files' newest time in it: a rebuilt folder is read again."""
        init = self.path / "__init__.py"
        try:
            newest = max(map(_modified, self.path.glob("*.py")), default=0)
        except OSError as error:
            raise RegistryError(f"cannot read {self.path}: {error.strerror}") from error
        if not init.is_file():
            raise RegistryError(f"{self.path} is no folder of built devices: it has no __init__.py")
        name = _PRIVATE + sha256(f"{self.path}:{newest}".encode()).hexdigest()[:16]
        return sys.modules.get(name) or _import_file(name, init, self.label)


class Installed:
    """An entry point of an installed package; a broken one does not keep others from being used."""

    optional = True

    def __init__(self, entry: EntryPoint) -> None:
        self._entry = entry
        self.label = f"package {entry.dist.name}" if entry.dist is not None else f"entry point {entry.name}"

    def catalogue(self) -> Mapping[str, str]:
        """The one device it names, or its package's CATALOGUE."""
        if self._entry.attr:
            return {self._entry.name: f"{self._entry.module}:{self._entry.attr}"}
        return _catalogue(_import(self._entry.module, self.label), self.label)

    def load(self, name: str) -> type[Device]:
        """Import the device's module."""
        if self._entry.attr:
            module = _import(self._entry.module, self.label)
            return _device_class(module, self._entry.attr, self.label)
        return _load(_import(self._entry.module, self.label), self.catalogue()[name], self.label)


class Registry:
    """Finds device classes by name. A device's module is imported only when the device is asked for.

    ``bundled``: devgen's own catalogue; ``installed``: entry points of installed packages.
    """

    def __init__(self, folders: Iterable[Path] = (), *, bundled: bool = True, installed: bool = True) -> None:
        self._added: dict[str, type[Device]] = {}
        self._tiers: list[list[Source]] = [[Folder(path) for path in folders]]
        self._tiers.append([Installed(entry) for entry in entry_points(group=GROUP)] if installed else [])
        share = find_share("generated") if bundled else None
        self._tiers.append([] if share is None else [Folder(share, "devgen")])

    def add(self, device_class: type[Device]) -> None:
        """Make a class known under its NAME, before all others. Raises RegistryError if the name was added before."""
        known = self._added.setdefault(device_class.NAME, device_class)
        if known is not device_class:
            raise RegistryError(f"two devices named '{device_class.NAME}' were added")

    def find(self, name: str) -> type[Device]:
        """The class of ``name``. Raises RegistryError, with a suggestion, if there is none or its module is broken."""
        if name in self._added:
            return self._added[name]
        return self._source(name).load(name)

    def names(self) -> list[str]:
        """All known names, sorted. Raises RegistryError if one of the folders is broken."""
        found = set(self._added)
        for tier in self._tiers:
            for source in tier:
                found.update(_names_of(source, []))
        return sorted(found)

    def describe(self, name: str) -> tuple[str, str, str]:
        """Bus, title and source of a device."""
        device_class = self.find(name)
        label = "added" if name in self._added else self._source(name).label
        return device_class.BUS, device_class.TITLE, label

    def _source(self, name: str) -> Source:
        faults: list[str] = []
        for tier in self._tiers:
            bringing = [source for source in tier if name in _names_of(source, faults)]
            if len(bringing) > 1:
                raise RegistryError(f"device '{name}' comes from both {bringing[0].label} and {bringing[1].label}")
            if bringing:
                return bringing[0]
        notes = "".join(f"; {fault}" for fault in faults)
        raise RegistryError(f"unknown device '{name}'{suggest(name, self.names())}{notes}")


def _names_of(source: Source, faults: list[str]) -> Mapping[str, str]:
    """The source's catalogue; of a broken optional one nothing, and why in ``faults``."""
    try:
        return source.catalogue()
    except RegistryError as error:
        if not source.optional:
            raise
        faults.append(str(error))
        return {}


def _modified(file: Path) -> int:
    """Time of the last change in ns; 0 for a file that a build has just removed, or a link to nothing."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _catalogue(package: ModuleType, label: str) -> Mapping[str, str]:
    catalogue = getattr(package, "CATALOGUE", None)
    if not isinstance(catalogue, Mapping):
        raise RegistryError(f"{label}: no CATALOGUE in its package")
    return catalogue


def _load(package: ModuleType, path: str, label: str) -> type[Device]:
    module_name, _, class_name = path.partition(":")
    return _device_class(_import(f"{package.__name__}.{module_name}", label), class_name, label)


def _device_class(module: ModuleType, class_name: str, label: str) -> type[Device]:
    found = getattr(module, class_name, None)
    if not isinstance(found, type) or not issubclass(found, Device):
        raise RegistryError(f"{label}: no device class {class_name} in {module.__name__}")
    return found


def _import(name: str, label: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # whatever a user's module raises, it is that module's fault and must be said as such
        raise RegistryError(f"{label}: cannot import {_shown(name)}: {error}") from error


def _import_file(name: str, init: Path, label: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(init.parent)])
    if spec is None or spec.loader is None:
        raise RegistryError(f"{label}: cannot import {init}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise RegistryError(f"{label}: cannot import {init}: {error}") from error
    return module


def _shown(name: str) -> str:
    """A module's name without the private package that a folder is imported under."""
    return name.partition(".")[2] if name.startswith(_PRIVATE) else name
