"""The lists of capabilities in configuration space, with the offset of each capability."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics import codes_pci as kinds
from devgen.language.elaborate import express_keys as express
from devgen.language.elaborate import power_keys as power
from devgen.language.elaborate.byte_overlaps import Span
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.msi_keys import build_msi, build_msix, check_parts, check_table, register_spans, touches
from devgen.language.elaborate.region_drafts import CONFIG_END, CONFIG_START, EXTENDED_END, RegionDraft
from devgen.language.elaborate.vendor_keys import EXTENDED_HEADER, HEADER, build_vendor, build_vendor_extended
from devgen.language.model import (
    Bar,
    Bus,
    Capability,
    Express,
    ExtendedCapability,
    Msi,
    MsiX,
    PowerManagement,
    SerialNumber,
    VendorExtended,
    VendorSpecific,
)


@dataclass(slots=True, frozen=True)
class Entry:
    """A capability at ``start`` of configuration space: ``parent[key]`` describes it, ``name`` is for messages."""

    name: str
    parent: Tree
    key: str
    what: Capability | ExtendedCapability
    start: int

    @property
    def spec(self) -> Tree:
        """Its keys in the description."""
        return entries(self.parent, self.key)

    @property
    def size(self) -> int:
        """Its bytes in configuration space."""
        match self.what:
            case Msi(masking=masking):
                return 24 if masking else 14
            case MsiX():
                return 12
            case PowerManagement():
                return power.SIZE
            case Express():
                return express.SIZE
            case SerialNumber():
                return express.SERIAL_NUMBER_SIZE
            case VendorSpecific(size=size) | VendorExtended(size=size):
                return size

    @property
    def end(self) -> int:
        """The first offset after it."""
        return self.start + self.size

    @property
    def fixed(self) -> Span:
        """The bytes that registers must not overlap: in a vendor-specific capability only the header."""
        match self.what:
            case VendorSpecific():
                size = HEADER
            case VendorExtended():
                size = EXTENDED_HEADER
            case _:
                size = self.size
        return Span(self.start, size, size, 1, self)

    @property
    def extended(self) -> bool:
        """Whether it is in the list of extended capabilities."""
        return isinstance(self.what, ExtendedCapability)


Built = tuple[str, Tree, str, Capability | ExtendedCapability]
"""A capability's name in messages, its place in the description (mapping and key), and the capability."""


def draft_capabilities(ctx: Context, tree: Tree, bus: Bus) -> list[Entry]:
    """Build the capabilities of both lists in order, and report those with an invalid offset."""
    if bus is not Bus.PCI:
        return []
    pci = entries(tree, "pci")
    placed = list(_placed(_built(ctx, entries(pci, "capabilities")), CONFIG_START))
    placed += _placed(_built_extended(ctx, entries(pci, "extended_capabilities")), CONFIG_END)
    for index, entry in enumerate(placed):
        _check_place(ctx, entry, [earlier for earlier in placed[:index] if earlier.extended == entry.extended])
    return placed


def _placed(built: Iterator[Built], following: int) -> Iterator[Entry]:
    """Yield each capability at its `at`, or after the previous capability."""
    for name, parent, key, what in built:
        entry = Entry(name, parent, key, what, following if what.at is None else what.at)
        following = (entry.end + 3) & ~3
        yield entry


def place_capabilities(
    capabilities: Iterable[Capability | ExtendedCapability],
) -> Iterator[tuple[Capability | ExtendedCapability, int, int]]:
    """Yield capabilities of a function, the extended list last, each with its offset and size in bytes."""
    nowhere: Tree = {}
    both = [("", nowhere, "", capability) for capability in capabilities]
    for extended, start in ((False, CONFIG_START), (True, CONFIG_END)):
        listed = (built for built in both if isinstance(built[3], ExtendedCapability) == extended)
        for entry in _placed(listed, start):
            yield entry.what, entry.start, entry.size


def _built(ctx: Context, specs: Tree) -> Iterator[Built]:
    for kind, spec in specs.items():
        match kind:
            case "msi":
                yield kind, specs, kind, build_msi(spec)
            case "msix":
                yield kind, specs, kind, build_msix(spec)
            case "pm":
                yield kind, specs, kind, power.build_power(ctx, spec)
            case "express":
                yield kind, specs, kind, express.build_express(ctx, spec)
            case _:
                for name, vendor in spec.items():
                    yield f"vendor: {name}", spec, name, build_vendor(ctx, name, vendor)


def _built_extended(ctx: Context, specs: Tree) -> Iterator[Built]:
    for kind, spec in specs.items():
        if kind == "serial_number":
            yield kind, specs, kind, express.build_serial_number(ctx, spec)
        else:
            for name, vendor in spec.items():
                yield f"vendor: {name}", spec, name, build_vendor_extended(ctx, name, vendor)


def _check_place(ctx: Context, entry: Entry, before: list[Entry]) -> None:
    """Report a capability that is misaligned, exceeds its part of configuration space or overlaps an earlier one."""
    problem = _misplaced(entry, before)
    if not problem:
        return
    if "at" in entry.spec:
        ctx.at_value(kinds.CAPABILITY, entry.spec, "at", name=entry.name, problem=problem)
    else:
        ctx.at_key(kinds.CAPABILITY, entry.parent, entry.key, name=entry.name, problem=problem)


def _misplaced(entry: Entry, before: list[Entry]) -> str:
    start, end = f"{entry.start:#x}", f"{entry.end:#x}"
    limit = EXTENDED_END if entry.extended else CONFIG_END
    other = next((earlier for earlier in before if earlier.start < entry.end and entry.start < earlier.end), None)
    if entry.start % 4:
        return f"it starts at {start}, which is not a multiple of 4"
    if entry.end > limit:
        return f"it would end at {end}, and its part of configuration space ends at {limit:#x}"
    if other is not None:
        return f"it covers {start} to {end} and overlaps {other.name}"
    if entry.extended and entry.start != CONFIG_END and not before:
        return f"it starts at {start}, but the first one of the list starts at {CONFIG_END:#x}"
    return ""


def check_capabilities(
    ctx: Context, capabilities: list[Entry], bars: tuple[Bar, ...], regions: list[RegionDraft]
) -> None:
    """Report capabilities that overlap registers, and MSI-X structures outside a BAR or overlapping its contents."""
    own = [span for draft in regions if draft.space == "config" for span in register_spans(draft)]
    extended = any(entry.extended for entry in capabilities)
    for entry in capabilities:
        if touches(own, entry.fixed):
            problem = "it overlaps a register of `space: config`"
            ctx.at_key(kinds.CAPABILITY, entry.parent, entry.key, name=entry.name, problem=problem)
        if isinstance(entry.what, Express) and not extended and touches(own, Span(CONFIG_END, 4, 4, 1, entry)):
            problem = f"a register is at {CONFIG_END:#x}, where the list of extended capabilities starts"
            ctx.at_key(kinds.CAPABILITY, entry.parent, entry.key, name=entry.name, problem=problem)
        if isinstance(entry.what, MsiX):
            check_parts(ctx, entry.spec, bars)
            check_table(ctx, entry.spec, regions)
