"""Compares two versions of a device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from devgen.comparison import part_tables as tables
from devgen.comparison.changes import IMPACTS, Change
from devgen.comparison.part_comparison import PartKind, compare_attributes, compare_hook, compare_parts
from devgen.comparison.register_comparison import compare_regions
from devgen.language.view import CapabilityView, DeviceView, PciView

PARTS: Final[tuple[tuple[PartKind, Callable[[DeviceView], Iterable[Any]]], ...]] = (
    (PartKind("interrupt", tables.LINE, ("level",)), lambda device: device.interrupts),
    (PartKind("output", tables.LINE, ("level",)), lambda device: device.gpio_out),
    (PartKind("input", tables.INPUT, ("on_input",)), lambda device: device.gpio_in),
    (
        PartKind("stream", (), ("on_receive", "on_break", "room", "on_writable")),
        lambda device: device.streams,
    ),
    (PartKind("property", tables.PROPERTY), lambda device: device.properties),
    (PartKind("event", tables.EVENT), lambda device: device.events),
    (PartKind("counter", tables.COUNTER, ("enable",), "behaviour"), lambda device: device.counters),
    (PartKind("timer", tables.TIMER, ("match", "on_expire"), "behaviour"), lambda device: device.timers),
    (PartKind("fifo", tables.FIFO, (), "behaviour"), lambda device: device.fifos),
    (PartKind("key", tables.KEY, ("on_open", "on_wrong", "on_expire")), lambda device: device.keys),
    (PartKind("state", tables.STATE, (), "behaviour"), lambda device: device.state),
    (PartKind("constant", tables.CONSTANT, (), "compatible"), lambda device: device.constants),
    (PartKind("function", tables.ROUTINE, ("body",), "compatible"), lambda device: device.functions),
    (PartKind("action", tables.ROUTINE, ("body",), "compatible"), lambda device: device.actions),
)
"""The kinds of parts besides registers and PCI, and where they are in a device."""

_BAR: Final = PartKind("BAR", tables.BAR, key=lambda bar: str(bar.index))


def compare_devices(old: DeviceView, new: DeviceView) -> tuple[Change, ...]:
    """Return what changed from ``old`` to ``new``: breaking changes first, each group in the order of the device."""
    found = list(_changes(old, new))
    return tuple(sorted(found, key=lambda change: IMPACTS.index(change.impact)))


def _changes(old: DeviceView, new: DeviceView) -> Iterator[Change]:
    if old.name != new.name:
        yield Change(new.name, "device", "renamed", "breaking", old.name, new.name)
    if old.bus != new.bus:
        yield Change(new.name, "device", "bus changed", "breaking", old.bus, new.bus)
    if old.acpi != new.acpi:
        yield Change(new.name, "device", "ACPI tables changed", "compatible" if old.acpi is None else "breaking")
    yield from _compare_pci(new.name, old.pci, new.pci)
    yield from compare_regions(old, new)
    for kind, parts in PARTS:
        yield from compare_parts(new.name, kind, parts(old), parts(new))
    yield from compare_hook(new.name, "device", "on_reset", old.on_reset, new.on_reset)


def _compare_pci(device: str, old: PciView | None, new: PciView | None) -> Iterator[Change]:
    if old is None or new is None:  # the bus has changed, which is told
        return
    yield from compare_attributes(device, "PCI", tables.PCI, old, new)
    yield from compare_parts(device, _BAR, old.bars, new.bars)
    before, after = ({_key(capability): capability for capability in pci.capabilities} for pci in (old, new))
    kind = PartKind("capability", tables.CAPABILITY, key=_key)
    yield from compare_parts(device, kind, before.values(), after.values())
    for name, capability in after.items():
        if name in before:
            yield from _compare_settings(device, f"capability {name}", before[name], capability)


def _key(capability: CapabilityView) -> str:
    return capability.name


def _compare_settings(device: str, label: str, old: CapabilityView, new: CapabilityView) -> Iterator[Change]:
    before, after = dict(old.settings), dict(new.settings)
    for name in [*after, *(name for name in before if name not in after)]:
        value, other = before.get(name), after.get(name)
        if value != other:
            more = name == "vectors" and isinstance(value, int) and isinstance(other, int) and other > value
            shown = ("" if value is None else str(value), "" if other is None else str(other))
            yield Change(device, label, f"{name} changed", "compatible" if more else "breaking", *shown)
