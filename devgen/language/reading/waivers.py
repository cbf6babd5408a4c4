"""Waivers: comments by which an author accepts a warning, with the reason.

``# devgen: allow DG0609 because the tests call it`` concerns the warnings on its own line. On a line of its own it
concerns the next line that is not a comment. Comments are found in the text, since YAML parsers drop them; those in
quoted texts and in descriptions are texts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.tokens import KeyToken, ScalarToken, StreamEndToken

from devgen.language.diagnostics import catalogue
from devgen.language.diagnostics import codes_waivers as kinds
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.near_codes import code_range, near_codes
from devgen.language.diagnostics.reporting import Diagnostics, did_you_mean, offered
from devgen.language.diagnostics.text_form import visible
from devgen.language.model import Mark
from devgen.language.reading.source_map import SourceFile

_MARKER = "devgen:"
_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*devgen:(?P<text>.*)")
_BECAUSE = re.compile(r"\sbecause(?=\s|$)")
_PROSE = frozenset(("title", "description", "datasheet"))
"""Keys whose values are prose, in which a # is no comment."""


@dataclass(slots=True, frozen=True)
class Waiver:
    """The waiver of one code. It concerns its own line and the line ``other``; ``excerpt`` is its own line."""

    mark: Mark
    code: str
    other: int
    excerpt: str

    def covers(self, found: Diagnostic) -> bool:
        """Whether a finding is accepted by this waiver."""
        mark = found.mark
        return found.code == self.code and mark.file == self.mark.file and mark.line in (self.mark.line, self.other)

    def unused(self) -> Diagnostic:
        """Return the warning that it waives nothing."""
        return replace(kinds.UNUSED_WAIVER(self.mark, code=self.code), excerpt=self.excerpt)


@dataclass(slots=True, frozen=True)
class WaiverUse:
    """The waivers in the files of one description, and those of them that waived something."""

    waivers: tuple[Waiver, ...] = ()
    used: frozenset[Waiver] = frozenset()

    def unused_in(self, file: str) -> Iterator[Waiver]:
        """Yield the waivers of a file that waived nothing."""
        return (waiver for waiver in self.waivers if waiver not in self.used and waiver.mark.file == file)


NO_WAIVERS: Final = WaiverUse()
"""No waivers, none used."""


def apply_waivers(files: Iterable[SourceFile], sink: Diagnostics, own: str | None) -> WaiverUse:
    """Remove the findings that are waived, and report waivers that are wrong.

    ``own`` is the file whose unused waivers are reported; None: of none. A fragment's may serve another description.
    None is reported after an error of the description: the check that gives the warning may not have been made.
    """
    failed = sink.failed
    waivers = [waiver for file in files if _MARKER in file.text for waiver in _read(file, sink)]
    if not waivers:
        return NO_WAIVERS
    places: dict[_Place, list[Waiver]] = {}
    for waiver in waivers:
        for line in {waiver.mark.line, waiver.other}:
            places.setdefault((waiver.mark.file, line, waiver.code), []).append(waiver)
    waived = sink.take(lambda found: _place(found) in places)
    use = WaiverUse(tuple(waivers), frozenset(waiver for found in waived for waiver in places[_place(found)]))
    if own is not None and not failed:
        for waiver in use.unused_in(own):
            sink.add(kinds.UNUSED_WAIVER, waiver.mark, code=waiver.code)
    return use


_CODE: Final = re.compile(r"DG\d{4}:?")

_Place = tuple[str, int, str]
"""File, line and code."""


def _place(found: Diagnostic) -> _Place:
    return found.mark.file, found.mark.line, found.code


# --- reading -----------------------------------------------------------------------------


def _read(file: SourceFile, sink: Diagnostics) -> Iterator[Waiver]:
    lines = file.text.split("\n")
    following = _following(lines)
    texts: _Texts | None = None
    for number, line in enumerate(lines, 1):
        match = _COMMENT.search(line) if _MARKER in line else None
        if match is None:
            continue
        if texts is None:
            texts = _Texts(file.text)
        at = file.starts()[number - 1] + match.start()
        if at not in texts:
            mark = file.mark(at)
            for code in _codes(match["text"], mark, sink):
                yield Waiver(mark, code, following[number - 1], visible(line.rstrip("\r")))


class _Texts:
    """The places of a file in which a # is no comment."""

    def __init__(self, text: str) -> None:
        self._ranges = list(_texts(text))
        self._starts = [span.start for span in self._ranges]

    def __contains__(self, at: int) -> bool:
        index = bisect_right(self._starts, at) - 1
        return index >= 0 and at in self._ranges[index]


def _texts(text: str) -> Iterator[range]:
    """Yield the places of quoted texts and of prose, in which a # is no comment; nothing if the file is not YAML."""
    parser = CParser(text)
    key, key_follows = "", False
    try:
        while not isinstance(token := parser.get_token(), StreamEndToken):
            if isinstance(token, ScalarToken):
                if token.style in ("'", '"') or (not key_follows and key in _PROSE):
                    yield range(token.start_mark.index, token.end_mark.index)
                key = token.value if key_follows else ""
            key_follows = isinstance(token, KeyToken)
    except YAMLError:
        return


def _following(lines: Sequence[str]) -> list[int]:
    """Return for each line its own number, or of a comment's line, that of the next line with something else."""
    found: list[int] = []
    following = len(lines)
    for number in range(len(lines), 0, -1):
        text = lines[number - 1].lstrip()
        if text and not text.startswith("#"):
            following = number
        found.append(following)
    return found[::-1]


def _codes(text: str, mark: Mark, sink: Diagnostics) -> list[str]:
    """Return the codes of warnings that an instruction allows; report what is wrong with it."""
    instruction, *reason = _BECAUSE.split(text, maxsplit=1)
    word, *codes = instruction.replace(",", " ").split() or [""]
    if word != "allow" or not codes:
        problem = "it names no code" if word == "allow" else f"it begins with '{word}', not with 'allow'"
        hint = did_you_mean(word, ("allow",)) or _form(codes)
        sink.add(kinds.BAD_WAIVER, mark, problem=problem, hint=hint)
        return []
    if not reason or not reason[0].strip():
        named = [code.rstrip(":") for code in codes if _CODE.fullmatch(code)] or codes
        sink.add(kinds.NO_REASON, mark, codes=", ".join(named), hint=_form(named))
        return []
    return [code for code in codes if _is_waivable(code, mark, sink)]


def _form(codes: Sequence[str]) -> str:
    return f"write `# devgen: allow {', '.join(codes) or 'DG0609'} because`, and the reason"


@cache
def _severities() -> dict[str, str]:
    return {kind.code: kind.severity for kind in catalogue()}


def _is_waivable(code: str, mark: Mark, sink: Diagnostics) -> bool:
    known = _severities()
    severity = known.get(code)
    if severity is None:
        near = near_codes(code, known)
        hint = offered(near) if near else code_range(code, known)
        sink.add(kinds.BAD_WAIVER, mark, problem=f"no diagnostic has the code '{code}'", hint=hint)
    elif severity != "warning":
        what = "an error" if severity == "error" else f"a {severity}"
        sink.add(kinds.NOT_WAIVABLE, mark, code=code, severity=what)
    return severity == "warning"
