"""Creates a new device: a description that builds and a test for it, in a project with the layout of devgen's own."""

from __future__ import annotations

import re
import shutil
from os import PathLike
from pathlib import Path
from typing import Final, Literal, get_args

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
        if path.exists():
            raise FileError(f"{path}: there already; choose another name or remove it first")
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return [*files, *_copy_schemas(folder / "schemas")]
    except OSError as error:
        raise FileError(f"{error.filename}: {error.strerror}") from error


def _render(template: str, values: dict[str, str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = find_share("templates")
    if folder is None:
        raise FileError("templates: the folder that belongs to devgen is missing: install devgen again")
    environment = Environment(
        loader=FileSystemLoader(folder / "_new"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template(template).render(values)


def _copy_schemas(target: Path) -> list[Path]:
    source = find_share("schemas")
    if source is None or target.exists():
        return []
    target.mkdir(parents=True)
    copies = [target / schema.name for schema in sorted(source.glob("*.json"))]
    for copy in copies:
        shutil.copyfile(source / copy.name, copy)
    return copies
