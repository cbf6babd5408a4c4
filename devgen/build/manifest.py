"""What a build remembers, so that the next one can tell that nothing has changed without loading YAML.

The manifest is a cache: it holds relative paths and SHA-256 digests of contents, no times, and every output's own
digest. Losing it, or an output that someone edited or deleted, costs work and never gives a wrong answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from devgen import __version__
from devgen.common.guarded_files import read_file
from devgen.share import PACKAGE, find_share

FORMAT: Final = 1
_SOUND: Final = re.compile(r"[\w-]+ \w+\.py \w+:\w+|  ", re.ASCII)


@dataclass(slots=True, frozen=True)
class Entry:
    """One description: what it was made of (paths and digests) and what it made.

    ``output`` is the module's file name, ``place`` its ``module:Class``; all are empty for a fragment or a board.
    """

    inputs: Mapping[str, str]
    device: str = ""
    output: str = ""
    place: str = ""
    digest: str = ""


@dataclass(slots=True)
class Manifest:
    """Entries by the description's path, relative to the output folder.

    ``tool`` is the digest of what compiled them, ``catalogue`` that of the package's ``__init__``.
    """

    tool: str
    entries: dict[str, Entry] = field(default_factory=dict)
    catalogue: str = ""

    def text(self) -> str:
        """The JSON text, the same for the same contents."""
        entries = {
            source: {
                "inputs": dict(one.inputs),
                "device": one.device,
                "output": one.output,
                "place": one.place,
                "digest": one.digest,
            }
            for source, one in self.entries.items()
        }
        data = {"format": FORMAT, "tool": self.tool, "catalogue": self.catalogue, "entries": entries}
        return json.dumps(data, indent=1, sort_keys=True) + "\n"


def load_manifest(path: Path, tool: str) -> Manifest:
    """The manifest at ``path``; an empty one if it is missing, broken, or of another version of the compiler."""
    try:
        data = json.loads(read_file(path))
        if data["format"] != FORMAT or data["tool"] != tool:
            return Manifest(tool)
        entries = {str(source): _entry(one) for source, one in data["entries"].items()}
        return Manifest(tool, entries, str(data["catalogue"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Manifest(tool)


def _entry(data: Mapping[str, Any]) -> Entry:
    inputs = {str(path): str(value) for path, value in data["inputs"].items()}
    entry = Entry(inputs, *(str(data[key]) for key in ("device", "output", "place", "digest")))
    if not _SOUND.fullmatch(f"{entry.device} {entry.output} {entry.place}"):
        raise ValueError("not written by a build")
    return entry


class Digests:
    """SHA-256 of files, each read once; empty for a file that cannot be read."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """The digest of the file at ``path``."""
        if path not in self._known:
            try:
                self._known[path] = hashlib.sha256(read_file(path)).hexdigest()
            except OSError:
                self._known[path] = ""
        return self._known[path]


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def tool_digest(templates: Path | None) -> str:
    """A digest of everything that turns descriptions into code: the compiler, schemas, templates, Python's version."""
    total = hashlib.sha256(f"{__version__} {sys.version_info[:2]}".encode())
    folders = [
        PACKAGE / "language",
        PACKAGE / "plan",
        PACKAGE / "targets",
        PACKAGE / "build",
        find_share("schemas"),
        find_share("templates"),
        templates,
    ]
    for number, folder in enumerate(folders):
        for name, data in _contents(folder):
            total.update(f"\0{number}:{name}\0{len(data)}\0".encode())
            total.update(data)
    return total.hexdigest()


def _contents(folder: Path | None) -> Iterable[tuple[str, bytes]]:
    """(relative path, bytes) of a folder's files in order, compiled Python left out."""
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
