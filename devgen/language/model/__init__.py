"""The typed model of a device description: what is left once a YAML file has passed every check.

Offsets and sizes are bytes, bit numbers count from 0 at the least significant bit, times are nanoseconds. Everything is
frozen: a target reads it and adds nothing to what it says. For example a file with the register
``DR: {at: 0x0, width: 8}`` in one region becomes a ``Device`` whose ``regions[0].entries[0]`` is a ``Register`` of name
"DR", offset 0, width 8, access "rw" and reset ``Int(0)``.

- ``device_model``: ``Device`` and what it is made of: regions, registers, fields, counters, timers, lines.
- ``pci_model``: ``Pci``, the identity, BARs and capabilities of a PCI function.

To add a key of the description, add it to the schema (``schemas/``), to a class here, and to the file of
``devgen/language/elaborate`` that reads its neighbours.
"""

from devgen.language.ir import ClockName
from devgen.language.model.device_model import (
    AccessRule,
    AccessType,
    Action,
    Align,
    Bus,
    Constant,
    Counter,
    Decode,
    Deviation,
    Device,
    Doorbell,
    Event,
    Field,
    Fifo,
    Function,
    GpioIn,
    Halves,
    Intent,
    Line,
    Mark,
    Property,
    PropertyType,
    ReadEffect,
    Region,
    RegionKind,
    RegionSpace,
    Register,
    RegisterFile,
    StateVar,
    Stream,
    Timer,
    Window,
    WriteEffect,
)
from devgen.language.model.pci_model import (
    Bar,
    BarType,
    Capability,
    Express,
    ExtendedCapability,
    Msi,
    MsiX,
    Pci,
    PowerManagement,
    SerialNumber,
    VendorExtended,
    VendorSpecific,
)

__all__ = [
    "AccessRule",
    "AccessType",
    "Action",
    "Align",
    "Bar",
    "BarType",
    "Bus",
    "Capability",
    "ClockName",
    "Constant",
    "Counter",
    "Decode",
    "Deviation",
    "Device",
    "Doorbell",
    "Event",
    "Express",
    "ExtendedCapability",
    "Field",
    "Fifo",
    "Function",
    "GpioIn",
    "Halves",
    "Intent",
    "Line",
    "Mark",
    "Msi",
    "MsiX",
    "Pci",
    "PowerManagement",
    "Property",
    "PropertyType",
    "ReadEffect",
    "Region",
    "RegionKind",
    "RegionSpace",
    "Register",
    "RegisterFile",
    "SerialNumber",
    "StateVar",
    "Stream",
    "Timer",
    "VendorExtended",
    "VendorSpecific",
    "Window",
    "WriteEffect",
]
