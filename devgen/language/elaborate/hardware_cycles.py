"""Reports fields whose hardware's side depends on itself: its order would decide the result."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.language.bits_read import BitReader, Key, bit_reader
from devgen.language.call_graph import callees_first
from devgen.language.diagnostics.codes_hardware import HARDWARE_CYCLE
from devgen.language.elaborate.elaboration import Context, entries
from devgen.language.elaborate.register_drafts import Draft, RegisterDraft, all_registers
from devgen.language.model import Device, Field

Name = tuple[Key, str]
"""A register and the name of its field."""


def check_cycles(ctx: Context, drafts: Iterable[Draft], device: Device) -> None:
    """Report each cycle among the fields of ``device`` that hardware changes, at one of its fields."""
    by_key = {_key(draft): draft for draft in all_registers(drafts)}
    reader = bit_reader(device)
    fields = {
        (key, field.name): field
        for key, register in reader.registers.items()
        for field in register.fields
        if field.hardware is not None and field.hardware.sources
    }
    by_register: dict[Key, list[tuple[Name, int]]] = {}
    for name, field in fields.items():
        by_register.setdefault(name[0], []).append((name, field.mask))
    _, circles = callees_first({name: _needed(reader, field, by_register) for name, field in fields.items()})
    for circle in circles:
        key, field_name = circle[0]
        draft = by_key[key]
        path = " -> ".join(map(_path, circle))
        ctx.at_key(HARDWARE_CYCLE, entries(draft.spec, "fields"), field_name, path=path)


def _path(name: Name) -> str:
    (file, register), field = name
    return ".".join(part for part in (file, register, field) if part)


def _key(draft: RegisterDraft) -> Key:
    return None if draft.file is None else draft.file.label, draft.name


def _needed(reader: BitReader, field: Field, by_register: dict[Key, list[tuple[Name, int]]]) -> dict[Name, None]:
    """Return the fields that hardware changes and that the hardware's side of ``field`` reads."""
    assert field.hardware is not None
    bits = reader.bits(*field.hardware.sources)
    return {name: None for key, read in bits.items() for name, mask in by_register.get(key, ()) if read & mask}
