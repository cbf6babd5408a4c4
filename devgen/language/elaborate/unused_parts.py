"""Finds what a description declares without any effect: parts that nothing uses, timers that nothing arms, levels that
never change, resets that nobody can see.

Each finding is a warning, because a description may be half written. A device that says `external: true` is a register
map whose behaviour is still to be written, and is not examined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.language.compiled import Compiled
from devgen.language.diagnostics import codes_layout as layout_kinds
from devgen.language.diagnostics import codes_parts as kinds
from devgen.language.diagnostics import codes_pci as pci_kinds
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.region_drafts import RegionDraft
from devgen.language.elaborate.register_drafts import RegisterDraft, all_registers
from devgen.language.ir import Compare, CompareOp, Expr, Range
from devgen.language.model import Field, Label, Line

_HOOKS: Final = ("read", "write", "before_read", "on_read", "on_write", "window", "constant", "intent")
_UNREADABLE: Final = ("wo", "w1")
_WIDEST_ENUMERATION: Final = 12
"""Bits of a field whose values are counted."""


@dataclass(slots=True, frozen=True)
class _Section:
    """A section of a description: the word for one of its parts, and the keys that give a part an effect by itself."""

    key: str
    what: str
    effects: tuple[str, ...] = ()


_SECTIONS: Final = (
    _Section("properties", "property"),
    _Section("state", "state"),
    _Section("keys", "key", ("on_open", "on_wrong")),
    _Section("fifos", "FIFO"),
    _Section("counters", "counter"),
    _Section("gpio_in", "input", ("on_input",)),
    _Section("events", "event"),
    _Section("errors", "error"),
    _Section("streams", "stream", ("on_receive", "on_break", "on_writable")),
)


def check_unused(ctx: Context, tree: Tree, regions: list[RegionDraft], lines: Sequence[Line], uses: Compiled) -> None:
    """Report the parts of a device without errors that have no effect."""
    if tree.get("external"):
        return
    _check_parts(ctx, tree, uses)
    _check_timers(ctx, tree, uses)
    _check_enumerations(ctx, tree)
    _check_levels(ctx, tree, lines)
    _check_messages(ctx, tree)
    _check_registers(ctx, regions, uses)


def _check_parts(ctx: Context, tree: Tree, uses: Compiled) -> None:
    followed = {spec["counter"] for spec in entries(tree, "timers").values() if "counter" in spec}
    # A clock in a device tree may name the property that has its frequency.
    followed |= set(map(str, entries(entries(entries(tree, "firmware"), "device_tree"), "clocks").values()))
    for section in _SECTIONS:
        declared = entries(tree, section.key)
        for name, spec in declared.items():
            if name in uses.used or name in followed or any(key in spec for key in section.effects):
                continue
            ctx.at_key(kinds.UNUSED, declared, name, what=section.what, name=name)


def _check_timers(ctx: Context, tree: Tree, uses: Compiled) -> None:
    declared = entries(tree, "timers")
    for name, spec in declared.items():
        if name not in uses.armed:
            ctx.at_key(kinds.NEVER_ARMED, declared, name, name=name)
        elif "on_expire" not in spec and name not in uses.asked:
            ctx.at_key(kinds.IDLE_TIMER, declared, name, name=name)


def _check_enumerations(ctx: Context, tree: Tree) -> None:
    """Report shared enumerations that no field names. A fragment may have more of them than a device uses."""
    own = ctx.mark(tree, "device").file
    for name in ctx.enumerations:
        if name not in ctx.shared and ctx.mark(ctx.enumerations, name).file == own:
            ctx.at_key(kinds.UNUSED, ctx.enumerations, name, what="enumeration", name=name)


def _check_levels(ctx: Context, tree: Tree, lines: Sequence[Line]) -> None:
    specs = {**entries(tree, "interrupts"), **entries(tree, "gpio_out")}
    for line in lines:
        level = None if line.level is None else _always(line.level)
        if level is not None:
            ctx.at_value(kinds.CONSTANT_LEVEL, specs[line.name], "level", name=line.name, level=int(level != 0))


def _always(level: Expr) -> int | None:
    """Return the value that an expression always has, because of the ranges of its operands."""
    if isinstance(level, Compare) and len(level.rest) == 1:
        ((op, right),) = level.rest
        found = _outcomes(op, level.first.range, right.range)
        return found.pop() if len(found) == 1 else None
    return level.range.lo if level.range.lo == level.range.hi else None


def _outcomes(op: CompareOp, left: Range, right: Range) -> set[bool]:
    """Return which results a comparison of numbers can have; both where they are not known."""
    if left.lo is None or left.hi is None or right.lo is None or right.hi is None:
        return {False, True}
    apart = left.hi < right.lo or left.lo > right.hi
    match op:
        case "==" | "!=":
            return {op == "!="} if apart else {False, True}
        case "<" | "<=":
            least, most = right.lo - left.hi, right.hi - left.lo
        case _:
            least, most = left.lo - right.hi, left.hi - right.lo
    needed = int(op in ("<", ">"))
    return {True} if least >= needed else {False} if most < needed else {False, True}


def _check_messages(ctx: Context, tree: Tree) -> None:
    if any("vector" in spec for spec in entries(tree, "interrupts").values()):
        return
    declared = entries(entries(tree, "pci"), "capabilities")
    for key in ("msi", "msix"):
        if key in declared:
            ctx.at_key(pci_kinds.UNUSED_VECTORS, declared, key, name=key)


def _check_registers(ctx: Context, regions: list[RegionDraft], uses: Compiled) -> None:
    drafts = [draft for region in regions for draft in all_registers(region.registers)]
    shown = {draft.view.owner.label for draft in drafts if draft.view is not None}
    shown |= {draft.spec["alias"] for draft in drafts if "alias" in draft.spec}
    for draft in drafts:
        if draft.external:
            continue
        if draft.spec.get("reset") and draft.label not in shown and _is_hidden(draft, uses.used):
            ctx.at_value(layout_kinds.UNSEEN_RESET, draft.spec, "reset", name=draft.label)
        for field, label in _unreached(draft.fields):
            _report_label(ctx, draft, field, label)


def _is_hidden(draft: RegisterDraft, used: frozenset[str]) -> bool:
    """Whether neither software nor behaviour can see what a register stores."""
    if draft.readable or draft.view is not None or draft.group is not None or draft.label in used:
        return False
    return all(field.access in _UNREADABLE for field in draft.fields) and not any(key in draft.spec for key in _HOOKS)


def _unreached(fields: tuple[Field, ...]) -> Iterator[tuple[Field, Label]]:
    """Yield each label for all other values of a field whose other labels leave no value."""
    for field in fields:
        rest = next((label for label in field.labels if not label.mask), None)
        if rest is None or field.width > _WIDEST_ENUMERATION:
            continue
        named = [label for label in field.labels if label.mask and label.use in (rest.use, "both")]
        if all(any(value & label.mask == label.value for label in named) for value in range(1 << field.width)):
            yield field, rest


def _report_label(ctx: Context, draft: RegisterDraft, field: Field, label: Label) -> None:
    spec = entries(draft.spec, "fields").get(field.name, {})
    keys = [key for key in ("values", "read_values", "write_values") if label.name in entries(spec, key)]
    if keys:
        ctx.at_key(layout_kinds.UNREACHED_LABEL, spec[keys[0]], label.name, name=label.name, field=field.name)
