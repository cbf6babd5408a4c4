"""Suggests codes of diagnostics for a code that does not exist.

The codes of one subject differ in a digit, so a code with one digit replaced is not similar: it is another subject's
or another cause's. Similar are codes with the same digits, with two neighbouring digits exchanged, and with one digit
too many or left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_MOST: Final = 3
"""Most codes that are suggested."""
_FAMILY: Final = 4
"""Characters that the codes of one subject share: ``DG04``."""


def near_codes(code: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the ``known`` codes that a slip of the keyboard turns into ``code``: none, or up to three."""
    digits = {candidate: _digits(candidate) for candidate in known}
    wanted = _digits(code)
    same = tuple(candidate for candidate, written in digits.items() if written == wanted)
    return same or tuple(candidate for candidate, meant in digits.items() if _is_slip(wanted, meant))[:_MOST]


def code_range(code: str, known: Iterable[str]) -> str:
    """Return which codes there are: those that begin like ``code``, or all if none does."""
    codes = sorted(known)
    family = [candidate for candidate in codes if candidate.startswith(code[:_FAMILY])]
    if family and len(code) >= _FAMILY:
        return f"the codes that begin with {code[:_FAMILY]} are from {family[0]} to {family[-1]}"
    return f"codes are from {codes[0]} to {codes[-1]}"


def _digits(code: str) -> str:
    return re.sub(r"[^0-9]", "", code.upper().replace("O", "0"))


def _is_slip(written: str, meant: str) -> bool:
    if len(written) == len(meant):
        return any(_exchanged(written, at) == meant for at in range(len(written) - 1))
    longer, shorter = (written, meant) if len(written) > len(meant) else (meant, written)
    return len(longer) == len(shorter) + 1 and any(_without(longer, at) == shorter for at in range(len(longer)))


def _exchanged(text: str, at: int) -> str:
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _without(text: str, at: int) -> str:
    return text[:at] + text[at + 1 :]
