"""Creates a new device: a description that builds and a test for it, in a project with the layout of devgen's own."""

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


def new_device(name: str, *, bus: Bus = "sysbus", root: AnyPath = ".") -> list[Path]:
    """Write devices/NAME.yaml and tests/test_NAME.py below ``root``, and schemas/ if missing. Return the new files.

    Existing files are never overwritten.

    Raises:
        ArgumentError: ``name`` is not a device name, or ``bus`` no bus.
        FileError: one of the files already exists, or cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise ArgumentError(
            "name", f"'{name}' is not a device name: up to 64 letters, digits, '-' and '_', a letter first"
        )
    if bus not in BUSES:
        raise ArgumentError("bus", f"{bus!r} is not one of {', '.join(BUSES)}")
    folder, module = Path(root), name.replace("-", "_").lower()
    values = {"name": name, "module": module, "bus": bus, "line": "inta" if bus == "pci" else "intr"}
    files = {
        folder / "devices" / f"{name}.yaml": _render("device.yaml.j2", values),
        folder / "tests" / f"test_{module}.py": _render("test.py.j2", values),
    }
    for path in files:
        if os.path.lexists(path):
            raise FileError(f"{path}: there already; choose another name or remove it first")
    return _create({path: text.encode() for path, text in files.items()} | _schemas(folder / "schemas"))


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


def _render(template: str, values: dict[str, str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = find_share("templates")
    if folder is None:
        raise FileError("templates: the folder that belongs to devgen is missing: install devgen again")
    environment = Environment(
        loader=FileSystemLoader(folder / "_new"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template(template).render(values)


def _schemas(target: Path) -> dict[Path, bytes]:
    """The schemas for a project that has none."""
    source = find_share("schemas")
    if source is None or os.path.lexists(target):
        return {}
    return {target / schema.name: read_file(schema) for schema in sorted(source.glob("*.json"))}
