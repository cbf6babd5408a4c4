"""The lines in which generated files differ, for `devgen build --check`."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from itertools import takewhile
from pathlib import Path
from typing import Final

from devgen.common.quick_dataclass import dataclass

_COMPARED: Final = 1500
"""Most lines of a file that are compared: finding the differences takes quadratic time."""

_CONTEXT: Final = 3


@dataclass(slots=True, frozen=True)
class TextChange:
    """What a build would do to a file; None: there is no file."""

    path: Path
    before: bytes | None
    after: bytes | None

    def diff(self) -> str:
        """Return the change as a unified diff, or as one line if too much has changed to compare."""
        old, new = _lines(self.before), _lines(self.after)
        start, end = _common(old, new)
        lead = max(0, start - _CONTEXT)
        tail = max(0, end - _CONTEXT)
        cut_old, cut_new = old[lead : len(old) - tail], new[lead : len(new) - tail]
        names = ("/dev/null" if self.before is None else str(self.path), "/dev/null" if not new else str(self.path))
        if max(len(cut_old), len(cut_new)) > _COMPARED and cut_old and cut_new:
            return f"--- {names[0]}\n+++ {names[1]}\n{len(cut_old)} lines are replaced by {len(cut_new)} lines"
        return "\n".join(_numbered(unified_diff(cut_old, cut_new, *names, n=_CONTEXT, lineterm=""), lead))


def _lines(text: bytes | None) -> list[str]:
    return [] if text is None else text.decode("utf-8", "replace").splitlines()


def _common(old: list[str], new: list[str]) -> tuple[int, int]:
    """Return how many lines are the same at the start and, of the others, at the end."""
    start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    rest = zip(reversed(old[start:]), reversed(new[start:]), strict=False)
    return start, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], rest))


def _numbered(lines: Iterator[str], lead: int) -> Iterator[str]:
    """Yield the lines of a diff, with the line numbers of the whole files."""
    for line in lines:
        yield _moved(line, lead) if lead and line.startswith("@@ ") else line


def _moved(header: str, lead: int) -> str:
    """Return ``@@ -1,7 +1,8 @@`` with ``lead`` added to both first lines."""
    _, old, new, _ = header.split(" ", 3)
    return f"@@ -{_plus(old[1:], lead)} +{_plus(new[1:], lead)} @@"


def _plus(place: str, lead: int) -> str:
    first, comma, count = place.partition(",")
    return f"{int(first) + lead}{comma}{count}"
