"""Creates a new device: a description that builds and tests for it, in a project with the layout of devgen's own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Final, Literal, get_args

from devgen.common.guarded_files import create_file, make_folder, read_file
from devgen.errors import ArgumentError, FileError
from devgen.share import find_share

AnyPath = str | PathLike[str]
Bus = Literal["sysbus", "isa", "pci"]
BUSES: Final[tuple[Bus, ...]] = get_args(Bus)

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")  # the pattern of deviceName in the schema

_DEVICE: Final = {"devices/{name}.yaml": "device.yaml.j2", "tests/test_{module}.py": "test.py.j2"}
_BOARD: Final = {
    "boards/{name}.yaml": "board.yaml.j2",
    "guest/{name}.S": "guest.S.j2",
    "guest/{name}.bin": "guest-{bus}.bin",
    "tests/test_{module}_board.py": "test_board.py.j2",
}
_PROJECT: Final = {
    "pyproject.toml": "pyproject.toml.j2",
    ".gitignore": "gitignore.j2",
    ".github/workflows/devices.yml": "workflow.yml.j2",
    ".vscode/settings.json": "vscode-settings.json.j2",
}
_GUESTS: Final = {"guest/Makefile": "Makefile.j2"}
"""File → template. A template without ``.j2`` at its end is copied."""

_STUBS: Final = b"python-stubs"


def new_device(name: str, *, bus: Bus = "sysbus", root: AnyPath = ".", board: bool = False) -> list[Path]:
    """Write a description of a device and a test of it below ``root``. Return the new files.

    With ``board``, also a board, a guest for it and a test that runs it. What the project lacks is written too:
    schemas/ and settings for the editor, pyproject.toml, .gitignore, a workflow for GitHub. Existing files are never
    overwritten, and after an error none of the new files remains.

    Raises:
        ArgumentError: ``name`` is not a device name, or ``bus`` no bus.
        FileError: one of the device's files already exists, or a file cannot be written.
    """
    _check(name, bus)
    folder, values = Path(root), template_values(name, bus, Path(root))
    own = {folder / path.format(**values): template.format(**values) for path, template in _files(board).items()}
    return create_project(folder, {path: rendered(template, values) for path, template in own.items()}, values, board)


def create_project(folder: Path, own: Mapping[Path, bytes], values: Mapping[str, object], board: bool) -> list[Path]:
    """Create a device's ``own`` files, and what the project lacks. Return the new files.

    Raises:
        FileError: one of the device's files already exists, or a file cannot be written; then there is no new file.
    """
    for path in own:
        if os.path.lexists(path):
            raise FileError(f"{path}: already exists; choose another name or remove it first")
    shared = {folder / path: template for path, template in (_PROJECT | (_GUESTS if board else {})).items()}
    lacking = {path: rendered(text, values) for path, text in shared.items() if not os.path.lexists(path)}
    return _create({**own, **lacking} | _schemas(folder / "schemas"))


def _check(name: str, bus: str) -> None:
    if not _NAME.fullmatch(name):
        raise ArgumentError(
            "name", f"'{name}' is not a device name: up to 64 letters, digits, '-' and '_', a letter first"
        )
    if bus not in BUSES:
        raise ArgumentError("bus", f"{bus!r} is not one of {', '.join(BUSES)}")


def _files(board: bool) -> Mapping[str, str]:
    return _DEVICE | _BOARD if board else _DEVICE


def template_values(name: str, bus: str, folder: Path) -> dict[str, object]:
    """Return the variables of the templates for a device in the project ``folder``."""
    from devgen.build.built_names import built_names

    module, class_name = built_names(name)
    line = "inta" if bus == "pci" else "intr"
    values = {"name": name, "module": module, "class_name": class_name, "bus": bus, "line": line}
    return {**values, "typed": _is_typed(folder)}


def _is_typed(folder: Path) -> bool:
    """Whether the project makes type stubs, so that a test may import the device's class; a new one does."""
    path = folder / "pyproject.toml"
    try:
        return not os.path.lexists(path) or _STUBS in read_file(path)
    except OSError:
        return False


def rendered(template: str, values: Mapping[str, object]) -> bytes:
    """Return a file's content, from a template of new projects or as it is. Raises FileError."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    share = find_share("templates")
    if share is None:
        raise FileError("templates: the folder that belongs to devgen is missing: install devgen again")
    if not template.endswith(".j2"):
        return read_file(share / "_new" / template)
    environment = Environment(
        loader=FileSystemLoader(share / "_new"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(values).encode()


def _create(files: Mapping[Path, bytes]) -> list[Path]:
    """Make all files, or none."""
    created: list[Path] = []
    try:
        for path, data in files.items():
            make_folder(path.parent)
            create_file(path, data)
            created.append(path)
    except OSError as error:
        for path in created:
            path.unlink(missing_ok=True)
        raise FileError(f"{error.filename}: {error.strerror}; nothing has been made") from error
    return created


def _schemas(target: Path) -> dict[Path, bytes]:
    """The schemas for a project that has none."""
    source = find_share("schemas")
    if source is None or os.path.lexists(target):
        return {}
    return {target / schema.name: read_file(schema) for schema in sorted(source.glob("*.json"))}
