"""Builds a whole device: names are declared before the behaviour that uses them is compiled."""

from __future__ import annotations

from devgen.language.compiled import Compiled
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.elaborate.capability_lists import check_capabilities, draft_capabilities
from devgen.language.elaborate.doorbell_keys import DoorbellMap
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.error_keys import build_errors
from devgen.language.elaborate.express_keys import check_express
from devgen.language.elaborate.external_keys import find_todo
from devgen.language.elaborate.field_keys import check_reset
from devgen.language.elaborate.firmware_keys import build_acpi, build_device_tree
from devgen.language.elaborate.followed_time import check_followed_time
from devgen.language.elaborate.hardware_cycles import check_cycles
from devgen.language.elaborate.hardware_keys import check_interrupt_use
from devgen.language.elaborate.interrupt_outputs import build_counting, build_outputs
from devgen.language.elaborate.key_sequences import build_keys, claim_keys, compile_keys
from devgen.language.elaborate.line_keys import build_inputs, build_lines, check_driven, declare_lines
from devgen.language.elaborate.lock_checks import check_locks
from devgen.language.elaborate.msi_keys import check_vectors
from devgen.language.elaborate.part_keys import (
    build_constants,
    build_deviations,
    build_events,
    build_fifos,
    build_properties,
    build_state,
    build_streams,
    declare_routines,
    declare_streams,
)
from devgen.language.elaborate.pci_keys import build_pci, check_intx
from devgen.language.elaborate.power_keys import check_pme
from devgen.language.elaborate.region_drafts import RegionDraft
from devgen.language.elaborate.region_keys import build_region, draft_regions
from devgen.language.elaborate.register_aliases import resolve_aliases
from devgen.language.elaborate.register_alternates import resolve_alternates
from devgen.language.elaborate.register_drafts import Draft, all_registers
from devgen.language.elaborate.register_layout import check_layout
from devgen.language.elaborate.time_keys import build_counters, build_timers, declare_counters, declare_timers
from devgen.language.elaborate.unused_parts import check_unused
from devgen.language.elaborate.window_checks import check_windows
from devgen.language.model import Bus, Device
from devgen.language.reading.source_map import Sources


def build_device(tree: Tree, sources: Sources, sink: Diagnostics) -> Device:
    """Build the device that a merged, valid tree describes, and report errors to ``sink``."""
    ctx = Context(sources, sink, enumerations=entries(tree, "enumerations"))
    bus, retain = Bus(tree.get("bus", "sysbus")), tree.get("retain", False)
    constants = build_constants(ctx, tree)
    properties = build_properties(ctx, tree)
    state = build_state(ctx, tree, retain)
    draft_keys = claim_keys(ctx, tree)
    fifos = build_fifos(ctx, tree, retain)
    counters = declare_counters(ctx, tree)
    timers = declare_timers(ctx, tree, counters)
    lines = declare_lines(ctx, tree)
    events = (*build_events(ctx, tree), *build_errors(ctx, tree))
    declare_streams(ctx, tree)
    capabilities = draft_capabilities(ctx, tree, bus)
    pci = build_pci(ctx, tree, bus, capabilities)
    bars = pci.bars if pci is not None else ()
    check_express(ctx, tree, bars)
    check_intx(ctx, tree, bus)
    check_pme(ctx, tree, bus)
    check_vectors(ctx, tree, bus, lines)
    regions = draft_regions(ctx, tree, bus, bars)
    _check_regions(ctx, regions)
    check_capabilities(ctx, capabilities, bars, regions)
    declare_routines(ctx, tree)
    keys = build_keys(ctx, draft_keys, retain, regions)
    before = sink.errors
    built_regions = tuple(build_region(ctx, draft) for draft in regions)
    check_windows(ctx, regions, built_regions)
    built_counters = build_counters(ctx, counters, retain)
    built_timers = build_timers(ctx, timers, retain)
    key_timers, after_access = compile_keys(ctx, keys, retain)
    interrupts = build_lines(ctx, tree, "interrupts", lines)
    outputs = build_lines(ctx, tree, "gpio_out", lines)
    inputs = build_inputs(ctx, tree, lines)
    streams = build_streams(ctx, tree)
    on_reset = ctx.statements(tree, "on_reset", ctx.scope.hook(), ("reset", ""))
    compiled = _finish(ctx)
    if sink.errors == before:  # a statement with an error is missing here and might drive a line
        check_driven(ctx, tree, compiled.driven)
    if not sink.failed:  # what is removed because of an error might use a part
        check_unused(ctx, tree, regions, (*interrupts, *outputs), compiled)
    device = Device(
        name=tree.get("device", ""),
        title=tree.get("title", ""),
        description=tree.get("description", ""),
        datasheet=tree.get("datasheet", ""),
        bus=bus,
        properties=properties,
        state=(*state, *keys.state),
        counters=built_counters,
        timers=(*built_timers, *key_timers),
        functions=compiled.functions,
        actions=compiled.actions,
        regions=built_regions,
        interrupts=interrupts,
        gpio_in=inputs,
        gpio_out=outputs,
        events=events,
        streams=streams,
        on_reset=on_reset,
        pci=pci,
        retain=retain,
        mark=sources.node_mark(tree),
        sources=tuple(file.name for file in sources.files),
        fifos=fifos,
        constants=constants,
        deviations=build_deviations(ctx, tree, properties),
        todo=find_todo(ctx, tree, regions, compiled.used | ctx.key_writes.keys(), compiled.driven),
        acpi=build_acpi(ctx, tree, bus, built_regions),
        outputs=build_outputs(built_regions) if ctx.moved else (),
        keys=tuple(keys.keys),
        after_access=after_access,
        device_tree=build_device_tree(ctx, tree, bus, properties),
        counting=build_counting(built_regions) if ctx.moved else (),
    )
    if sink.errors == before:
        _check_hardware(ctx, tree, [entry for draft in regions for entry in draft.registers], device, compiled.used)
        check_locks(ctx, device)
    return device


def _check_hardware(ctx: Context, tree: Tree, drafts: list[Draft], device: Device, used: frozenset[str]) -> None:
    """Check what follows from registers and time."""
    if ctx.moved:
        check_interrupt_use(ctx, drafts, used)
        check_cycles(ctx, drafts, device)
    check_followed_time(ctx, tree, drafts, device)


def _finish(ctx: Context) -> Compiled:
    """Compile functions and actions; return them, and what the behaviour of the device uses."""
    if not ctx.behaves:
        return Compiled()
    from devgen.language.behaviour import finish

    return finish(ctx.scope, ctx.sink, ctx.static)


def _check_regions(ctx: Context, regions: list[RegionDraft]) -> None:
    """Check aliases, which may refer to registers of other regions, alternates, and the layout of every region."""
    resolve_aliases(ctx, [entry for draft in regions for entry in draft.registers])
    for draft in regions:
        resolve_alternates(ctx, draft)
        for register in all_registers(draft.registers):
            check_reset(ctx, register)
    doorbells = DoorbellMap()
    for draft in regions:
        check_layout(ctx, draft)
        where = f"region {draft.name}" if draft.bar is None else f"BAR {draft.bar.index}"
        doorbells.check(ctx, draft.doorbells, where, draft.at, draft.size, draft.space == "pio")
