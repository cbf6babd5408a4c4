"""Reports levels, enables, rooms and sources of fields whose changes over time cannot be predicted by a timer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devgen.language.diagnostics.codes_parts import NOT_FOLLOWED
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.register_drafts import Draft, RegisterDraft, all_registers
from devgen.language.ir import Expr
from devgen.language.model import Device, Field, FieldCounter, Register, RegisterFile


def check_followed_time(ctx: Context, tree: Tree, drafts: Iterable[Draft], device: Device) -> None:
    """Report each expression of ``device`` that depends on time in an unsupported way; ``drafts`` are its registers."""
    followed = list(_followed(device))
    moved = {draft.label: draft for draft in all_registers(drafts) if draft.moved} if ctx.moved else {}
    if not followed and not moved:
        return
    from devgen.language.behaviour.ramps import NotFollowedError
    from devgen.language.behaviour.time_changes import change_finder

    finder = change_finder(device)
    for section, name, key, expr in followed:
        try:
            finder.changes(expr)
        except NotFollowedError as error:
            ctx.at_value(NOT_FOLLOWED, entries(tree, section)[name], key, key=key, name=name, reason=error)
    for draft, field, key, expr in _sources(device, moved):
        try:
            finder.changes(expr, whole=key in ("intr", "next") and field.width > 1)
        except NotFollowedError as error:
            spec, name = entries(draft.spec, "fields")[field.name], f"{draft.label}.{field.name}"
            ctx.at_key(NOT_FOLLOWED, spec, key, key=key, name=name, reason=error)


def _sources(device: Device, moved: dict[str, RegisterDraft]) -> Iterator[tuple[RegisterDraft, Field, str, Expr]]:
    """Yield (register, field, key, expression) of each source of a field."""
    for name, register in _registers(device):
        for field in register.fields if name in moved else ():
            if field.hardware is not None:
                key = "intr" if field.hardware.intr else "next"
                counter = field.hardware.counter or FieldCounter()
                counted = ("counter", counter.incr), ("counter", counter.decr)
                for word, expr in ((key, field.hardware.source), *field.hardware.conditions, *counted):
                    if expr is not None:
                        yield moved[name], field, word, expr


def _registers(device: Device) -> Iterator[tuple[str, Register]]:
    for region in device.regions:
        for entry in region.entries:
            if isinstance(entry, RegisterFile):
                yield from ((f"{entry.name}.{register.name}", register) for register in entry.registers)
            else:
                yield entry.name, entry


def _followed(device: Device) -> Iterator[tuple[str, str, str, Expr]]:
    """Yield (section, name, key, expression) of each level, enable and room."""
    for section, lines in (("interrupts", device.interrupts), ("gpio_out", device.gpio_out)):
        yield from ((section, line.name, "level", line.level) for line in lines if line.level is not None)
    yield from (
        ("counters", counter.name, "enable", counter.enable)
        for counter in device.counters
        if counter.enable is not None
    )
    yield from (("streams", stream.name, "room", stream.room) for stream in device.streams if stream.room is not None)
