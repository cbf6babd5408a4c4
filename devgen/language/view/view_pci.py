"""Makes the view of a device's PCI part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from devgen.language import model
from devgen.language.elaborate.capability_lists import place_capabilities
from devgen.language.view.pci_views import BarView, CapabilityView, PciView
from devgen.language.view.source_texts import Tree, below, source_text

Kind = Literal["msi", "msix", "pm", "express", "vendor", "serial_number"]
Setting = tuple[str, int | float | str | bool]

_PINS: tuple[Literal["", "A", "B", "C", "D"], ...] = ("", "A", "B", "C", "D")
_POWER_STATES = ("D0", "D1", "D2", "D3hot", "D3cold")


def view_pci(pci: model.Pci, regions: Iterable[model.Region], spec: Tree) -> PciView:
    """Return the view of a function's PCI part; ``spec`` is the description's ``pci`` mapping."""
    placed = sorted(regions, key=lambda region: region.offset)
    return PciView(
        vendor=pci.vendor,
        device=pci.device,
        revision=pci.revision,
        class_code=pci.class_code,
        subsystem_vendor=pci.subsystem_vendor,
        subsystem_device=pci.subsystem_device,
        interrupt_pin=_PINS[pci.interrupt_pin],
        bars=tuple(_bar(bar, [region.name for region in placed if region.bar == bar.index]) for bar in pci.bars),
        capabilities=tuple(_capabilities(pci, spec)),
    )


def _bar(bar: model.Bar, regions: list[str]) -> BarView:
    return BarView(bar.index, bar.type, bar.size, bar.prefetchable, tuple(regions))


def _capabilities(pci: model.Pci, spec: Tree) -> Iterator[CapabilityView]:
    for capability, offset, size in place_capabilities((*pci.capabilities, *pci.extended)):
        kind, settings = _settings(capability, spec)
        vendor = capability if isinstance(capability, model.VendorSpecific | model.VendorExtended) else None
        yield CapabilityView(
            kind=kind,
            name=vendor.name if vendor else kind,
            extended=isinstance(capability, model.ExtendedCapability),
            offset=offset,
            size=size,
            settings=settings,
            contents=vendor.contents if vendor else b"",
        )


def _settings(capability: model.Capability | model.ExtendedCapability, spec: Tree) -> tuple[Kind, tuple[Setting, ...]]:
    match capability:
        case model.Msi(vectors, masking):
            return "msi", (("vectors", vectors), ("masking", masking))
        case model.MsiX(vectors, bar, table, pending_bar, pending):
            table_place = (("table_bar", bar), ("table_offset", table))
            return "msix", (
                ("vectors", vectors),
                *table_place,
                ("pending_bar", pending_bar),
                ("pending_offset", pending),
            )
        case model.PowerManagement(d1, d2, pme, no_soft_reset):
            wakes = ", ".join(_POWER_STATES[state] for state in pme)
            return "pm", (("d1", d1), ("d2", d2), ("pme", wakes), ("no_soft_reset", no_soft_reset))
        case model.Express(kind, payload, speed, width, flr):
            link: tuple[Setting, ...] = () if kind == "integrated" else (("speed_gts", speed), ("width", width))
            return "express", (("type", kind), ("max_payload", payload), *link, ("flr", flr))
        case model.VendorSpecific():
            return "vendor", ()
        case model.VendorExtended(_, id_, revision):
            return "vendor", (("id", id_), ("revision", revision))
        case model.SerialNumber():
            number = below(spec, "extended_capabilities", "serial_number").get("number")
            return "serial_number", (("number", source_text(number)),)
