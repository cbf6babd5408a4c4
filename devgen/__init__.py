"""devgen: describe a virtual device once, in YAML; get a device that runs.

```python
import devgen

devgen.build_devices(["devices"], "generated")      # descriptions to Python classes
dev = devgen.Bench("pl031")                         # a device on a clock that the test moves
dev.write32(0x08, 100)                              # LR
dev.advance("2 s")
assert dev.read32(0x00) == 102                      # DR
```

`__all__` is the public API; everything else may change. It raises errors and never prints them; `DevgenError` is the
base of all errors that a user's mistake causes (`devgen.errors` draws the tree). What can be called from other threads
says so. Importing `devgen` is cheap: a name brings its part of the package when it is first used.

- descriptions: `load_device`, `load_board`, `description_files`, `build_devices`, `build_project`, `list_targets`,
  `project_targets`, `new_device`, `new_imported_device`
- checking: `check`, `check_text`, `check_files`, `fix_files`, `fix_text`, `select_diagnostics`,
  `format_diagnostics`, `explain`
- versions: `compare`, `ComparisonReport`, `Change`
- other formats: `import_registers`, `ImportReport`, `export_devices`, `ExportReport`, `Finding`, `Outcome`
- what there is: `list_devices`, `list_todo`, `measure_devices`, `list_boards`, `describe_boards`, `find_board`,
  `load_project`, `find_project`, `project_registry`
- tests: `Bench`, `BoardBench`
- running: `Board`, `run_board`, `record_board`, `record_run`, `replay_trace`, `find_traces`, `Watch`,
  `AccessCounts`
- editors: `serve_editor`
- QEMU: `QemuGuest`, `QemuDevice`, `DeviceServer`, `PciFunction`, `read_state`, `write_state`,
  `parse_properties`
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for True; importing `typing` would cost more than all of this module
if TYPE_CHECKING:
    from devgen.api.accelerators import ACCELS, Accel, Host, choose_accel, make_host, why_no_kvm
    from devgen.api.board_bench import BoardBench
    from devgen.api.board_configuration import board_configuration
    from devgen.api.boards import Board, run_board
    from devgen.api.building import FailedBuild, build_devices, build_project, list_targets, project_targets
    from devgen.api.catalogue import (
        BoardEntry,
        DeviceEntry,
        TodoEntry,
        describe_boards,
        find_board,
        list_boards,
        list_devices,
        list_todo,
        measure_devices,
    )
    from devgen.api.checking import (
        check,
        check_text,
        explain,
        format_diagnostics,
        list_explanations,
        select_diagnostics,
    )
    from devgen.api.comparing import Compared, compare
    from devgen.api.description_error import DescriptionError
    from devgen.api.descriptions import (
        BoardDescription,
        DeviceDescription,
        check_files,
        description_files,
        load_board,
        load_device,
    )
    from devgen.api.editing import serve_editor
    from devgen.api.exporting import EXPORT_FORMS, ExportReport, export_devices
    from devgen.api.fixing import FixReport, fix_files, fix_text
    from devgen.api.guest_options import GuestOptions
    from devgen.api.importing import ImportReport, import_registers
    from devgen.api.observing import TRACE_LEVELS, MissingPackageError, TraceForm, TraceLevel, Watch
    from devgen.api.property_text import parse_properties
    from devgen.api.qemu_guests import QemuDevice, QemuGuest, ScriptResult
    from devgen.api.recording import Recording, record_board, record_run
    from devgen.api.replaying import find_traces, replay_trace
    from devgen.api.serving import DeviceServer
    from devgen.api.starting import BUSES, Bus, new_device
    from devgen.api.starting_imported import NewDevice, new_imported_device
    from devgen.api.state_files import check_state_place, read_state, write_state
    from devgen.build.builder import BuildError, BuildReport, Progress
    from devgen.build.source_watch import SourceWatch
    from devgen.checking.check_report import CheckReport
    from devgen.checking.explanations import Explanation, UnknownCodeError
    from devgen.checking.fixed_files import FixedFile
    from devgen.checking.report_forms import REPORT_FORMS, ReportForm
    from devgen.comparison.changes import Change, Impact
    from devgen.comparison.comparison_report import COMPARISON_FORMS, ComparisonForm, ComparisonReport
    from devgen.errors import ArgumentError, DevgenError, FileError
    from devgen.exchange.export_files import ExportedFile
    from devgen.exchange.export_formats import ExportForm
    from devgen.exchange.findings import Finding, Outcome
    from devgen.hosts.bench import Bench, BenchError, BenchMaker, Event
    from devgen.hosts.bench.replay_comparison import Divergence, ReplayResult
    from devgen.hosts.kvm import KvmError
    from devgen.hosts.vfio_user import FunctionHost, PciFunction, ServedFunctionError
    from devgen.language.diagnostics.diagnostic import Diagnostic
    from devgen.language.statistics import Statistics
    from devgen.language.view import DeviceView
    from devgen.project import Project, ProjectError, ProjectNotFound, load_project
    from devgen.qemu.guest import QemuTimeLimit
    from devgen.qemu.qemu_error import QemuError
    from devgen.runtime.base.faults import DeviceError, MachineError, RuntimeFault, StateError, TraceError
    from devgen.runtime.device.device import Device
    from devgen.runtime.machine.device_registry import Registry, RegistryError
    from devgen.runtime.machine.machine import Machine
    from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, KernelConfig, MachineConfig
    from devgen.runtime.machine.project_devices import find_project, project_registry
    from devgen.runtime.machine.run_result import RunResult
    from devgen.runtime.observe.access_counts import AccessCount, AccessCounts
    from devgen.runtime.pci import Bar, PciConfig, PciDevice, PciIdentity

__version__ = "0.1.0"

_HOME = {
    "devgen.api.accelerators": ("ACCELS", "Accel", "Host", "choose_accel", "make_host", "why_no_kvm"),
    "devgen.api.board_bench": ("BoardBench",),
    "devgen.api.board_configuration": ("board_configuration",),
    "devgen.api.boards": ("Board", "run_board"),
    "devgen.api.building": ("FailedBuild", "build_devices", "build_project", "list_targets", "project_targets"),
    "devgen.api.catalogue": (
        "BoardEntry",
        "DeviceEntry",
        "TodoEntry",
        "describe_boards",
        "find_board",
        "list_boards",
        "list_devices",
        "list_todo",
        "measure_devices",
    ),
    "devgen.api.checking": (
        "check",
        "check_text",
        "explain",
        "format_diagnostics",
        "list_explanations",
        "select_diagnostics",
    ),
    "devgen.api.comparing": ("Compared", "compare"),
    "devgen.api.description_error": ("DescriptionError",),
    "devgen.api.descriptions": (
        "BoardDescription",
        "DeviceDescription",
        "check_files",
        "description_files",
        "load_board",
        "load_device",
    ),
    "devgen.api.editing": ("serve_editor",),
    "devgen.api.guest_options": ("GuestOptions",),
    "devgen.api.importing": ("ImportReport", "import_registers"),
    "devgen.api.exporting": ("EXPORT_FORMS", "ExportReport", "export_devices"),
    "devgen.api.fixing": ("FixReport", "fix_files", "fix_text"),
    "devgen.api.observing": ("TRACE_LEVELS", "MissingPackageError", "TraceForm", "TraceLevel", "Watch"),
    "devgen.api.property_text": ("parse_properties",),
    "devgen.api.qemu_guests": ("QemuDevice", "QemuGuest", "ScriptResult"),
    "devgen.api.recording": ("Recording", "record_board", "record_run"),
    "devgen.api.replaying": ("find_traces", "replay_trace"),
    "devgen.api.serving": ("DeviceServer",),
    "devgen.api.starting": ("BUSES", "Bus", "new_device"),
    "devgen.api.starting_imported": ("NewDevice", "new_imported_device"),
    "devgen.api.state_files": ("check_state_place", "read_state", "write_state"),
    "devgen.build.builder": ("BuildError", "BuildReport", "Progress"),
    "devgen.build.source_watch": ("SourceWatch",),
    "devgen.checking.check_report": ("CheckReport",),
    "devgen.checking.explanations": ("Explanation", "UnknownCodeError"),
    "devgen.checking.fixed_files": ("FixedFile",),
    "devgen.checking.report_forms": ("REPORT_FORMS", "ReportForm"),
    "devgen.comparison.changes": ("Change", "Impact"),
    "devgen.comparison.comparison_report": ("COMPARISON_FORMS", "ComparisonForm", "ComparisonReport"),
    "devgen.errors": ("ArgumentError", "DevgenError", "FileError"),
    "devgen.exchange.export_files": ("ExportedFile",),
    "devgen.exchange.export_formats": ("ExportForm",),
    "devgen.exchange.findings": ("Finding", "Outcome"),
    "devgen.hosts.bench": ("Bench", "BenchError", "BenchMaker", "Event"),
    "devgen.hosts.bench.replay_comparison": ("Divergence", "ReplayResult"),
    "devgen.hosts.kvm": ("KvmError",),
    "devgen.hosts.vfio_user": ("FunctionHost", "PciFunction", "ServedFunctionError"),
    "devgen.language.diagnostics.diagnostic": ("Diagnostic",),
    "devgen.language.statistics": ("Statistics",),
    "devgen.language.view": ("DeviceView",),
    "devgen.project": ("Project", "ProjectError", "ProjectNotFound", "load_project"),
    "devgen.qemu.guest": ("QemuTimeLimit",),
    "devgen.qemu.qemu_error": ("QemuError",),
    "devgen.runtime.base.faults": ("DeviceError", "MachineError", "RuntimeFault", "StateError", "TraceError"),
    "devgen.runtime.device.device": ("Device",),
    "devgen.runtime.machine.device_registry": ("Registry", "RegistryError"),
    "devgen.runtime.machine.machine": ("Machine",),
    "devgen.runtime.machine.machine_config": ("DevicePlacement", "GuestConfig", "KernelConfig", "MachineConfig"),
    "devgen.runtime.machine.project_devices": ("find_project", "project_registry"),
    "devgen.runtime.machine.run_result": ("RunResult",),
    "devgen.runtime.observe.access_counts": ("AccessCount", "AccessCounts"),
    "devgen.runtime.pci": ("Bar", "PciConfig", "PciDevice", "PciIdentity"),
}
"""Module → the public names that it defines; each is imported when one of them is first used."""

__all__ = [
    "ACCELS",
    "BUSES",
    "COMPARISON_FORMS",
    "EXPORT_FORMS",
    "REPORT_FORMS",
    "TRACE_LEVELS",
    "Accel",
    "AccessCount",
    "AccessCounts",
    "ArgumentError",
    "Bar",
    "Bench",
    "BenchError",
    "BenchMaker",
    "Board",
    "BoardBench",
    "BoardDescription",
    "BoardEntry",
    "BuildError",
    "BuildReport",
    "Bus",
    "Change",
    "CheckReport",
    "Compared",
    "ComparisonForm",
    "ComparisonReport",
    "DescriptionError",
    "DevgenError",
    "Device",
    "DeviceDescription",
    "DeviceEntry",
    "DeviceError",
    "DevicePlacement",
    "DeviceServer",
    "DeviceView",
    "Diagnostic",
    "Divergence",
    "Event",
    "Explanation",
    "ExportForm",
    "ExportReport",
    "ExportedFile",
    "FailedBuild",
    "FileError",
    "Finding",
    "FixReport",
    "FixedFile",
    "FunctionHost",
    "GuestConfig",
    "GuestOptions",
    "Host",
    "Impact",
    "ImportReport",
    "KernelConfig",
    "KvmError",
    "Machine",
    "MachineConfig",
    "MachineError",
    "MissingPackageError",
    "NewDevice",
    "Outcome",
    "PciConfig",
    "PciDevice",
    "PciFunction",
    "PciIdentity",
    "Progress",
    "Project",
    "ProjectError",
    "ProjectNotFound",
    "QemuDevice",
    "QemuError",
    "QemuGuest",
    "QemuTimeLimit",
    "Recording",
    "Registry",
    "RegistryError",
    "ReplayResult",
    "ReportForm",
    "RunResult",
    "RuntimeFault",
    "ScriptResult",
    "ServedFunctionError",
    "SourceWatch",
    "StateError",
    "Statistics",
    "TodoEntry",
    "TraceError",
    "TraceForm",
    "TraceLevel",
    "UnknownCodeError",
    "Watch",
    "__version__",
    "board_configuration",
    "build_devices",
    "build_project",
    "check",
    "check_files",
    "check_state_place",
    "check_text",
    "choose_accel",
    "compare",
    "describe_boards",
    "description_files",
    "explain",
    "export_devices",
    "find_board",
    "find_project",
    "find_traces",
    "fix_files",
    "fix_text",
    "format_diagnostics",
    "import_registers",
    "list_boards",
    "list_devices",
    "list_explanations",
    "list_targets",
    "list_todo",
    "load_board",
    "load_device",
    "load_project",
    "make_host",
    "measure_devices",
    "new_device",
    "new_imported_device",
    "parse_properties",
    "project_registry",
    "project_targets",
    "read_state",
    "record_board",
    "record_run",
    "replay_trace",
    "run_board",
    "select_diagnostics",
    "serve_editor",
    "why_no_kvm",
    "write_state",
]


if not TYPE_CHECKING:  # a type checker that saw this function would accept any name

    def __getattr__(name: str) -> object:
        """A public name, from the module that defines it."""
        home = next((module for module, names in _HOME.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module 'devgen' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """The public names, whether they have been used or not."""
    return sorted({*globals(), *__all__})
