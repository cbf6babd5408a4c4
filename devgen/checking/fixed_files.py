"""Mends files: which may be changed, reading them, and replacing them in one step."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import BinaryIO, Final

from devgen.checking.mending import Mended, mend
from devgen.common.guarded_files import read_file, replace_with
from devgen.common.yaml_files import YamlFiles
from devgen.errors import FileError
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.reading.regular_file import SIZE_LIMIT, unsaved_texts

_BOM: Final = b"\xef\xbb\xbf"


@dataclass(slots=True, frozen=True)
class FixedFile:
    """A file that was mended. ``path`` is the file itself, links resolved; ``done`` says what was done."""

    path: Path
    before: str
    after: str
    done: tuple[str, ...]

    def diff(self) -> str:
        """Return the change as a unified diff."""
        old, new = self.before.splitlines(), self.after.splitlines()
        return "\n".join(unified_diff(old, new, str(self.path), str(self.path), lineterm=""))


@dataclass(slots=True, frozen=True)
class FixResult:
    """The mended files, reasons why others were not changed, and the findings that are left."""

    files: tuple[FixedFile, ...]
    refused: tuple[str, ...]
    left: tuple[Diagnostic, ...]


def fix_paths(
    paths: Sequence[Path],
    check: Callable[[], list[Diagnostic]],
    chosen: Callable[[Diagnostic], bool],
    write: bool,
) -> FixResult:
    """Mend the files that ``paths`` name, or only return what would change if not ``write``.

    ``check`` returns the findings in ``paths``. A file is changed only if it is one of those that ``paths`` name and
    lies, links resolved, in the named folder or beside the named file.

    Raises:
        FileError: a file changed while it was checked, or cannot be written.
    """
    names, outside = _own_files(paths)
    contents = {file: _read(file) for file in dict.fromkeys(names.values())}
    texts = {file: content for file, content in contents.items() if content is not None}
    names = {name: file for name, file in names.items() if file in texts}
    before = dict(texts)

    def check_changed(changed: Mapping[str, str]) -> list[Diagnostic]:
        unsaved = {Path(os.path.abspath(name)): changed[file] for name, file in names.items() if file in changed}
        with unsaved_texts(unsaved):
            return check()

    def owner(name: str) -> str | None:
        real = names.get(name) or os.path.realpath(name)
        return real if real in texts and name not in outside else None

    mended = mend(texts, owner, check_changed, chosen)
    if write:
        _write(before, mended)
    files = tuple(
        FixedFile(_shown(file), before[file], text, tuple(mended.done[file])) for file, text in mended.texts.items()
    )
    refused = tuple(f"{name} is not changed: {outside.get(name, _NOT_NAMED)}" for name in mended.refused)
    return FixResult(files, refused, tuple(mended.left))


_NOT_NAMED: Final = "it is not one of the files to check"


def _own_files(paths: Sequence[Path]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the file of each name that may be changed, links resolved, and why other names may not."""
    names: dict[str, str] = {}
    outside: dict[str, str] = {}
    for path in paths:
        root = os.path.realpath(path if path.is_dir() else path.parent)
        for file in YamlFiles([path]).files:
            real = os.path.realpath(file)
            if os.path.commonpath((root, real)) == root:
                names.setdefault(str(file), real)
            else:
                outside[str(file)] = f"it is a symbolic link to {real}; name that file"
    return names, outside


def _read(file: str) -> str | None:
    """Return a file's text with its line ends; None if it cannot be read, which the check reports."""
    try:
        return read_file(file, SIZE_LIMIT).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def _write(before: Mapping[str, str], mended: Mended) -> None:
    for file in mended.texts:
        if _read(file) != before[file]:
            raise FileError(f"{_shown(file)}: changed while it was checked; nothing was mended")
    for file, text in mended.texts.items():
        _replace(file, text)


def _replace(file: str, text: str) -> None:
    """Replace a file in one step; its permissions and its byte order mark stay."""
    try:
        mark = _BOM if read_file(file, SIZE_LIMIT).startswith(_BOM) else b""
        mode = stat.S_IMODE(os.stat(file).st_mode)

        def write(target: BinaryIO) -> None:
            os.fchmod(target.fileno(), mode)
            target.write(mark + text.encode())

        replace_with(file, write)
    except OSError as error:
        raise FileError(f"{_shown(file)}: {error.strerror or error}") from error


def _shown(file: str) -> Path:
    """Return a path for messages: relative to the working directory if it is below it."""
    relative = os.path.relpath(file)
    return Path(file if relative.startswith("..") else relative)
