"""The list of reserved names covers what the runtime's base classes really have."""

from __future__ import annotations

import inspect

from devgen.language.reserved_names import DEVICE_API, why_reserved
from devgen.runtime.device.device import Device
from devgen.runtime.pci import PciDevice


def test_no_attribute_of_a_device_can_be_declared() -> None:
    members = {name for kind in (Device, PciDevice) for name in dir(kind)}
    assigned = {
        name
        for kind in (Device, PciDevice)
        for name in kind.__init__.__code__.co_names
        if f"self.{name}" in inspect.getsource(kind.__init__)
    }
    public = {name for name in members | assigned if not name.startswith("_") and not name.isupper()}
    assert public - DEVICE_API == set(), "add these to devgen.language.reserved_names"


def test_reasons() -> None:
    assert all(why_reserved(name) for name in ("value", "min", "u32", "reset", "class", "match"))
    assert not any(why_reserved(name) for name in ("MR", "STATE", "EVENTS", "seconds"))
