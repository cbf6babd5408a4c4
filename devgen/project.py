"""The project that a command or a script works in: where its parts are, as ``[tool.devgen]`` of pyproject.toml says.

    [tool.devgen]
    devices = ["devices"]             # folders of descriptions
    templates = "templates"           # the user's own templates and targets

    [tool.devgen.targets]             # what `devgen build` makes, and where
    python = "generated"
    c-header = "include/devices"

    [tool.devgen.check]               # which findings `devgen check` and `devgen build` show
    ignore = ["DG0609"]

A project is the nearest folder, from the working directory upwards, whose pyproject.toml has that table or that has a
folder ``devices`` or built devices in ``generated``. Everything has the defaults above (without templates and with
the target ``python`` only). Every layer may use this module.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from devgen.common.toml_lines import line_of
from devgen.errors import DevgenError

SETTINGS: Final = "pyproject.toml"
DEFAULT_DEVICES: Final = ("devices",)
DEFAULT_TARGETS: Final = {"python": "generated"}
_KEYS: Final = ("devices", "templates", "targets", "check")
_CHECK_KEYS: Final = ("select", "ignore")
BUILD_CACHE: Final = ".devgen-cache"
"""The folder, inside an output folder of a build, with the build's manifest and lock."""

BUILD_MANIFEST: Final = f"{BUILD_CACHE}/manifest.json"
_BUILT: Final = "generated/__init__.py"


class ProjectError(DevgenError):
    """There is no project, or its settings are wrong; the message says where and what."""


class ProjectNotFound(ProjectError):
    """There is no project; the message names the folders that were looked in."""


@dataclass(slots=True, frozen=True)
class Project:
    """A project's folder and its parts; all paths are below ``root`` unless the settings say otherwise."""

    root: Path
    devices: tuple[Path, ...]
    """Folders of descriptions."""
    templates: Path | None
    """The user's folder of templates."""
    targets: Mapping[str, Path] = field(default_factory=dict)
    """Each target that ``devgen build`` makes, and the folder that it writes to."""
    select: tuple[str, ...] = ()
    """Codes of the findings that are shown, or prefixes of codes; empty: all."""
    ignore: tuple[str, ...] = ()
    """Codes of the warnings that are not shown, or prefixes of codes."""

    @property
    def built(self) -> Path:
        """The folder of Python classes that boards and tests use."""
        return self.targets.get("python", self.root / DEFAULT_TARGETS["python"])


def load_project(start: Path | None = None) -> Project:
    """Return the project that ``start`` (the working directory) is in.

    Raises:
        ProjectNotFound: there is none.
        ProjectError: its settings are wrong.
    """
    looked = []
    for folder in searched_folders(start):
        looked.append(folder)
        project = project_at(folder)
        if project is not None:
            return project
    first, last = looked[0], looked[-1]
    where = str(first) if first == last else f"{first} and the folders above it, up to {last}"
    raise ProjectNotFound(
        f"no devgen project here: looked in {where} for a folder devices/ and for [tool.devgen] in {SETTINGS}; "
        "`devgen new NAME` starts one"
    )


def project_at(folder: Path) -> Project | None:
    """Return the project whose root is ``folder``; None if it is none.

    Raises:
        ProjectError: its settings are wrong.
    """
    settings = _settings(folder / SETTINGS)
    if settings is None:
        if not any((folder / name).exists() for name in (*DEFAULT_DEVICES, _BUILT)):
            return None
        settings = {}
    return _project(folder, settings)


def searched_folders(start: Path | None = None) -> Iterator[Path]:
    """Yield ``start`` (the working directory) and the folders above it where a project may be.

    The search ends at the file system's root and below a folder in which every user may create files, such as
    ``/tmp``: built devices are Python code, and one user must not put code into another's process.
    """
    start = (start or Path()).absolute()
    yield start
    for folder in start.parents:
        if _open_to_all(folder):
            return
        yield folder


def _open_to_all(folder: Path) -> bool:
    try:
        return bool(os.stat(folder).st_mode & stat.S_IWOTH)
    except OSError:
        return True


def _settings(path: Path) -> dict[str, Any] | None:
    """Return the table ``[tool.devgen]``; None if there is none."""
    try:
        text = path.read_bytes()
    except OSError:
        return None
    if b"devgen" not in text:
        return None
    import tomllib

    try:
        table = tomllib.loads(text.decode("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProjectError(f"{path}: {error}") from error
    found = table.get("devgen") if isinstance(table, dict) else None
    if found is not None and not isinstance(found, dict):
        raise ProjectError(f"{path}: [tool.devgen] is a table")
    return found


def _project(root: Path, settings: dict[str, Any]) -> Project:
    _refuse_unknown(root, settings, _KEYS)
    templates = settings.get("templates")
    return Project(
        root=root,
        devices=tuple(_folder(root, "devices", name) for name in _devices(root, settings)),
        templates=None if templates is None else _folder(root, "templates", templates),
        targets=_targets(root, settings),
        **_check_codes(root, settings),
    )


def _refuse_unknown(root: Path, table: dict[str, Any], known: tuple[str, ...], *above: str) -> None:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            meant = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
            raise wrong_setting(root, f"unknown key '{key}'; {meant}", *above, key)


def _check_codes(root: Path, settings: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    table = settings.get("check", {})
    if not isinstance(table, dict):
        raise wrong_setting(root, "'check' is a table with 'select' and 'ignore'", "check")
    _refuse_unknown(root, table, _CHECK_KEYS, "check")
    for key, codes in table.items():
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise wrong_setting(root, f"'check.{key}' is a list of codes, such as [\"DG0609\"]", "check", key)
    return {key: tuple(codes) for key, codes in table.items()}


def _devices(root: Path, settings: dict[str, Any]) -> list[Any]:
    devices = settings.get("devices", list(DEFAULT_DEVICES))
    if isinstance(devices, str):
        return [devices]
    if not isinstance(devices, list) or not devices:
        raise wrong_setting(root, "'devices' is a folder or a list of folders", "devices")
    return devices


def _targets(root: Path, settings: dict[str, Any]) -> dict[str, Path]:
    targets = settings.get("targets", DEFAULT_TARGETS)
    if not isinstance(targets, dict) or not targets:
        raise wrong_setting(root, "'targets' is a table: a target's name, and the folder that it writes to", "targets")
    folders = {name: _folder(root, f"targets.{name}", folder) for name, folder in targets.items()}
    if len(set(folders.values())) < len(folders):
        raise wrong_setting(root, "two targets write to the same folder: each needs its own", "targets")
    return folders


def _folder(root: Path, key: str, name: object) -> Path:
    if not isinstance(name, str) or not name:
        raise wrong_setting(root, f"'{key}' is a folder's name, in quotes", *key.split(".", 1))
    return root / name


def wrong_setting(root: Path, why: str, *key: str) -> ProjectError:
    """Return the error about a key of [tool.devgen], at its line of the settings where that is found."""
    path = root / SETTINGS
    try:
        line = line_of(path.read_text("utf-8"), ("tool", "devgen", *key))
    except (OSError, UnicodeDecodeError):
        line = None
    place = path if line is None else f"{path}:{line}"
    return ProjectError(f"{place}: [tool.devgen]: {why}")
