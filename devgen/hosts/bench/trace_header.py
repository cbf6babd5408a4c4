"""Read a trace's header: addresses, properties, clock, command register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from devgen.hosts.bench.placing import DECODING
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.observe.trace_format import Line
from devgen.runtime.pci import MsiX, PciDevice, carry, without_msix


class LineNames:
    """Maps a trace's line numbers to a device's lines.

    Numbers follow the order of declaration. The number of an input that is too high for the device is mapped by the
    order in the header instead (a trace may call the device's only input 2).
    """

    def __init__(self, header: Line) -> None:
        self._compared = {
            "irq": frozenset(header.mapping("irq_lines")),
            "gpio_out": frozenset(header.mapping("gpio_out_lines")),
        }
        self._inputs = list(header.mapping("gpio_in_lines"))

    def output(self, device: Device, kind: str, line: str) -> str | None:
        """Return the name of output line ``line``, or None."""
        return _at(list(device.irqs if kind == "irq" else device.gpio_out), line)

    def compared_number(self, device: Device, kind: str, name: str) -> str | None:
        """Return the number of a line that the trace contains; None for other lines."""
        number = str(list(device.irqs if kind == "irq" else device.gpio_out).index(name))
        return number if number in self._compared[kind] else None

    def input(self, device: Device, line: str) -> str | None:
        """Return the name of input line ``line``, or None."""
        names = list(device.gpio_in)
        found = _at(names, line)
        if found is None and line in self._inputs:
            found = _at(names, str(self._inputs.index(line)))
        return found


def _at(names: list[str], line: str) -> str | None:
    if line in names:
        return line
    return names[int(line)] if line.isascii() and line.isdigit() and len(line) < 5 and int(line) < len(names) else None


def epoch(header: Line) -> int:
    """Return the second since 1970 at which the recorded RTC began. Raises TraceError."""
    value = header.mapping("properties").get("rtc_base_epoch", 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 33:
        raise header.fail("'rtc_base_epoch' must be seconds since 1970")
    return value


def properties_of(header: Line, device_class: type[Device]) -> dict[str, PropertyValue]:
    """Return the declared properties in the header's ``properties`` and top level; ``-`` in a name becomes ``_``."""
    declared = {declared.name for declared in device_class.PROPERTIES}
    given = {**header.fields, **header.mapping("properties")}
    found: dict[str, PropertyValue] = {}
    for key, value in given.items():
        name = key.replace("-", "_")
        if name in declared and isinstance(value, int | bool | str):
            found[name] = value
    return found


def recorded_class(header: Line, device_class: type[Device]) -> type[Device]:
    """Return the class of the recorded device: ``device_class``, or what `devgen serve` had made of it.

    That is a PCI function around it, or the device without its MSI-X.

    Raises:
        RuntimeFault: the header's function is none that the device could be in.
    """
    function = header.mapping("pci")
    if function.get("carried") is not True:
        return _as_recorded(device_class, function) if issubclass(device_class, PciDevice) else device_class
    vendor, device = function.get("vendor_id"), function.get("device_id")
    if not isinstance(vendor, int) or not isinstance(device, int):
        raise header.fail("'vendor_id' and 'device_id' must be numbers")
    return carry(device_class, properties_of(header, device_class), (vendor, device), msix=function.get("msix") is True)


def _as_recorded(device_class: type[PciDevice], function: Mapping[str, object]) -> type[PciDevice]:
    """Return the class, without MSI-X if it was recorded without. Older recordings do not say so."""
    has_msix = any(isinstance(capability, MsiX) for capability in device_class.CAPABILITIES)
    return without_msix(device_class) if has_msix and function.get("msix") is False else device_class


def plain_json(value: object) -> Json:
    """Cast the JSON parser's result to Json; the state's checks validate every part of it."""
    return cast(Json, value)


def command_of(header: Line) -> int:
    """Return the PCI command register at the start of the recording."""
    command = header.mapping("pci").get("command", DECODING)
    return command & 0xFFFF if isinstance(command, int) else DECODING


def bars_of(header: Line) -> dict[str, Mapping[str, object]]:
    """Return the BARs of the recorded function by number."""
    return _objects(header.mapping("pci").get("bars"))


def regions_of(header: Line) -> dict[str, Mapping[str, object]]:
    """Return the recorded regions by name."""
    return _objects(header.fields.get("regions"))


def _objects(value: object) -> dict[str, Mapping[str, object]]:
    entries = value.items() if isinstance(value, dict) else ()
    return {str(name): entry for name, entry in entries if isinstance(entry, dict)}


def addresses_of(header: Line, device_class: type[Device]) -> dict[str, int]:
    """Return the recorded addresses: region name or BAR index → address."""
    entries, key = (bars_of(header), "address") if issubclass(device_class, PciDevice) else (regions_of(header), "base")
    found: dict[str, int] = {}
    for name, entry in entries.items():
        address = entry.get(key)
        if isinstance(address, int) and address >> 64 == 0:
            found[name] = address
    return found
