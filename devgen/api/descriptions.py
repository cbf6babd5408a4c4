"""Loads and checks descriptions of devices and boards."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from devgen.api.description_error import DescriptionError, headline
from devgen.common.yaml_files import YamlFiles, yaml_files_below
from devgen.errors import FileError
from devgen.language import LoadResult, check_paths
from devgen.language import load_board as load_board_result
from devgen.language import load_device as load_device_result
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.model import Device

if TYPE_CHECKING:
    from devgen.language.board import Board
    from devgen.language.statistics import Statistics
    from devgen.language.view import DeviceView

if TYPE_CHECKING:
    from devgen.api.board_devices import BoardDevices
    from devgen.runtime.machine.device_registry import Registry

AnyPath = str | PathLike[str]


@dataclass(slots=True, frozen=True)
class DeviceDescription:
    """A device's description without errors.

    ``device`` is the checked model, ``warnings`` the diagnostics that are not errors, and ``sources`` the files that
    were read: the description first, then the included files.
    """

    device: Device
    warnings: tuple[Diagnostic, ...]
    sources: tuple[Path, ...]
    _loaded: LoadResult = field(repr=False, compare=False)

    @property
    def view(self) -> DeviceView:
        """The device as data under stable names (docs/view.md), created at each access."""
        from devgen.language.view import view_of

        return view_of(self._loaded)

    @property
    def statistics(self) -> Statistics:
        """The sizes of the description: lines, registers, fields, lines of behaviour."""
        from devgen.language.statistics import measure

        sizes = measure(self._loaded)
        assert sizes is not None  # a description without errors has a device and a source
        return sizes


@dataclass(slots=True, frozen=True)
class BoardDescription:
    """A board's description without errors: the checked model, warnings, and the files that were read."""

    board: Board
    warnings: tuple[Diagnostic, ...]
    sources: tuple[Path, ...]


def load_device(path: AnyPath, *, include_dirs: Sequence[AnyPath] = ()) -> DeviceDescription:
    """Load and check the device description at ``path``.

    Files named by ``include:`` are looked for beside the file that names them, then in ``include_dirs``.

    Raises:
        DescriptionError: the description has errors, or it is a fragment, which describes no device by itself.
    """
    result = load_device_result(Path(path), include_dirs=[Path(folder) for folder in include_dirs])
    if not result.ok:
        raise DescriptionError(headline(result.diagnostics), result.diagnostics)
    if result.device is None:
        raise DescriptionError(f"{path}: a fragment describes no device by itself, only where another file includes it")
    return DeviceDescription(result.device, tuple(result.diagnostics), tuple(result.sources), result)


def load_board(path: AnyPath, *, registry: Registry | None = None, other_guest: bool = False) -> BoardDescription:
    """Load and check the board at ``path``: by itself, against its devices' descriptions and its guest's files.

    Devices are looked up in the project at or above the working folder, that at or above the board, installed packages
    and devgen's catalogue. ``registry`` has further classes. ``other_guest``: a run replaces the board's guest, which
    is not checked.

    Raises:
        DescriptionError: the board has errors.
    """
    result = load_board_result(
        Path(path), devices=lookup_of_boards(Path(path).parent, registry=registry), other_guest=other_guest
    )
    if result.board is None:
        raise DescriptionError(headline(result.diagnostics), result.diagnostics)
    return BoardDescription(result.board, tuple(result.diagnostics), tuple(result.sources))


def description_files(paths: Iterable[AnyPath]) -> list[Path]:
    """Return the YAML files in ``paths``, in order and each once; folders are searched recursively.

    Hidden files and folders are omitted. Symbolic links that lead out of a folder are omitted too, and ``check_files``
    reports an error for each.

    Raises:
        FileError: a path does not exist, or a folder holds no YAML file.
    """
    named = [Path(path) for path in paths]
    for path in named:
        if not os.path.lexists(path):
            raise FileError(f"{path}: no such file or folder")
        if path.is_dir() and next(yaml_files_below(path), None) is None:
            raise FileError(f"{path}: no .yaml file in this folder")
    return YamlFiles(named).files


def check_files(paths: Iterable[AnyPath], *, include_dirs: Sequence[AnyPath] = ()) -> list[Diagnostic]:
    """Return all diagnostics of the devices, fragments and boards in ``paths``; folders are searched recursively.

    Errors in a file, and files that cannot be read, are diagnostics and are not raised.
    """
    folders = [Path(folder) for folder in include_dirs]
    return check_paths([Path(path) for path in paths], include_dirs=folders, devices=lookup_of_boards)


def lookup_of_boards(
    folder: Path, include_dirs: tuple[Path, ...] = (), files: tuple[Path, ...] = (), registry: Registry | None = None
) -> BoardDevices:
    """Import the registry of devices when a board is checked: a check of devices needs none."""
    from devgen.api.board_devices import board_devices

    return board_devices(folder, include_dirs, files, registry)
