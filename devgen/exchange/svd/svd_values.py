"""Numbers, bit ranges and repetitions as SVD writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import AccessWord, Constraint, Dimension
from devgen.exchange.xml_elements import Element

ACCESS: Final[dict[str, AccessWord]] = {
    "read-only": "ro",
    "write-only": "wo",
    "read-write": "rw",
    "writeOnce": "w1",
    "read-writeOnce": "rw1",
    # Not in the standard, but in vendors' files.
    "read": "ro",
    "write": "wo",
    "readwrite": "rw",
    "read-writeonce": "rw1",
    "writeonce": "w1",
}
"""SVD's word for access → the language's."""

WRITE_EFFECTS: Final = {
    "oneToClear": "woclr",
    "oneToSet": "woset",
    "oneToToggle": "wot",
    "zeroToClear": "wzc",
    "zeroToSet": "wzs",
    "zeroToToggle": "wzt",
    "clear": "wclr",
    "set": "wset",
}
"""``modifiedWriteValues`` → the language's write effect; ``modify`` says only that there is one."""

PROTECTION: Final = {"s": "secure", "n": "nonsecure", "p": "privileged"}
"""``protection`` → the language's word."""

READ_EFFECTS: Final = {"clear": "rclr", "set": "rset"}
"""``readAction`` → the language's read effect; ``modify`` and ``modifyExternal`` say only that there is one."""

MOST_ELEMENTS: Final = 65536
"""Most elements of one repetition."""

_NUMBER = re.compile(r"\+?(?:0[xX](?P<hex>[0-9a-fA-F]+)|(?:#|0[bB])(?P<bits>[01xX]+)|(?P<decimal>[0-9]+))[uUlL]*")
_SCALE: Final = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def number(text: str) -> int | None:
    """Read a ``scaledNonNegativeInteger``: decimal, ``0x``, ``#`` or ``0b``, suffix k to t; None if it is none."""
    text = text.strip()
    scale = 1
    if text[-1:].lower() in _SCALE and not text.lower().startswith("0x"):
        text, scale = text[:-1], _SCALE[text[-1].lower()]
    found = _NUMBER.fullmatch(text)
    if found is None or len(text) > 70:
        return None
    if found["hex"]:
        return int(found["hex"], 16) * scale
    if found["bits"]:
        return int(found["bits"].lower().replace("x", "0"), 2) * scale
    return int(found["decimal"]) * scale


def pattern(text: str) -> tuple[int, int | None] | None:
    """Read an enumerated value: the number, and the bits that count where the text has ``x`` (None: all bits)."""
    value = number(text)
    if value is None:
        return None
    digits = text.strip().lower()
    bits = digits.removeprefix("0b").removeprefix("#")
    if digits.startswith("0x") or "x" not in bits:
        return value, None
    return value, int("".join("0" if bit == "x" else "1" for bit in bits), 2)


def bit_range(element: Element) -> tuple[int, int] | None:
    """Return the most and least significant bit of a field, in any of SVD's three ways; None if they are wrong."""
    text = element.value("bitRange")
    if text is not None:
        found = re.fullmatch(r"\[?\s*(\d{1,4})\s*:\s*(\d{1,4})\s*\]?", text)
        return _ordered(int(found[1]), int(found[2])) if found else None
    low, high = element.value("lsb"), element.value("msb")
    if low is not None and high is not None:
        return _ordered(number(high), number(low))
    offset, width = element.value("bitOffset"), element.value("bitWidth")
    first = number(offset) if offset is not None else None
    bits = number(width) if width is not None else 1
    return None if first is None or not bits else _ordered(first + bits - 1, first)


def _ordered(high: int | None, low: int | None) -> tuple[int, int] | None:
    if high is None or low is None:
        return None
    return max(high, low), min(high, low)


def effect(element: Element, tag: str, words: Mapping[str, str], part: str, findings: Findings) -> str | None:
    """Return the effect that the child ``tag`` names, by ``words``; None, with a finding, for any other word.

    CMSIS-SVD and IP-XACT have the same words for ``readAction`` and for the effect of a write.
    """
    word = element.value(tag)
    if word is not None and word not in words:
        text = f"{tag} '{word}': write its behaviour (`before_read`, `on_read` or `on_write`)"
        findings.add(Outcome.TO_DO, element.place, part, text)
    return words.get(word or "")


def constraint(element: Element) -> Constraint | None:
    """Return an element's ``writeConstraint``, None if it has none or one without a meaning."""
    found = element.child("writeConstraint")
    if found is None:
        return None
    if (found.value("useEnumeratedValues") or "").lower() in ("true", "1"):
        return "enumerated"
    if (found.value("writeAsRead") or "").lower() in ("true", "1"):
        return "as_read"
    span = found.child("range")
    low, high = (number(span.value(tag) or "") if span else None for tag in ("minimum", "maximum"))
    return None if low is None or high is None or low > high else (low, high)


def dimension(element: Element) -> Dimension | None:
    """Return the repetition of an element, None if it has none or a wrong one."""
    count = number(element.value("dim") or "")
    if not count or count > MOST_ELEMENTS:
        return None
    stride = number(element.value("dimIncrement") or "0") or 0
    names = index_names(element.value("dimIndex") or "")
    if len(names) < count:
        names = tuple(map(str, range(count)))
    return Dimension(names[:count], stride)


def split_name(name: str, repeated: Dimension | None) -> tuple[str, str]:
    """Return a name without its index, and the pattern of the elements' names; it is empty for a plain array."""
    base = name.replace("[%s]", "").replace("%s", "")
    if repeated is None or "%s" not in name or name.endswith("[%s]"):
        return base, ""
    # A list of registers NAME0, NAME1, … is an array too if it can be named without the index.
    return (base.rstrip("_"), "") if name.endswith("%s") and repeated.plain else (base, name)


def index_names(text: str) -> tuple[str, ...]:
    """Expand a ``dimIndex``: ``0-3``, ``A-D``, or names with commas."""
    span = re.fullmatch(r"\s*(\d{1,6})\s*-\s*(\d{1,6})\s*", text)
    if span:
        first, last = int(span[1]), int(span[2])
        return tuple(map(str, range(first, min(last + 1, first + MOST_ELEMENTS))))
    letters = re.fullmatch(r"\s*([A-Z])\s*-\s*([A-Z])\s*", text)
    if letters:
        return tuple(map(chr, range(ord(letters[1]), ord(letters[2]) + 1)))
    return tuple(name.strip() for name in text.split(",")) if text.strip() else ()
