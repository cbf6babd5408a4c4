"""Writes exported files: one for each device, or one for all of them; one for each board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from devgen.common.guarded_files import make_folder, read_file, replace_file
from devgen.errors import FileError
from devgen.exchange.export_formats import ExportBoard, ExportDevice, ExportFormat
from devgen.exchange.findings import Findings

Change = Literal["new", "updated", "unchanged"]

_LARGEST: Final = 256 << 20


@dataclass(slots=True, frozen=True)
class ExportedFile:
    """A file of an export, the names of its devices, and whether it was written."""

    path: Path
    devices: tuple[str, ...]
    change: Change


def write_exports(
    devices: Sequence[ExportDevice],
    boards: Sequence[ExportBoard],
    output: Path,
    form: ExportFormat,
    findings: Findings,
) -> list[ExportedFile]:
    """Write devices and boards to ``output``: a file if its name ends as the format's files do, else a folder.

    A board has a file of its own.

    All texts are made before the first file is written. Files with the same content are not touched.

    Raises:
        FileError: two devices would have one file, a device has nothing to export, or a file cannot be written.
    """
    groups = _groups(devices, output, form)
    texts = [(path, _names(group), form.render(group, findings)) for path, group in groups.items()]
    for board in boards:
        path = output if form.names(output) else output / f"{board.stem}{form.suffix}"
        if any(path == other for other, _, _ in texts):
            raise FileError(f"{board.path}: another board or device makes {path} too; export it into another file")
        texts.append((path, tuple(part.name for part in board.placements), form.render_board(board, findings)))
    written: list[ExportedFile] = []
    try:
        for path, names, text in texts:
            change = _change(path, text)
            if change != "unchanged":
                make_folder(path.parent)
                replace_file(path, text.encode())
            written.append(ExportedFile(path, names, change))
    except OSError as error:
        raise FileError(f"{error.filename or output}: {error.strerror}") from error
    return written


def _names(devices: Sequence[ExportDevice]) -> tuple[str, ...]:
    return tuple(device.view.name for device in devices)


def _groups(devices: Sequence[ExportDevice], output: Path, form: ExportFormat) -> dict[Path, list[ExportDevice]]:
    groups: dict[Path, list[ExportDevice]] = {}
    if form.names(output) and devices:
        _check_names(devices)
        return {output: list(devices)}
    for device in devices:
        path = output / f"{device.view.stem}{form.suffix}"
        if path in groups:
            raise FileError(f"{device.path}: {groups[path][0].path} makes {path} too; export them into two folders")
        groups[path] = [device]
    return groups


def _check_names(devices: Sequence[ExportDevice]) -> None:
    """Refuse two devices of one name in one file."""
    first: dict[str, Path] = {}
    for device in devices:
        if device.view.stem in first:
            raise FileError(f"{device.path}: {first[device.view.stem]} is also a device '{device.view.name}'")
        first[device.view.stem] = device.path


def _change(path: Path, text: str) -> Change:
    try:
        return "unchanged" if read_file(path, _LARGEST) == text.encode() else "updated"
    except FileNotFoundError:
        return "new"
