"""The memory maps of an IP-XACT component as chips."""

from __future__ import annotations

from devgen.errors import FileError
from devgen.exchange.findings import Findings
from devgen.exchange.ipxact.address_blocks import BlockReader
from devgen.exchange.ipxact.ipxact_expressions import Expressions
from devgen.exchange.ipxact.ipxact_values import Values
from devgen.exchange.register_map import Chip
from devgen.exchange.xml_elements import Element


def chips_of(root: Element, findings: Findings) -> list[Chip]:
    """Return a chip for each memory map of a component, also for the local ones of its address spaces.

    The chip has the component's name, and the map's too if there are several.

    Raises:
        FileError: the root is no component, or it has no memory map.
    """
    if root.tag != "component":
        raise FileError(f"{root.place}: no IP-XACT component: the root is <{root.tag}>")
    maps = [found for holder in root.all("memoryMaps") for found in holder.all("memoryMap")]
    for holder in root.all("addressSpaces"):
        maps += [found for space in holder.all("addressSpace") for found in space.all("localMemoryMap")]
    if not maps:
        raise FileError(f"{root.place}: the component has no <memoryMap>, so no registers")
    reader = BlockReader(Values(Expressions(_parameters(root)), findings))
    name = root.words("name") or "component"
    return [_chip(root, memory_map, reader, name, len(maps) == 1) for memory_map in maps]


def _chip(root: Element, memory_map: Element, reader: BlockReader, component: str, alone: bool) -> Chip:
    own = memory_map.words("name") or "map"
    name = component if alone else f"{component}_{own}"
    words = memory_map.words("description") or root.words("description")
    vendor, version = root.words("vendor"), root.words("version")
    return Chip(name, memory_map.place, tuple(reader.peripherals(memory_map, own)), words, vendor, version)


def _parameters(root: Element) -> dict[str, str]:
    """Return the text of all parameters by their identifiers, and by their names if these are free."""
    found: dict[str, str] = {}
    named: dict[str, str] = {}
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.tag in ("parameter", "moduleParameter"):
            text = element.value("value") or ""
            found.setdefault(element.attributes.get("parameterId", ""), text)
            named.setdefault(element.words("name"), text)
        waiting += reversed(element.children)
    return {**named, **found}
