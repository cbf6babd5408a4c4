"""Regions as address maps: one for each layer of registers. RAM and ROM are memories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from devgen.exchange.rdl_export.rdl_component import Component
from devgen.exchange.rdl_export.rdl_order import carried_order
from devgen.exchange.rdl_export.said import Said
from devgen.exchange.rdl_export.said_registers import RdlRegisters
from devgen.exchange.rdl_export.said_texts import said_texts
from devgen.language.view import RegionView

Spec = Mapping[str, Any]

_SAID: Final = frozenset(("registers", "description"))


@dataclass(slots=True, frozen=True)
class RdlRegion:
    """A region: its SystemRDL properties, and its address map's children by layer. ``memory``: it is RAM or ROM."""

    name: str
    size: int
    said: Said
    layers: tuple[tuple[Component, ...], ...]
    memory: bool = False


def region_of(region: RegionView, spec: Spec) -> RdlRegion:
    """Return a region as SystemRDL; one without registers and memory has neither layers nor memory."""
    said = said_texts(spec)
    carried = {key: value for key, value in spec.items() if key not in _SAID}
    if region.kind != "registers":
        return RdlRegion(region.name, region.size, said + Said(_memory(region), carried), (), True)
    registers = RdlRegisters.of(region)
    specs = spec.get("registers", {})
    layers = registers.layers(specs)
    names = [item.component.name for layer in layers for item in layer]
    carried |= carried_order(specs, names)
    endian = {"bigendian": "true"} if region.endian == "big" else {}
    children = tuple(tuple(item.component for item in layer) for layer in layers)
    return RdlRegion(region.name, region.size, said + Said(endian, carried), children)


def _memory(region: RegionView) -> dict[str, str]:
    width = 32 if region.size % 4 == 0 else 8
    access = {"sw": "r"} if region.kind == "rom" else {}
    return {"memwidth": str(width), "mementries": f"{region.size * 8 // width:#x}", **access}
