"""Exports descriptions to other register formats."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from devgen.api.description_error import DescriptionError, headline
from devgen.api.descriptions import description_files, load_board
from devgen.common.quick_dataclass import dataclass
from devgen.errors import ArgumentError, FileError
from devgen.exchange.export_files import ExportedFile, write_exports
from devgen.exchange.export_formats import FORMATS, ExportBoard, ExportDevice, ExportForm, ExportPlacement
from devgen.exchange.findings import Finding, Findings
from devgen.language import load_device
from devgen.language.boards.known_devices import described_for
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.reading.description_files import is_board
from devgen.language.view import view_of

AnyPath = str | PathLike[str]

EXPORT_FORMS = tuple(FORMATS)
"""The names of the formats."""


@dataclass(slots=True, frozen=True)
class ExportReport:
    """What an export wrote: the files, and as ``findings`` what the format cannot say, with its place."""

    form: ExportForm
    files: tuple[ExportedFile, ...]
    findings: tuple[Finding, ...]

    def json(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "format": self.form,
            "files": [
                {"path": str(file.path), "change": file.change, "devices": list(file.devices)} for file in self.files
            ],
            "findings": [finding.json() for finding in self.findings],
        }


def export_devices(paths: AnyPath | Iterable[AnyPath], output: AnyPath, *, form: ExportForm) -> ExportReport:
    """Export the devices that ``paths`` name, files or folders, in a register format.

    ``output`` is a file if its name ends as the format's files do (``.rdl``); it then has all the devices. Any other
    name is that of a folder, which gets one file for each device. Fragments and boards in folders are passed over.
    ``form`` is ``systemrdl``: SystemRDL 2.0, from which `import_registers` makes the same descriptions again; or
    ``svd``: CMSIS-SVD 1.3; or ``ipxact``: IEEE 1685-2014. In the last two, ``paths`` may name boards too: a board's
    file has its devices at their addresses.

    Raises:
        DescriptionError: descriptions have errors; nothing was written.
        FileError: a path is missing or no device, a device or board has nothing that the format can say, the format has
            no boards, or a file cannot be written.
        ArgumentError: there is no such format, or ``output`` ends as the files of another one do.
    """
    if form not in FORMATS:
        raise ArgumentError("form", f"'{form}' is not one of {', '.join(FORMATS)}")
    path = Path(output)
    other = next((other for other, known in FORMATS.items() if known.names(path)), None)
    if other is not None and not FORMATS[form].names(path):
        raise ArgumentError(
            "output", f"'{output}' ends as files of {other} do; those of {form} end in {FORMATS[form].suffix}"
        )
    named = [Path(paths)] if isinstance(paths, str | PathLike) else [Path(path) for path in paths]
    findings = Findings()
    boards = [path for path in named if path.is_file() and is_board(path)]
    if boards and not FORMATS[form].boards:
        raise FileError(f"{boards[0]}: a board; {form} describes devices: name their descriptions")
    rest = [path for path in named if path not in boards]
    devices = _devices(rest) if rest else []
    files = write_exports(devices, list(map(_board, boards)), Path(output), FORMATS[form], findings)
    return ExportReport(form, tuple(files), tuple(findings))


def _board(path: Path) -> ExportBoard:
    """Load a board and its devices. Raises DescriptionError, FileError."""
    board = load_board(path, other_guest=True).board
    known = described_for(path.parent)
    placements: list[ExportPlacement] = []
    for placement in board.devices:
        described = known.find(placement.device)
        if described is None:
            raise FileError(f"{path}: no description of the device '{placement.device}'")
        (device,) = _devices([described.path])
        placements.append(ExportPlacement(placement.name, device, dict(placement.at), dict(placement.irq)))
    return ExportBoard(path, board.name, board.description or board.title, tuple(placements))


def _devices(named: list[Path]) -> list[ExportDevice]:
    """Load the devices of the files. Raises DescriptionError, FileError."""
    devices: list[ExportDevice] = []
    diagnostics: list[Diagnostic] = []
    for path in description_files(named):
        loaded = load_device(path) if path in named or not is_board(path) else None
        if loaded is None or (loaded.fragment and path not in named):
            continue
        diagnostics += [found for found in loaded.diagnostics if found.severity == "error"]
        if loaded.fragment:
            raise FileError(f"{path}: a fragment describes no device by itself; export the device that includes it")
        if loaded.device is not None and loaded.tree is not None and loaded.places is not None:
            devices.append(ExportDevice(path, view_of(loaded), loaded.tree, loaded.places))
    if diagnostics:
        raise DescriptionError(headline(diagnostics), diagnostics)
    if not devices:
        raise FileError(f"{', '.join(map(str, named))}: no device")
    return devices
