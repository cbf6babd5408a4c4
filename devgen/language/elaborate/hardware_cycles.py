"""Reports fields whose hardware's side depends on itself: its order would decide the result."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.language.bits_read import BitReader, Key, bit_reader
from devgen.language.call_graph import callees_first
from devgen.language.diagnostics.codes_hardware import COUNTER_CYCLE, HARDWARE_CYCLE
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.elaborate.elaboration import Context, entries
from devgen.language.elaborate.register_drafts import Draft, RegisterDraft, all_registers
from devgen.language.model import Device, Field

Name = tuple[Key, str]
"""A register and the name of its field."""


def check_cycles(ctx: Context, drafts: Iterable[Draft], device: Device) -> None:
    """Report each cycle among the fields of ``device`` that hardware changes, at one of its fields."""
    by_key = {_key(draft): draft for draft in all_registers(drafts)}
    reader = bit_reader(device)
    fields = {(key, field.name): field for key, register in reader.registers.items() for field in register.fields}
    wraps = {name: targets for name, field in fields.items() if (targets := _targets(field))}

    def report(kind: Kind, circles: list[list[Name]]) -> None:
        for circle in circles:
            key, field = circle[0]
            ctx.at_key(kind, entries(by_key[key].spec, "fields"), field, path=" -> ".join(map(_path, circle)))

    _, rings = callees_first({name: [other for other in targets if other in wraps] for name, targets in wraps.items()})
    report(COUNTER_CYCLE, rings)
    if not rings:
        report(HARDWARE_CYCLE, callees_first(_needs(reader, fields, wraps))[1])


def _needs(reader: BitReader, fields: dict[Name, Field], wraps: dict[Name, list[Name]]) -> dict[Name, dict[Name, None]]:
    """Return for each field that hardware changes those of them that it depends on."""
    moved = {name for name, field in fields.items() if field.hardware is not None and field.hardware.sources}
    moved.update(target for targets in wraps.values() for target in targets)
    by_register: dict[Key, list[tuple[Name, int]]] = {}
    for name in moved:
        by_register.setdefault(name[0], []).append((name, fields[name].mask))
    needs = {name: _needed(reader, fields[name], by_register) for name in fields if name in moved}
    for name, targets in wraps.items():
        for target in targets:
            needs[target][name] = None
    return needs


def _targets(field: Field) -> list[Name]:
    """Return the fields that a counting field sets when it wraps."""
    counter = None if field.hardware is None else field.hardware.counter
    places = () if counter is None else (counter.overflow, counter.underflow)
    return [((place.register.file, place.register.register), place.field) for place in places if place is not None]


def _path(name: Name) -> str:
    (file, register), field = name
    return ".".join(part for part in (file, register, field) if part)


def _key(draft: RegisterDraft) -> Key:
    return None if draft.file is None else draft.file.label, draft.name


def _needed(reader: BitReader, field: Field, by_register: dict[Key, list[tuple[Name, int]]]) -> dict[Name, None]:
    """Return the fields that hardware changes and that the hardware's side of ``field`` reads."""
    bits = reader.bits(*(() if field.hardware is None else field.hardware.sources))
    return {name: None for key, read in bits.items() for name, mask in by_register.get(key, ()) if read & mask}
