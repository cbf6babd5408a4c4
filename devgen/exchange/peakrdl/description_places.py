"""Places in descriptions as PeakRDL's messages show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from systemrdl.component import AddressableComponent, Addrmap, Component, Mem
from systemrdl.source_ref import DetailedFileSourceRef, FileSourceRef

from devgen.language.model import Mark

if TYPE_CHECKING:
    from devgen.exchange.export_formats import ExportDevice
    from devgen.language.diagnostics.diagnostic import Diagnostic

Path = tuple[str, ...]
"""The names of register files, register and field."""


class DescriptionPlace(DetailedFileSourceRef):
    """A place of ``length`` characters in a line of a description."""

    def __init__(self, mark: Mark, text: str, length: int) -> None:
        super().__init__(mark.file)
        self._mark = mark
        self._text = text
        self._length = length

    @property
    def path(self) -> str:
        """The file."""
        return self._mark.file

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        return self._mark.line

    @property
    def line_text(self) -> str:
        """The line's text."""
        return self._text

    @property
    def line_selection(self) -> tuple[int, int]:
        """The first and the last character, counted from 0."""
        first = self._mark.column - 1
        return first, max(first, min(first + self._length, len(self._text)) - 1)


def place_of_diagnostic(diagnostic: Diagnostic) -> DescriptionPlace:
    """Return the place of a diagnostic."""
    return DescriptionPlace(diagnostic.mark, diagnostic.excerpt, diagnostic.length)


def move_places(definition: Component, device: ExportDevice) -> None:
    """Give the definition of a device, and what is in it, the places of the description."""
    places = dict(_places(device))
    _move(definition, (), places, FileSourceRef(str(device.path)))


def _move(component: Component, path: Path, places: Mapping[Path, FileSourceRef], outer: FileSourceRef) -> None:
    place = places.get(path, outer)
    component.def_src_ref = component.inst_src_ref = place
    component.property_src_ref = dict.fromkeys(component.property_src_ref, place)
    for child in component.children:
        is_region = isinstance(child, AddressableComponent) and isinstance(child, Addrmap | Mem)
        _move(child, path if is_region else (*path, str(child.inst_name)), places, place)


def _places(device: ExportDevice) -> Iterator[tuple[Path, FileSourceRef]]:
    for region in device.tree["regions"].values():
        yield from _members(device, region.get("registers", {}), ())


def _members(device: ExportDevice, members: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, FileSourceRef]]:
    for name, spec in members.items():
        mark = device.places.key_mark(members, name)  # type: ignore[arg-type]
        yield (*path, name), DescriptionPlace(mark, device.places.line(mark.file, mark.line), len(name))
        for key in ("registers", "fields"):
            if isinstance(spec, Mapping) and isinstance(spec.get(key), Mapping):
                yield from _members(device, spec[key], (*path, name))
