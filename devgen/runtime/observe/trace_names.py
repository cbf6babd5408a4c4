"""All names that a trace can show of a device, and globs that select none of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from devgen.common.near_names import nearest
from devgen.runtime.base.faults import suggest
from devgen.runtime.device.device import Device
from devgen.runtime.memory.access import IoOps, unobserved
from devgen.runtime.memory.register_bank import RegisterBank
from devgen.runtime.observe.access_names import NameFilter, observed_regions
from devgen.runtime.observe.config_space_names import config_registers
from devgen.runtime.pci import PciDevice

_PLACE: Final = re.compile(r"\[[^\]]*(?:\]|$)|\+.*$")
"""An element, a bit range, or an offset: what a glob may add to a name."""


def trace_names(device: Device) -> set[str]:
    """Return the names of a device's registers, fields, lines, state and so on, without the indices of arrays."""
    names = {"memory", "vector", *device.EVENTS, *device.ERRORS, *(item.name for item in device.STATE)}
    names |= {*device.irqs, *device.gpio_out, *device.gpio_in, *device.streams}
    for name, region in observed_regions(device).items():
        names |= {name, *_registers(unobserved(region.ops)), *(doorbell.name for doorbell in region.ioeventfds)}
    names |= {f"{register}.{field}" for register, fields in device.FIELDS.items() for field, _, _ in fields}
    return names | set(_config_names(device)) if isinstance(device, PciDevice) else names


def _registers(ops: IoOps | None) -> Iterator[str]:
    if isinstance(ops, RegisterBank):
        for register in ops.registers:
            yield register.name


def _config_names(device: PciDevice) -> Iterator[str]:
    yield "cfg"
    for register in config_registers(device.config):
        yield f"cfg.{register.name}"
        for field, _, _ in register.fields:
            yield f"cfg.{register.name}.{field}"
    for bank in device.config.banks:
        yield from _registers(bank)


def unmatched_glob(globs: Iterable[str], devices: Mapping[str, Device]) -> str | None:
    """Return what is wrong with the first glob that selects nothing of the devices; None if each selects something."""
    for glob in globs:
        plain = _PLACE.sub("", glob)
        head, _, rest = plain.partition(".")
        wanted = NameFilter([plain])
        matched = {name: trace_names(device) for name, device in devices.items() if wanted.may_pass(name)}
        if not matched:
            return f"'{glob}' matches no device{suggest(head, devices)}; there are {', '.join(devices)}"
        if rest and not any(wanted(f"{name}.{part}") for name, parts in matched.items() for part in parts):
            near = nearest(rest, sorted(set().union(*matched.values())))
            hint = "" if near is None else f" (did you mean '{head}.{near}'?)"
            return f"'{glob}' matches no register, field, line or other name of {', '.join(matched)}{hint}"
    return None
