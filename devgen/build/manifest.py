"""The manifest of a build, with which the next build detects changes without loading YAML.

The manifest is a cache of relative paths and SHA-256 digests of inputs and outputs, without times. If it is lost, or an
output was edited or deleted, the next build does more work and its result is still correct.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, Final

from devgen import __version__
from devgen.build.target_files import Target
from devgen.common.guarded_files import read_file
from devgen.common.quick_dataclass import dataclass
from devgen.share import PACKAGE, find_share

FORMAT: Final = 2
_FILE_NAME: Final = re.compile(r"(?![.]{1,2}$)[^/\\\0]+")


@dataclass(slots=True, frozen=True)
class Entry:
    """One description: its inputs (paths and digests), its device, and its outputs.

    ``outputs`` are files and their digests. ``facts`` are the values that templates for all devices use of this one. A
    fragment has no device and no outputs; a board has no device, and its name in ``facts``. ``quiet``: the description
    has no warnings that each build must repeat.
    """

    inputs: Mapping[str, str]
    device: str = ""
    title: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = True


@dataclass(slots=True, frozen=True)
class Overview:
    """The files for all devices and their digests; ``made_of`` is a digest of all their inputs."""

    made_of: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Manifest:
    """Entries by the description's path, relative to the output folder; ``tool`` is a digest of the compiler."""

    target: str
    tool: str
    entries: dict[str, Entry] = field(default_factory=dict)
    overview: Overview = field(default_factory=Overview)

    def text(self) -> str:
        """Return the JSON text, which is the same for the same contents."""
        data = {
            "format": FORMAT,
            "target": self.target,
            "tool": self.tool,
            "overview": asdict(self.overview),
            "entries": {source: asdict(entry) for source, entry in self.entries.items()},
        }
        return json.dumps(data, indent=1, sort_keys=True) + "\n"


def load_manifest(path: Path, target: str, tool: str) -> Manifest:
    """Load the manifest at ``path``. Return an empty one if it is missing, broken, or of another compiler version.

    Raises:
        OtherTarget: the folder contains the files of another target.
    """
    try:
        data = json.loads(read_file(path))
        other = str(data["target"])
        if other != target:
            raise OtherTarget(other)
        if data["format"] != FORMAT or data["tool"] != tool:
            return Manifest(target, tool)
        entries = {str(source): _entry(entry) for source, entry in data["entries"].items()}
        return Manifest(target, tool, entries, _overview(data["overview"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Manifest(target, tool)


class OtherTarget(Exception):
    """A folder contains the files of another target; ``str`` gives the target's name."""


def _entry(data: Mapping[str, Any]) -> Entry:
    outputs = _outputs(data["outputs"])
    name, title = str(data["device"]), str(data["title"])
    return Entry(_texts(data["inputs"]), name, title, outputs, _texts(data["facts"]), data["quiet"] is True)


def _overview(data: Mapping[str, Any]) -> Overview:
    return Overview(str(data["made_of"]), _outputs(data["outputs"]))


def _outputs(data: Mapping[str, Any]) -> dict[str, str]:
    outputs = _texts(data)
    if not all(_FILE_NAME.fullmatch(name) for name in outputs):
        raise ValueError("not written by a build")
    return outputs


def _texts(data: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in data.items()}


class Digests:
    """SHA-256 digests of files, each read once; empty for a file that cannot be read."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the digest of the file at ``path``."""
        if path not in self._known:
            try:
                self._known[path] = hashlib.sha256(read_file(path)).hexdigest()
            except OSError:
                self._known[path] = ""
        return self._known[path]


def digest(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def tool_digest(target: Target, templates: Path | None) -> str:
    """Return a digest of the compiler, the schemas, the templates and Python's version."""
    total = hashlib.sha256(f"{__version__} {sys.version_info[:2]} {target.name}".encode())
    folders: list[Path | None] = [PACKAGE / part for part in ("language", "plan", "build", "targets")]
    folders += [find_share("schemas"), target.own, templates]
    for number, folder in enumerate(folders):
        for name, data in _contents(folder):
            total.update(f"\0{number}:{name}\0{len(data)}\0".encode())
            total.update(data)
    return total.hexdigest()


def _contents(folder: Path | None) -> Iterable[tuple[str, bytes]]:
    """Yield (relative path, bytes) of a folder's files in order, without compiled Python files."""
    if folder is None:
        return
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            path = os.path.join(root, name)
            try:
                yield os.path.relpath(path, folder), read_file(path)
            except OSError:
                continue
