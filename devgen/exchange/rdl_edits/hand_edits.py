"""Finds what a person changed in SystemRDL that devgen exported and that the description made of it does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from devgen.exchange.export_formats import FORMATS, ExportDevice
from devgen.exchange.findings import Findings
from devgen.exchange.rdl.compiling import compile_files
from devgen.exchange.rdl_edits.compared_parts import Part, Parts
from devgen.exchange.register_map import WholeDevice
from devgen.exchange.yaml_text import yaml_text
from devgen.language import load_device
from devgen.language.view import view_of

if TYPE_CHECKING:
    from systemrdl.node import AddrmapNode


@dataclass(slots=True, frozen=True)
class HandEdit:
    """A property of a part whose value is not that of the exported description. ``name`` is empty: the part is new."""

    part: Part
    name: str
    value: Any
    shown: Any


def hand_edits(top: AddrmapNode, device: WholeDevice) -> list[HandEdit] | None:
    """Return what the description ``device`` of the address map does not have; None if the description has errors.

    Raises:
        FileError: the description cannot be exported.
    """
    with TemporaryDirectory(prefix="devgen-") as folder:
        shown = _exported(device, Path(folder))
        return None if shown is None else list(_differences(Parts.of(top), Parts.of(shown)))


def _exported(device: WholeDevice, folder: Path) -> AddrmapNode | None:
    """Return the address map that an export of the description is compiled to."""
    source, again = folder / f"{device.name}.yaml", folder / f"{device.name}.rdl"
    head = {"device": device.name, **({"title": device.title} if device.title else {}), "bus": device.bus}
    source.write_text(yaml_text({**head, **device.tree}), encoding="utf-8")
    loaded = load_device(source)
    if not loaded.ok or loaded.tree is None or loaded.places is None:
        return None
    described = ExportDevice(source, view_of(loaded), loaded.tree, loaded.places)
    again.write_text(FORMATS["systemrdl"].render([described], Findings()), encoding="utf-8")
    return compile_files([again])[0]


def _differences(stated: Parts, shown: Parts) -> Iterator[HandEdit]:
    for key, part in stated.by_key.items():
        other = shown.by_key.get(key)
        if other is None:
            yield HandEdit(part, "", None, None)
            continue
        for name in sorted(stated.names(part) | shown.names(other)):
            value, usual = stated.value(part, name), shown.value(other, name)
            if value != usual:
                yield HandEdit(part, name, value, usual)
