"""Checks SystemRDL files before the compiler opens them: they and what they include are regular, bounded, without Perl.

The compiler opens included files itself and runs embedded Perl; this module keeps both from an untrusted file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from devgen.common.guarded_files import read_file
from devgen.errors import FileError
from devgen.exchange.rdl.bounded_work import check_text

LARGEST: Final = 32 << 20
"""Most bytes of all files together."""

_INCLUDE: Final = re.compile(r'^[ \t]*`include\s+(?:"([^\r\n"]+)"|<([^\r\n>]+)>)', re.M)


def check_files(paths: Sequence[Path], include_dirs: Sequence[Path]) -> int:
    """Return the characters of all files. Raises FileError if a file, or one that it includes, may not be compiled."""
    waiting, seen, size = list(paths), set[Path](), 0
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        text = _read(path)
        size += len(text)
        if size > LARGEST:
            raise FileError(f"{path}: more than {LARGEST >> 20} MiB in all files together")
        if "<%" in text:
            line = text[: text.index("<%")].count("\n") + 1
            raise FileError(f"{path}:{line}: embedded Perl (SystemRDL 2.0, 16.3) is not run; expand it first")
        check_text(text, path)
        waiting += _included(text, path, include_dirs)
    return size


def _read(path: Path) -> str:
    try:
        return read_file(path, LARGEST).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: not UTF-8: byte {error.start}") from error
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error


def _included(text: str, path: Path, include_dirs: Sequence[Path]) -> list[Path]:
    """Return the included files that exist; the compiler reports the others."""
    found: list[Path] = []
    for match in _INCLUDE.finditer(text):
        name = match[1] or match[2]
        found += [folder / name for folder in (*include_dirs, path.parent) if (folder / name).exists()]
    return found
