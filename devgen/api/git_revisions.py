"""The descriptions of a git revision, written to a temporary folder: ``REV:path``, as `git show` takes it."""

from __future__ import annotations

import os
import posixpath
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devgen.common.yaml_files import SUFFIXES
from devgen.errors import FileError

_SECONDS = 60
"""Longest time for a command of git."""
_FILES = 5000
"""Most descriptions that are read of a revision."""
_BYTES = 64 << 20
"""Most bytes of all of them."""


@dataclass(slots=True, frozen=True)
class _Entry:
    """A file of a revision: its object and its path in the repository."""

    object: str
    path: str
    size: int


def is_revision(name: str) -> bool:
    """Whether a name is that of a revision's file or folder, and not of a file that exists."""
    return ":" in name and not os.path.lexists(name)


@contextmanager
def files_of_revision(name: str) -> Iterator[Path]:
    """Yield a temporary file or folder with the descriptions of ``REV:path``.

    Of a file, the YAML files of its folder are there too: it may include them. A path that begins with ``./`` is
    relative to the working directory, any other to the root of the repository.

    Raises:
        FileError: there is no such revision or path, git is not installed, or the folder is too large.
    """
    revision, _, path = name.partition(":")
    commit = (
        _git(name, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    )
    path = _from_root(name, path)
    kind = _git(name, "cat-file", "-t", f"{commit}:{path}").decode().strip()
    folder = path if kind == "tree" else posixpath.dirname(path)
    with tempfile.TemporaryDirectory(prefix="devgen-") as temporary:
        root = Path(temporary).resolve()
        _write(root, folder, list(_entries(name, commit, folder)), name)
        yield root if kind == "tree" else root / posixpath.basename(path)


def _from_root(name: str, path: str) -> str:
    if path.startswith(("./", "../")) or path in (".", ".."):
        path = posixpath.join(os.fsdecode(_git(name, "rev-parse", "--show-prefix")).strip(), path)
    path = posixpath.normpath(path) if path else ""
    return "" if path == "." else path


def _entries(name: str, commit: str, folder: str) -> Iterator[_Entry]:
    """Yield the YAML files below a folder. Symbolic links and submodules are no files."""
    listing = _git(name, "ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", *([folder] if folder else []))
    for line in listing.split(b"\0"):
        facts, _, path = line.partition(b"\t")
        if line and path.endswith(tuple(suffix.encode() for suffix in SUFFIXES)):
            mode, _, object_name, size = facts.split()
            if mode.startswith(b"100"):
                yield _Entry(object_name.decode(), os.fsdecode(path), int(size))


def _write(root: Path, folder: str, entries: list[_Entry], name: str) -> None:
    if len(entries) > _FILES or sum(entry.size for entry in entries) > _BYTES:
        raise FileError(f"{name}: more than {_FILES} descriptions or {_BYTES >> 20} MiB; name a smaller folder")
    contents = _contents(name, [entry.object for entry in entries])
    for entry, content in zip(entries, contents, strict=True):
        if ".." in entry.path.split("/"):  # git makes no such name, but a tree object may hold one
            raise FileError(f"{name}: {entry.path} is no path in a folder")
        target = root / posixpath.relpath(entry.path, folder or ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _contents(name: str, objects: Iterable[str]) -> Iterator[bytes]:
    """Yield the content of each object: a header ``object blob size``, then the bytes and a line end."""
    data = _git(name, "cat-file", "--batch", given="".join(f"{object_name}\n" for object_name in objects).encode())
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        size = int(data[at:end].rsplit(b" ", 1)[1])
        yield data[end + 1 : end + 1 + size]
        at = end + size + 2


def _git(name: str, *arguments: str, given: bytes = b"") -> bytes:
    """Return what a command of git prints.

    Raises:
        FileError: it fails, or git is not installed.
    """
    try:
        done = subprocess.run(["git", *arguments], input=given, capture_output=True, timeout=_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired, ValueError) as error:
        raise FileError(f"{name}: not a file, and git cannot be asked: {error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise FileError(f"{name}: no such file, and git does not know it: {said[0] if said else 'no such revision'}")
    return done.stdout
