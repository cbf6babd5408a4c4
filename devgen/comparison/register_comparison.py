"""Compares regions, registers and fields.

A register is known by its path. One that is gone while another appeared at its place, with its width, was renamed: a
driver reaches it as before, and only code that uses its name must change. The same holds for regions and fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from devgen.comparison import part_tables as tables
from devgen.comparison.changes import Change, Impact
from devgen.comparison.part_comparison import PartKind, compare_attributes, compare_hook, compare_parts
from devgen.language.view import DeviceView, FieldView, RegionView, RegisterView

_REGION = PartKind("region", tables.REGION)
_DOORBELL = PartKind("doorbell", tables.DOORBELL, ("on_ring",))
_INHERITED = ("access changed", "effect of a read changed", "effect of a write changed", "singlepulse changed")
"""Changes of a register that its fields without keys of their own share."""


def compare_regions(old: DeviceView, new: DeviceView) -> Iterator[Change]:
    """Yield the changes of regions, registers, fields and doorbells."""
    renamed = _renamed_regions(old.regions, new.regions)
    for before, after in renamed.items():
        yield Change(new.name, f"region {before}", "renamed", "compatible", before, after)
    before_regions = [replace(region, name=renamed.get(region.name, region.name)) for region in old.regions]
    yield from compare_parts(new.name, _REGION, before_regions, new.regions)
    yield from _compare_registers(old, new, renamed)
    bells = [replace(bell, region=renamed.get(bell.region, bell.region)) for bell in old.doorbells]
    yield from compare_parts(new.name, _DOORBELL, bells, new.doorbells)


def _renamed_regions(old: Iterable[RegionView], new: Iterable[RegionView]) -> dict[str, str]:
    """Return old and new names of the regions that are at the same place with the same size under another name."""
    before, after = {region.name: region for region in old}, {region.name: region for region in new}
    free = {_place(region): name for name, region in after.items() if name not in before}
    return {
        name: free[_place(region)] for name, region in before.items() if name not in after and _place(region) in free
    }


def _place(region: RegionView) -> tuple[object, ...]:
    return region.kind, region.space, region.bar, region.offset, region.size


# --- registers ---------------------------------------------------------------------------


def _compare_registers(old: DeviceView, new: DeviceView, regions: dict[str, str]) -> Iterator[Change]:
    before = {
        register.path: replace(register, region=regions.get(register.region, register.region))
        for register in old.registers
    }
    after = {register.path: register for register in new.registers}
    renamed = _renamed_registers(before, after)
    for name, path in renamed.items():
        yield Change(new.name, f"register {name}", "renamed", "compatible", name, path)
        before[path] = before.pop(name)
    gone = {region.name for region in old.regions} - {region.name for region in new.regions}
    come = {region.name for region in new.regions} - {region.name for region in old.regions}
    decode = {region.name: region.decode for region in new.regions}
    old_decode = {regions.get(region.name, region.name): region.decode for region in old.regions}
    for path, register in after.items():
        if path in before:
            place = register.region
            same = (before[path].decode, register.decode) == (old_decode.get(place), decode.get(place))
            default = register.decode if same else before[path].decode  # the region's change is told already
            yield from _compare_register(new.name, replace(before[path], decode=default), register)
        elif register.region not in come:
            yield Change(new.name, f"register {path}", "added", "compatible", "", _offset(register))
    for path, register in before.items():
        if path not in after and register.region not in gone:
            impact: Impact = "compatible" if register.intent == "reserved" else "breaking"
            yield Change(new.name, f"register {path}", "removed", impact, _offset(register))


def _renamed_registers(before: dict[str, RegisterView], after: dict[str, RegisterView]) -> dict[str, str]:
    free = {_span(register): path for path, register in after.items() if path not in before}
    pairs = {path: free.get(_span(register)) for path, register in before.items() if path not in after}
    return {path: other for path, other in pairs.items() if other is not None}


def _span(register: RegisterView) -> tuple[object, ...]:
    return register.region, register.offset, register.width, register.stride


def _offset(register: RegisterView) -> str:
    return f"{register.region}+{register.offset:#x}"


def _compare_register(device: str, old: RegisterView, new: RegisterView) -> Iterator[Change]:
    label = f"register {new.path}"
    own = list(compare_attributes(device, label, tables.REGISTER, old, new))
    fields = list(_compare_fields(device, old, new))
    shared = {(change.verb, change.before, change.after) for change in own if change.verb in _INHERITED}
    fields = [change for change in fields if (change.verb, change.before, change.after) not in shared]
    yield from (change for change in own if change.verb != "reset value changed" or not _told_by_fields(old, new))
    yield from fields
    yield from compare_hook(device, label, "when", old.when, new.when)
    yield from _compare_lock(device, label, old, new)
    before, after = ({hook.name: hook for hook in register.hooks} for register in (old, new))
    for name in sorted({*before, *after}):
        yield from compare_hook(device, label, name, before.get(name), after.get(name))
    if (old.window is None) != (new.window is None):
        yield Change(device, label, "window changed", "breaking")
    elif old.window is not None and new.window is not None:
        yield from compare_hook(device, label, "window", old.window.at, new.window.at)


def _compare_lock(
    device: str, label: str, old: FieldView | RegisterView, new: FieldView | RegisterView
) -> Iterator[Change]:
    """Compare `write_enable`: a driver that does not know of a lock finds its writes refused."""
    if old.write_enable is None and new.write_enable is not None:
        yield Change(device, label, "lock added", "breaking", "", new.write_enable.text)
    elif old.write_enable is not None and new.write_enable is None:
        yield Change(device, label, "lock removed", "compatible", old.write_enable.text, "")
    else:
        yield from compare_hook(device, label, "write_enable", old.write_enable, new.write_enable)


def _told_by_fields(old: RegisterView, new: RegisterView) -> bool:
    """Whether the changed resets of fields explain the changed reset of their register."""
    if old.reset.number is None or new.reset.number is None:
        return False
    before = {field.name: field for field in old.fields}
    told = sum(field.mask for field in new.fields if field.name in before and field.mask == before[field.name].mask)
    return not (old.reset.number ^ new.reset.number) & ~told


# --- fields ------------------------------------------------------------------------------


def _compare_fields(device: str, old: RegisterView, new: RegisterView) -> Iterator[Change]:
    before, after = {field.name: field for field in old.fields}, {field.name: field for field in new.fields}
    free = {(field.lsb, field.width): name for name, field in after.items() if name not in before}
    for name, field in list(before.items()):
        other = None if name in after else free.get((field.lsb, field.width))
        if other is not None:
            yield Change(device, f"field {new.path}.{name}", "renamed", "compatible", name, other)
            before[other] = before.pop(name)
    for name, field in after.items():
        if name not in before:
            yield Change(device, f"field {new.path}.{name}", "added", "compatible", "", _range(field))
            continue
        label = f"field {new.path}.{name}"
        yield from compare_attributes(device, label, tables.FIELD, before[name], field)
        yield from _compare_lock(device, label, before[name], field)
        yield from _compare_labels(device, label, before[name], field)
    for name, field in before.items():
        if name not in after:
            yield Change(device, f"field {new.path}.{name}", "removed", "breaking", _range(field))


def _range(field: FieldView) -> str:
    return f"bit {field.lsb}" if field.width == 1 else f"bits {field.msb}:{field.lsb}"


def _compare_labels(device: str, label: str, old: FieldView, new: FieldView) -> Iterator[Change]:
    """Compare an enumeration: a driver writes and expects the values of its labels."""
    before, after = ({entry.name: entry.text for entry in field.values} for field in (old, new))
    names = {value: name for name, value in after.items() if name not in before}
    for name, value in before.items():
        if name in after:
            if after[name] != value:
                yield Change(device, label, f"value of {name} changed", "breaking", value, after[name])
        elif value in names:
            yield Change(device, label, f"value {value} renamed", "compatible", name, names[value])
        else:
            yield Change(device, label, f"value {name} removed", "breaking", value)
    for value, name in names.items():
        if value not in before.values():
            yield Change(device, label, f"value {name} added", "compatible", "", value)
