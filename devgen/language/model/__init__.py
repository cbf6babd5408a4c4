"""The typed model of a device description that has passed every check.

Offsets and sizes are bytes, bit numbers count from 0 at the least significant bit, times are nanoseconds. All classes
are frozen. For example a file with the register ``DR: {at: 0x0, width: 8}`` in one region becomes a ``Device`` whose
``regions[0].entries[0]`` is a ``Register`` of name "DR", offset 0, width 8, access "rw" and reset ``Int(0)``.

- ``device_model``: ``Device`` and its parts: state, counters, timers, lines, streams.
- ``register_model``: regions, register files, registers, fields.
- ``pci_model``: ``Pci``, the identity, BARs and capabilities of a PCI function.

To add a key of the description, add it to the schema (``schemas/``), to a class here, and to the file of
``devgen/language/elaborate`` that reads its neighbours.
"""

from devgen.language.ir import ClockName
from devgen.language.model.device_model import (
    Action,
    Align,
    Bus,
    Constant,
    Counter,
    Deviation,
    Device,
    Event,
    Fifo,
    Function,
    GpioIn,
    Line,
    Property,
    PropertyType,
    StateVar,
    Stream,
    Timer,
    Todo,
    TodoKind,
)
from devgen.language.model.firmware_model import Acpi, AcpiTable, FadtUse, FirmwareRegister
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
from devgen.language.model.register_model import (
    AccessRule,
    AccessType,
    Decode,
    Doorbell,
    Field,
    Halves,
    Intent,
    Mark,
    ReadEffect,
    Region,
    RegionKind,
    RegionSpace,
    Register,
    RegisterFile,
    View,
    Window,
    WriteEffect,
)

__all__ = [
    "AccessRule",
    "AccessType",
    "Acpi",
    "AcpiTable",
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
    "FadtUse",
    "Field",
    "Fifo",
    "FirmwareRegister",
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
    "Todo",
    "TodoKind",
    "VendorExtended",
    "VendorSpecific",
    "View",
    "Window",
    "WriteEffect",
]
