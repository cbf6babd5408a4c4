"""Titles and descriptions as the properties ``name`` and ``desc``, which lose some white space."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from devgen.exchange.rdl_export.rdl_names import string
from devgen.exchange.rdl_export.said import Said


def said_texts(spec: Mapping[str, Any]) -> Said:
    """Return ``title`` and ``description`` as ``name`` and ``desc``; a text that these would change is also carried."""
    said = Said()
    title, text = str(spec.get("title", "")), str(spec.get("description", ""))
    if title:
        said += Said({"name": string(readable(title))}, {} if keeps(title) and "\n" not in title else {"title": title})
    if text:
        said += Said({"desc": string(readable(text))}, {} if keeps(text) else {"description": text})
    return said


def readable(text: str) -> str:
    """Return the text as a compiler gives it back: SystemRDL's tools remove common indentation and outer white space.

    ``<%`` would begin embedded Perl, also within a string (16.3). Characters that nobody sees are left out.
    """
    lines = text.strip().replace("<%", "< %").splitlines() or [""]
    first, *others = ("".join(filter(str.isprintable, line)) for line in lines)
    return "\n".join([first, *textwrap.dedent("\n".join(others)).splitlines()]) if others else first


def keeps(text: str) -> bool:
    """Whether only white space around a text is lost."""
    return readable(text) == text.strip()
