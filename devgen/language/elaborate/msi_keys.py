"""Message-signalled interrupts: the MSI and MSI-X capabilities, and the interrupts that are their vectors."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language.diagnostics import codes_pci as kinds
from devgen.language.elaborate.byte_overlaps import Span, TooManyElements, overlaps
from devgen.language.elaborate.elaboration import Context, Tree, entries, most
from devgen.language.elaborate.region_drafts import RegionDraft
from devgen.language.elaborate.register_spans import hull
from devgen.language.ir import Expr
from devgen.language.model import Bar, Bus, Msi, MsiX

_ENTRY = 16
"""Bytes of an entry of the MSI-X table."""

Part = tuple[str, str, int, int]
"""(key in `msix:`, BAR, offset, bytes)."""


def build_msi(spec: Tree) -> Msi:
    """Build an MSI capability."""
    return Msi(spec.get("vectors", 1), spec.get("masking", False), spec.get("at"))


def build_msix(spec: Tree) -> MsiX:
    """Build an MSI-X capability."""
    table, pending = entries(spec, "table"), entries(spec, "pending")
    return MsiX(
        spec.get("vectors", 1),
        table.get("bar", 0), table.get("at", 0), pending.get("bar", 0), pending.get("at", 0),
        spec.get("at"),
    )  # fmt: skip


def _parts(spec: Tree) -> Iterator[Part]:
    """Yield the places of the MSI-X table and pending bits in memory space."""
    vectors = spec.get("vectors", 1)
    sizes = {"table": _ENTRY * vectors, "pending": 8 * (-(-vectors // 64))}
    for key, size in sizes.items():
        place = entries(spec, key)
        yield key, str(place.get("bar", 0)), place.get("at", 0), size


def check_parts(ctx: Context, spec: Tree, bars: tuple[Bar, ...]) -> None:
    """Report a table or pending bits that are not in a memory BAR."""
    by_index = {str(bar.index): bar for bar in bars}
    for key, index, at, size in _parts(spec):
        bar, place = by_index.get(index), entries(spec, key)
        if key not in spec:
            continue
        if bar is None:
            ctx.at_value(kinds.UNKNOWN_BAR, place, "bar", name=f"'{key}' of MSI-X", bar=index)
        elif bar.type == "io":
            ctx.at_value(kinds.CAPABILITY, place, "bar", name="msix", problem=f"its {key} cannot lie in port space")
        elif at % 8:
            ctx.at_value(kinds.CAPABILITY, place, "at", name="msix", problem=f"its {key} must start at a multiple of 8")
        elif at + size > bar.size:
            problem = f"its {key} ends at {at + size:#x} of BAR {index}, which has {bar.size:#x} bytes"
            ctx.at_value(kinds.CAPABILITY, place, "at" if "at" in place else "bar", name="msix", problem=problem)


def check_table(ctx: Context, spec: Tree, regions: list[RegionDraft]) -> None:
    """Report a table or pending bits of MSI-X that overlap registers, memory or each other."""
    taken: dict[str, list[Span]] = {}
    for draft in regions:
        if draft.bar is not None:
            taken.setdefault(str(draft.bar.index), []).extend(_used(draft))
    for key, index, at, size in _parts(spec):
        if key not in spec:
            continue
        span = Span(at, size, size, 1, key)
        if touches(taken.setdefault(index, []), span):
            problem = f"its {key} overlaps something else in BAR {index}"
            ctx.at_key(kinds.CAPABILITY, spec, key, name="msix", problem=problem)
        taken[index].append(span)


def _used(draft: RegionDraft) -> Iterator[Span]:
    """Yield the bytes that a region uses, at offsets in its BAR."""
    if draft.kind != "registers":
        yield Span(draft.at, draft.size or 1, draft.size or 1, 1, draft)
        return
    for span in register_spans(draft):
        yield Span(span.start + draft.at, span.size, span.stride, span.count, span.owner)
    for bell in draft.doorbells:
        yield Span(draft.at + (bell.at or 0), bell.length or 1, bell.stride, bell.count or 1, bell)


def register_spans(draft: RegionDraft) -> Iterator[Span]:
    """Yield the bytes that a region's registers cover, at offsets in the region."""
    for entry in draft.registers:
        span = hull(entry)
        if span is not None:
            yield span


def touches(spans: list[Span], span: Span) -> bool:
    """Return whether ``span`` shares bytes with one of the others; True if there are too many elements to check."""
    near = [other for other in spans if other.start < span.end and span.start < other.end]
    try:
        return any(overlaps([other, span]) for other in near)
    except TooManyElements:
        return True


def check_vectors(ctx: Context, tree: Tree, bus: Bus, counts: dict[str, Expr | None]) -> None:
    """Report interrupts with a `vector` that no capability has."""
    specs = entries(entries(tree, "pci"), "capabilities")
    interrupts = entries(tree, "interrupts")
    # With both capabilities MSI-X needs an entry for each vector; MSI may share its fewer messages.
    room = entries(specs, "msix" if "msix" in specs else "msi").get("vectors", 1)
    for name, spec in interrupts.items():
        if "vector" not in spec:
            continue
        last = spec["vector"] + most(counts.get(name)) - 1
        if bus is not Bus.PCI:
            ctx.not_here(spec, "vector", f"the device is on bus {bus}")
        elif "intx" in spec:
            ctx.contradiction(spec, "vector", "intx", "a line is a wire or a message")
        elif not specs:
            ctx.at_value(kinds.NO_VECTOR, spec, "vector", name=name, problem="`pci` has no capability with messages")
        elif last >= room:
            problem = f"it needs vector {last}, but the capabilities have vectors 0 to {room - 1}"
            ctx.at_value(kinds.NO_VECTOR, spec, "vector", name=name, problem=problem)
