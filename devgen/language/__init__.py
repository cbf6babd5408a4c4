"""Device and board descriptions: from YAML text to a typed, checked model.

A description passes through these stages. Each stage reports errors with their place in the file and continues, so that
one run shows all errors. Errors in a description are never raised as exceptions.

- ``reading``: YAML text to plain dicts, lists and numbers, with the place of each key and value; then the JSON Schema.
- ``elaborate``: the tree to the typed model, with every check that a schema cannot express.
- ``behaviour``: the expressions and statements of the hooks, to the typed form ``ir``, with exact ranges.
- ``model``: the result, ``Device``. ``board``: the same for boards. ``diagnostics``: the catalogue of diagnostics.

For example::

    result = load_device("devices/pl031.yaml")
    for diagnostic in result.diagnostics:
        print(diagnostic.text())
    if result.device is not None:
        print(result.device.regions[0].entries[0].name)

The language does not depend on the targets that print a device or on the runtime that runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from devgen.language.load_result import LoadResult

if TYPE_CHECKING:
    from devgen.language.board import BoardResult
    from devgen.language.boards.known_devices import DeviceFinder, FindDevices
    from devgen.language.diagnostics.diagnostic import Diagnostic
    from devgen.language.path_checks import Runner

__all__ = ["LoadResult", "check_paths", "load_board", "load_device"]


def load_device(path: str | Path, *, include_dirs: Sequence[str | Path] = ()) -> LoadResult:
    """Load, validate, build and check the device description at ``path``.

    Files named by ``include:`` are looked for beside the file that names them, then in ``include_dirs``.
    """
    from devgen.language.loading import load_device_file

    return load_device_file(Path(path), tuple(Path(path) for path in include_dirs))


def load_board(path: str | Path, *, devices: DeviceFinder | None = None, other_guest: bool = False) -> BoardResult:
    """Load, validate and build the board description at ``path``.

    With ``devices`` the board is checked whole: against the descriptions of the devices that it places, and against the
    files of its guest, unless ``other_guest`` replaces it. ``devgen.language.boards.known_devices.described_for`` finds
    the devices of a project.
    """
    from devgen.language.boards.board_loading import load_board_file

    return load_board_file(Path(path), devices, other_guest=other_guest)


def check_paths(
    paths: Iterable[str | Path],
    *,
    include_dirs: Sequence[str | Path] = (),
    devices: FindDevices | None = None,
    run: Runner = map,
) -> list[Diagnostic]:
    """Check files, and every ``.yaml``/``.yml`` below folders, in order: devices, fragments and boards.

    A file with the key ``board``, and neither ``device`` nor ``fragment``, is a board; all others are devices or
    fragments. ``devices`` finds the devices that a board places; by default, those that are described in ``paths``, in
    the project and in devgen's catalogue. ``run`` calls the check of each file; it may use several processors.
    """
    from devgen.language.path_checks import check_all

    return check_all([Path(path) for path in paths], tuple(Path(path) for path in include_dirs), devices, run)
