"""A device as an address map, and the text of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from devgen.errors import FileError
from devgen.exchange.export_formats import ExportDevice
from devgen.exchange.findings import Findings
from devgen.exchange.rdl_export.devgen_property import DECLARATION, devgen_property
from devgen.exchange.rdl_export.field_references import assignments
from devgen.exchange.rdl_export.native_aliases import with_aliases
from devgen.exchange.rdl_export.rdl_component import Component, Kind, definition
from devgen.exchange.rdl_export.rdl_order import carried_order
from devgen.exchange.rdl_export.said import Said
from devgen.exchange.rdl_export.said_regions import RdlRegion, region_of
from devgen.exchange.rdl_export.said_texts import said_texts
from devgen.exchange.spelled_numbers import spelled
from devgen.language.view import DeviceView

Spec = Mapping[str, Any]

_SAID: Final = frozenset(("title", "description", "regions"))
_DROPPED: Final = frozenset(("include", "types"))
"""Keys that have done their work when a description is loaded: the parts are where they belong."""


def render(devices: Sequence[ExportDevice], findings: Findings) -> str:
    """Return a SystemRDL file with the devices. There are no findings: what SystemRDL cannot say is carried along.

    Raises:
        FileError: a device has neither registers nor memory; an address map must have some.
    """
    texts = [definition(_device(device.view, spelled(device.tree, device.places))) for device in devices]
    return "\n".join([DECLARATION, *texts])


def _device(view: DeviceView, spec: Spec) -> Component:
    regions = [region_of(region, spec["regions"][region.name]) for region in view.regions]
    left = {region.name: dict(region.said.carried) for region in regions if not (region.layers or region.memory)}
    regions = [region for region in regions if region.layers or region.memory]
    if not regions:
        raise FileError(f"{view.sources[0]}: the device has neither registers nor memory, which SystemRDL needs")
    said = said_texts(spec) + Said({}, {k: v for k, v in spec.items() if k not in _SAID | _DROPPED})
    said += Said({}, carried_order(spec["regions"], [region.name for region in regions], left))
    if len(regions) == 1 and len(regions[0].layers) == 1:
        return _flat(view, said, regions[0], spec, left)
    if left:
        said += Said({}, {"regions": left})
    return Component("addrmap", view.stem, "", _properties(said), (), tuple(_maps(regions)))


def _flat(view: DeviceView, said: Said, region: RdlRegion, spec: Spec, left: Spec) -> Component:
    """Return a device of one region: its registers are those of the device's address map."""
    own = {key: value for key, value in spec["regions"][region.name].items() if key == "description"}
    endian = {key: value for key, value in region.said.properties.items() if key == "bigendian"}
    regions = {region.name: {**own, **region.said.carried}, **left}
    said += Said(endian, {"region": region.name, "regions": regions})
    enums, children = with_aliases(region.layers[0])
    return Component("addrmap", view.stem, "", _properties(said), enums, children, assignments=assignments(children))


def _maps(regions: Sequence[RdlRegion]) -> Iterable[Component]:
    """Yield the address maps and memories of the regions, one after the other in one address space.

    The addresses are for tools only: a board, or the guest that places BARs, decides where a region is.
    """
    taken = {region.name for region in regions}
    address = 0
    for region in regions:
        step = 1 << max(region.size - 1, 0).bit_length()
        for number, layer in enumerate(region.layers or [()]):
            enums, children = with_aliases(layer)
            address = -(-address // step) * step
            said = Said({}, {"region": region.name}) + (region.said if not number else Said())
            name = region.name if not number else _free(f"{region.name}_{number + 1}", taken)
            kind: Kind = "mem" if region.memory else "addrmap"
            at, lines = f" @ {address:#x}", assignments(children)
            yield Component(
                kind, name, at, _properties(said), enums, children, external=kind == "mem", assignments=lines
            )
            address += step


def _free(name: str, taken: set[str]) -> str:
    """Return a name for another layer of a region that no region has."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _properties(said: Said) -> tuple[tuple[str, str], ...]:
    return (*said.properties.items(), *devgen_property(said.carried))
