"""The view: a checked device as plain, frozen data, for templates, exporters and other programs.

The view has the whole content of a description under stable names. Registers are flattened: those of a register file
have their offset in the region and the file's name. Each hook has its source text and its typed form. A size that
depends on properties has its text and its greatest value:

    >>> from devgen.language import load_device
    >>> from devgen.language.view import view_of
    >>> device = view_of(load_device("devices/pl031.yaml"))
    >>> [f"{register.offset:#04x} {register.path}" for register in device.registers][:3]
    ['0x00 DR', '0x04 MR', '0x08 LR']
    >>> [hook.text for hook in device.registers[2].hooks]
    ['seconds.load(LR)\\nRTC_CHANGE(seconds=LR)\\nalarm.arm()']

``docs/view.md`` lists every class and attribute. Typed forms (``devgen.language.ir``) are walked with
``devgen.language.typed_walk``. Names do not change between versions; attributes may be added.
"""

from __future__ import annotations

from devgen.language import LoadResult
from devgen.language.view.board_views import BoardView, PlacedView, view_of_board
from devgen.language.view.device_views import (
    ConstantView,
    CounterView,
    DeviationView,
    DeviceView,
    EventView,
    FifoView,
    InputView,
    KeyView,
    LineView,
    ParameterView,
    PropertyView,
    RoutineView,
    StateView,
    StreamView,
    TimerView,
    TodoView,
)
from devgen.language.view.firmware_views import (
    AcpiView,
    DeviceTreeView,
    FirmwareRegisterView,
    TreeClockView,
    TreePropertyView,
)
from devgen.language.view.hardware_views import HardwareView
from devgen.language.view.pci_views import BarView, CapabilityView, PciView
from devgen.language.view.register_views import (
    DimensionView,
    DoorbellView,
    EnumerationView,
    FieldView,
    PathPartView,
    RegionView,
    RegisterFileView,
    RegisterView,
    WindowView,
    WriteConstraintView,
)
from devgen.language.view.value_views import Hook, Size, StartValue

__all__ = [
    "AcpiView",
    "BarView",
    "BoardView",
    "CapabilityView",
    "ConstantView",
    "CounterView",
    "DeviationView",
    "DeviceTreeView",
    "DeviceView",
    "DimensionView",
    "DoorbellView",
    "EnumerationView",
    "EventView",
    "FieldView",
    "FifoView",
    "FirmwareRegisterView",
    "HardwareView",
    "Hook",
    "InputView",
    "KeyView",
    "LineView",
    "ParameterView",
    "PathPartView",
    "PciView",
    "PlacedView",
    "PropertyView",
    "RegionView",
    "RegisterFileView",
    "RegisterView",
    "RoutineView",
    "Size",
    "StartValue",
    "StateView",
    "StreamView",
    "TimerView",
    "TodoView",
    "TreeClockView",
    "TreePropertyView",
    "WindowView",
    "WriteConstraintView",
    "view_of",
    "view_of_board",
]


def view_of(loaded: LoadResult) -> DeviceView:
    """Return the view of a device description that was loaded without an error.

    Raises:
        ValueError: there is no device: the description has errors, or it is a fragment.
    """
    from devgen.language.view.view_device import view_device

    if loaded.device is None or loaded.tree is None:
        raise ValueError("there is no device to view: the description has errors, or it is a fragment")
    return view_device(loaded.device, loaded.tree)
