"""Message-signalled interrupts: the MSI and MSI-X capabilities, and the interrupts that are their vectors."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.spec.builder.context import Context, Tree, entries, most
from devgen.spec.builder.overlaps import Span, TooManyElements, overlaps
from devgen.spec.builder.regions import CONFIG_END, CONFIG_START, RegionDraft, span_of
from devgen.spec.catalogue import pci as kinds
from devgen.spec.ir import Expr
from devgen.spec.model import Bar, Bus, Msi, MsiX

_ENTRY = 16
"""Bytes of an entry of the MSI-X table."""

Part = tuple[str, str, int, int]
"""(key in `msix:`, BAR, offset, bytes)."""


def build_capabilities(ctx: Context, tree: Tree, bars: tuple[Bar, ...]) -> tuple[Msi | MsiX, ...]:
    """Build the capabilities in their order and report what lies outside its BAR."""
    specs = entries(entries(tree, "pci"), "capabilities")
    built = []
    for kind, spec in specs.items():
        built.append(_msi(spec) if kind == "msi" else _msix(spec))
        if kind == "msix":
            _check_parts(ctx, spec, bars)
    _check_places(ctx, specs)
    return tuple(built)


def _msi(spec: Tree) -> Msi:
    return Msi(spec.get("vectors", 1), spec.get("masking", False), spec.get("at"))


def _msix(spec: Tree) -> MsiX:
    table, pending = entries(spec, "table"), entries(spec, "pending")
    return MsiX(
        spec.get("vectors", 1),
        table.get("bar", 0), table.get("at", 0), pending.get("bar", 0), pending.get("at", 0),
        spec.get("at"),
    )  # fmt: skip


def _length(kind: str, spec: Tree) -> int:
    """Bytes of a capability in configuration space."""
    return 12 if kind == "msix" else 24 if spec.get("masking") else 14


def _config_spans(specs: Tree) -> Iterator[Span]:
    """Yield where each capability lies: at its `at`, or behind the one before it."""
    following = CONFIG_START
    for kind, spec in specs.items():
        start = spec.get("at", following)
        yield Span(start, _length(kind, spec), 1, 1, kind)
        following = max(following, (start + _length(kind, spec) + 3) & ~3)


def _check_places(ctx: Context, specs: Tree) -> None:
    following = CONFIG_START
    for span in _config_spans(specs):
        kind = str(span.owner)
        if span.start < following or span.start % 4 or span.end > CONFIG_END:
            problem = (
                f"it starts at {span.start:#x}; that must be a multiple of 4 from {following:#x} on, with room behind"
            )
            ctx.at_value(kinds.CAPABILITY, specs[kind], "at", name=kind, problem=problem)
        following = max(following, (span.end + 3) & ~3)


def _parts(spec: Tree) -> Iterator[Part]:
    """Yield where the parts of MSI-X in memory space lie."""
    vectors = spec.get("vectors", 1)
    sizes = {"table": _ENTRY * vectors, "pending": 8 * (-(-vectors // 64))}
    for key, size in sizes.items():
        place = entries(spec, key)
        yield key, str(place.get("bar", 0)), place.get("at", 0), size


def _check_parts(ctx: Context, spec: Tree, bars: tuple[Bar, ...]) -> None:
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
            ctx.at_value(kinds.CAPABILITY, place, "at", name="msix", problem=f"its {key} starts at a multiple of 8")
        elif at + size > bar.size:
            problem = f"its {key} ends at {at + size:#x} of BAR {index}, which has {bar.size:#x} bytes"
            ctx.at_value(kinds.CAPABILITY, place, "at" if "at" in place else "bar", name="msix", problem=problem)


def check_capabilities(ctx: Context, tree: Tree, regions: list[RegionDraft]) -> None:
    """Report capabilities that cover registers, memory or each other."""
    specs = entries(entries(tree, "pci"), "capabilities")
    if not specs:
        return
    own = [span for draft in regions if draft.space == "config" for span in _register_spans(draft)]
    for span in _config_spans(specs):
        if _touches(own, span):
            ctx.at_key(
                kinds.CAPABILITY,
                specs,
                str(span.owner),
                name=str(span.owner),
                problem="it covers a register of `space: config`",
            )
    spec = entries(specs, "msix")
    taken: dict[str, list[Span]] = {}
    for draft in regions:
        if draft.bar is not None:
            taken.setdefault(str(draft.bar.index), []).extend(_used(draft))
    for key, index, at, size in _parts(spec):
        if key not in spec:
            continue
        span = Span(at, size, size, 1, key)
        if _touches(taken.setdefault(index, []), span):
            problem = f"its {key} covers something else in BAR {index}"
            ctx.at_key(kinds.CAPABILITY, spec, key, name="msix", problem=problem)
        taken[index].append(span)


def _used(draft: RegionDraft) -> Iterator[Span]:
    """Yield what a region has declared, at offsets of its BAR."""
    if draft.kind != "registers":
        yield Span(draft.at, draft.size or 1, draft.size or 1, 1, draft)
        return
    for span in _register_spans(draft):
        yield Span(span.start + draft.at, span.size, span.stride, span.count, span.owner)
    for bell in draft.doorbells:
        yield Span(draft.at + (bell.at or 0), bell.length or 1, bell.stride, bell.count or 1, bell)


def _register_spans(draft: RegionDraft) -> Iterator[Span]:
    for one in draft.registers:
        span = span_of(one)
        if span is not None:
            yield span


def _touches(spans: list[Span], span: Span) -> bool:
    near = [other for other in spans if other.start < span.end and span.start < other.end]
    try:
        return any(overlaps([other, span]) for other in near)
    except TooManyElements:
        return True


def check_vectors(ctx: Context, tree: Tree, bus: Bus, counts: dict[str, Expr | None]) -> None:
    """Report interrupts with a `vector` that no capability has."""
    specs = entries(entries(tree, "pci"), "capabilities")
    interrupts = entries(tree, "interrupts")
    # MSI shares what it has among all; the table of MSI-X has an entry a vector.
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
            problem = f"vector {last} is asked for; the capabilities have 0 to {room - 1}"
            ctx.at_value(kinds.NO_VECTOR, spec, "vector", name=name, problem=problem)
