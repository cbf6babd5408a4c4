"""Address maps that devgen exported, as the descriptions that they came from.

Such a map has the property ``devgen``, which names its device. Everything that SystemRDL says is taken from its own
properties, the rest from the property; so a change by hand of either takes effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from devgen.exchange.rdl.carried_keys import carried_keys, mapping_in, name_in, names_in, refuse
from devgen.exchange.rdl.devgen_registers import DevgenRegisters, ordered, texts
from devgen.exchange.rdl_export.rdl_order import KEY as ORDER
from devgen.exchange.register_map import WholeDevice
from devgen.exchange.yaml_text import Block

if TYPE_CHECKING:
    from systemrdl.node import AddressableNode, AddrmapNode

_OWN: Final = frozenset(("device", "bus", "region", "regions", "registers", ORDER))
"""Keys that are not copied as they stand."""


def devgen_device(node: AddrmapNode) -> WholeDevice:
    """Return the description that an address map was exported from.

    Raises:
        FileError: a property ``devgen`` is damaged.
    """
    carried = carried_keys(node)
    refuse(carried, ("fragment", "include", "types"), node)
    own = texts(node) | {key: value for key, value in carried.items() if key not in _OWN}
    title = own.pop("title", "")
    regions = _regions(node, carried)
    tree = own | {"regions": Block(ordered(regions, names_in(carried, ORDER, node)))}
    return WholeDevice(name_in(carried, "device", node, ""), str(carried.get("bus", "sysbus")), str(title), tree)


def layers_of(node: AddrmapNode) -> dict[str, list[AddressableNode]]:
    """Return the address maps and memories of each region in a device's map; a map with registers is one itself."""
    from systemrdl.node import AddrmapNode, MemNode, RegfileNode, RegNode

    layers: dict[str, list[AddressableNode]] = {}
    for child in node.children():
        if isinstance(child, AddrmapNode | MemNode):
            layers.setdefault(name_in(carried_keys(child), "region", child, child.inst_name), []).append(child)
    if any(isinstance(child, RegNode | RegfileNode) for child in node.children()):
        layers[name_in(carried_keys(node), "region", node, "registers")] = [node]
    return layers


def _regions(node: AddrmapNode, carried: Mapping[str, Any]) -> dict[str, Any]:
    """Return the regions: of the maps and memories in a device's map, of its own registers, and the carried ones."""
    others = mapping_in(carried, "regions", node)
    regions: dict[str, Any] = {}
    for name, layers in layers_of(node).items():
        if layers != [node]:
            regions[name] = _region(layers)
            continue
        spec = mapping_in(others, name, node)
        own = {key: value for key, value in spec.items() if key not in _OWN}
        registers = DevgenRegisters(_width(spec)).describe([node], spec, node)
        regions[name] = Block(own | {"registers": registers})
    return regions | {name: spec for name, spec in others.items() if name not in regions}


def _region(layers: list[AddressableNode]) -> Block:
    """Return the region of one or more maps, or of a memory."""
    from systemrdl.node import MemNode

    node = layers[0]
    carried = carried_keys(node)
    region = texts(node) | {key: value for key, value in carried.items() if key not in _OWN}
    if isinstance(node, MemNode):
        return Block(region)
    return Block(region | {"registers": DevgenRegisters(_width(carried)).describe(layers, carried, node)})


def _width(spec: Mapping[str, Any]) -> int:
    width = spec.get("width")
    return width if isinstance(width, int) else 32
