"""Parses properties of a device that are given as text, as on a command line."""

from __future__ import annotations

from collections.abc import Mapping

from devgen.errors import ArgumentError
from devgen.runtime.base.faults import suggest
from devgen.runtime.device.device import Device
from devgen.runtime.device.properties import Property, PropertyValue


def parse_properties(device_class: type[Device], texts: Mapping[str, str]) -> dict[str, PropertyValue]:
    """Convert name → text to name → value, in the types that the device declares. Numbers are written as 12 or 0x1c.

    Raises:
        ArgumentError: a property that the device does not have, or a text of another type.
    """
    known = {declared.name: declared for declared in device_class.PROPERTIES}
    values: dict[str, PropertyValue] = {}
    for name, text in texts.items():
        if name not in known:
            shown = ", ".join(known) or "none"
            hint = suggest(name, known)
            raise ArgumentError(
                "properties", f"{name}={text}: {device_class.NAME} has no such property{hint}; it has {shown}"
            )
        values[name] = _parse(known[name], text)
    return values


def _parse(declared: Property, text: str) -> PropertyValue:
    if declared.type in ("string", "bytes"):
        return text
    if declared.type == "bool":
        if text not in ("true", "false"):
            raise ArgumentError("properties", f"{declared.name}={text}: must be true or false")
        return text == "true"
    try:
        return int(text, 0)
    except ValueError:
        raise ArgumentError("properties", f"{declared.name}={text}: must be a number, such as 12 or 0x1c") from None
