"""Creates a device from a peripheral of a register file, in a project laid out like devgen's own."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import iskeyword
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from devgen.api.importing import read_chips
from devgen.api.reset_guest import ResetCheck, reset_guest
from devgen.api.starting import create_project, rendered, template_values
from devgen.common.near_names import nearest
from devgen.common.quick_dataclass import dataclass
from devgen.errors import ArgumentError, FileError
from devgen.exchange.describe.peripherals import ImportedDevice, describe_chip
from devgen.exchange.findings import Finding
from devgen.exchange.selection import selected
from devgen.language import load_device
from devgen.language.view import DeviceView, RegisterView, view_of

AnyPath = str | PathLike[str]

MOST_CHECKS: Final = 8
"""Most registers whose reset values the new test and guest check."""

_BASES: Final = (0xFE00_1000, 0xD000_0000, 0x8000_0000)
"""Where the board has the device: the first that its size fits, behind RAM and below the PC's own chips."""
_ROOMS: Final = (0xC0_0000 - 0x1000, 0x1000_0000, 0x4000_0000)
_FIRST_LINE: Final = 16
_LINES: Final = 8
"""The board's lines 16 to 23 are free."""


@dataclass(slots=True, frozen=True)
class NewDevice:
    """A device that was created: its name, the new files, and as ``findings`` what did not come over as it stands."""

    name: str
    files: list[Path]
    findings: tuple[Finding, ...] = ()


def new_imported_device(
    source: AnyPath,
    peripheral: str = "",
    *,
    root: AnyPath = ".",
    board: bool = False,
    patches: Iterable[AnyPath] = (),
) -> NewDevice:
    """Write a description of a peripheral of the register file ``source``, and a test of it, below ``root``.

    The device is called CHIP-PERIPHERAL, as `import_registers` calls it: a later import replaces its registers and
    leaves the author's file. ``peripheral`` may be left out if the file has one. ``board``, ``root`` and what else is
    written: as `new_device`. The test, and the guest of the board, read registers and compare their reset values.

    Raises:
        ArgumentError: the file has no such peripheral, or several and none is named.
        FileError: the file cannot be read, one of the device's files already exists, or a file cannot be written.
    """
    device, findings = _described(Path(source), peripheral, patches)
    folder = Path(root)
    view = _view(device)
    values = template_values(device.name, "sysbus", folder)
    values |= {
        "title": view.title,
        "checks": _checks(view),
        "register": view.registers[0].parts[0].name,
    }
    own = {
        folder / "devices" / device.device_file: device.device.encode(),
        folder / "devices" / device.fragment_file: device.fragment.encode(),
        folder / f"tests/test_{values['module']}.py": rendered("test-imported.py.j2", values),
    }
    files = create_project(folder, own | (_board(folder, view, values) if board else {}), values, board)
    return NewDevice(device.name, files, findings)


def _described(source: Path, peripheral: str, patches: Iterable[AnyPath]) -> tuple[ImportedDevice, tuple[Finding, ...]]:
    """Return the description of the peripheral (or of the peripheral that it is derived from), and the findings."""
    chips = [*read_chips([source], patches=patches)]
    names = [part.name for read in chips for part in read.chip.peripherals]
    if peripheral not in names:
        shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
        if peripheral:
            near = nearest(peripheral, names)
            hint = f"did you mean '{near}'?" if near else f"there are {shown}"
            raise ArgumentError("peripheral", f"{source}: no peripheral '{peripheral}'; {hint}")
        if len(names) != 1:
            raise ArgumentError("peripheral", f"{source}: name one of its peripherals with --peripheral: {shown}")
    wanted = peripheral or names[0]
    for read in chips:
        if any(part.name == wanted for part in read.chip.peripherals):
            parts = selected(read.chip, (wanted,))
            for device in describe_chip(read.chip, read.findings, parts):
                return device, tuple(read.findings.about(parts))
    raise FileError(f"{source}: the peripheral '{wanted}' has no registers that a description can say")


def _view(device: ImportedDevice) -> DeviceView:
    """Return the view of the description, which passes the checks."""
    with TemporaryDirectory() as folder:
        for file, text in ((device.fragment_file, device.fragment), (device.device_file, device.device)):
            (Path(folder) / file).write_text(text, encoding="utf-8")
        return view_of(load_device(Path(folder) / device.device_file))


def _checks(view: DeviceView) -> list[ResetCheck]:
    """Return registers that a read does not change, with their reset values."""
    region = view.regions[0]
    found: list[ResetCheck] = []
    for register in region.registers:
        known = register.reset_mask is None and all(field.reset_known for field in register.fields)
        effects = register.read_effect or any(field.read_effect for field in register.fields)
        readable = register.readable and all(field.access not in ("wo", "w1") for field in register.fields)
        name = _expression(register)
        if known and readable and name and not effects and not register.alternate and register.reset.number is not None:
            big = region.endian == "big"
            found.append(ResetCheck(name, register.offset, register.width, register.reset.number, big))
    return sorted(found, key=lambda check: check.value == 0)[:MOST_CHECKS]


def _expression(register: RegisterView) -> str:
    """Return how a test names the register, the first one of an array; empty if it needs quotes."""
    if any(iskeyword(part.name) or any(dim.names for dim in part.dimensions) for part in register.parts):
        return ""
    return ".".join(part.name + "[0]" * len(part.dimensions) for part in register.parts)


def _board(folder: Path, view: DeviceView, values: dict[str, object]) -> dict[Path, bytes]:
    """Return the files of a board with the device, and of a guest that reads its registers."""
    size = view.regions[0].size
    base = next((base for base, room in zip(_BASES, _ROOMS, strict=True) if size <= room), None)
    if base is None:
        raise FileError(f"{view.name}: {size:#x} bytes of registers do not fit a board; leave --board out")
    lines = [
        f"{line.name}[{element}]" if line.count else line.name
        for line in view.interrupts
        for element in range(line.count.greatest if line.count else 1)
    ]
    name = view.name
    values |= {"base": f"{base:#x}", "region": view.regions[0].name}
    values |= {"lines": [(line, _FIRST_LINE + place) for place, line in enumerate(lines[:_LINES])]}
    checks: list[ResetCheck] = values["checks"]  # type: ignore[assignment]
    return {
        folder / "boards" / f"{name}.yaml": rendered("board-imported.yaml.j2", values),
        folder / "guest" / f"{name}.S": rendered("guest-imported.S.j2", values),
        folder / "guest" / f"{name}.bin": reset_guest(base, [check for check in checks if check.width <= 32]),
        folder / f"tests/test_{values['module']}_board.py": rendered("test_board-imported.py.j2", values),
    }
