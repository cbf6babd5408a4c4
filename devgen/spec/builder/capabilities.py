"""The list of capabilities in configuration space: what is in it and where each lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from devgen.spec.builder.context import Context, Tree, entries
from devgen.spec.builder.messages import (
    build_msi,
    build_msix,
    check_parts,
    check_table,
    register_spans,
    touches,
)
from devgen.spec.builder.overlaps import Span
from devgen.spec.builder.regions import CONFIG_END, CONFIG_START, RegionDraft
from devgen.spec.builder.vendor import HEADER, build_vendor
from devgen.spec.catalogue import pci as kinds
from devgen.spec.model import Bar, Bus, Capability, Msi, MsiX, VendorSpecific


@dataclass(slots=True, frozen=True)
class Entry:
    """A capability at ``start`` of configuration space: ``parent[key]`` describes it, ``name`` is what it is called."""

    name: str
    parent: Tree
    key: str
    what: Capability
    start: int

    @property
    def spec(self) -> Tree:
        """What the description says of it."""
        return entries(self.parent, self.key)

    @property
    def size(self) -> int:
        """Its bytes in configuration space."""
        match self.what:
            case Msi(masking=masking):
                return 24 if masking else 14
            case MsiX():
                return 12
            case VendorSpecific(size=size):
                return size

    @property
    def end(self) -> int:
        """The first offset behind it."""
        return self.start + self.size

    @property
    def fixed(self) -> Span:
        """Where no register of the device's own may lie: a vendor's own bytes may be registers."""
        size = HEADER if isinstance(self.what, VendorSpecific) else self.size
        return Span(self.start, size, size, 1, self)


def draft_capabilities(ctx: Context, tree: Tree, bus: Bus) -> list[Entry]:
    """Build the capabilities in their order and report those that do not lie where they can."""
    if bus is not Bus.PCI:
        return []
    placed = list(_placed(ctx, entries(entries(tree, "pci"), "capabilities")))
    for index, entry in enumerate(placed):
        _check_place(ctx, entry, placed[:index])
    return placed


def _placed(ctx: Context, specs: Tree) -> Iterator[Entry]:
    """Yield each capability at its `at`, or behind the one before it."""
    following = CONFIG_START
    for name, parent, key, what in _built(ctx, specs):
        entry = Entry(name, parent, key, what, following if what.at is None else what.at)
        following = (entry.end + 3) & ~3
        yield entry


def _built(ctx: Context, specs: Tree) -> Iterator[tuple[str, Tree, str, Capability]]:
    for kind, spec in specs.items():
        match kind:
            case "msi":
                yield kind, specs, kind, build_msi(spec)
            case "msix":
                yield kind, specs, kind, build_msix(spec)
            case _:
                for name, one in spec.items():
                    yield f"vendor: {name}", spec, name, build_vendor(ctx, name, one)


def _check_place(ctx: Context, entry: Entry, before: list[Entry]) -> None:
    """Report a capability that is misaligned, reaches beyond the space or covers an earlier one of the list."""
    start, end = f"{entry.start:#x}", f"{entry.end:#x}"
    other = next((one for one in before if one.start < entry.end and entry.start < one.end), None)
    if entry.start % 4:
        problem = f"it starts at {start}, which is not a multiple of 4"
    elif entry.end > CONFIG_END:
        problem = f"it would end at {end}, and configuration space has {CONFIG_END:#x} bytes"
    elif other is not None:
        problem = f"it lies at {start} to {end}, where {other.name} is"
    else:
        return
    if "at" in entry.spec:
        ctx.at_value(kinds.CAPABILITY, entry.spec, "at", name=entry.name, problem=problem)
    else:
        ctx.at_key(kinds.CAPABILITY, entry.parent, entry.key, name=entry.name, problem=problem)


def check_capabilities(
    ctx: Context, capabilities: list[Entry], bars: tuple[Bar, ...], regions: list[RegionDraft]
) -> None:
    """Report capabilities that cover registers, and parts of MSI-X that lie outside a BAR or cover something there."""
    own = [span for draft in regions if draft.space == "config" for span in register_spans(draft)]
    for entry in capabilities:
        if touches(own, entry.fixed):
            problem = "it covers a register of `space: config`"
            ctx.at_key(kinds.CAPABILITY, entry.parent, entry.key, name=entry.name, problem=problem)
        if isinstance(entry.what, MsiX):
            check_parts(ctx, entry.spec, bars)
            check_table(ctx, entry.spec, regions)
