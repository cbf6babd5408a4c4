"""Lines of XML with their indentation."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MEANINGLESS: Final = ("reserved", "no description available")
"""Descriptions that SVDConv refuses (M362, M322)."""


@dataclass(slots=True)
class XmlWriter:
    """Lines of XML with their indentation. ``prefix`` is the namespace's, with its colon, or empty."""

    lines: list[str] = field(default_factory=list)
    depth: int = 1
    prefix: str = ""

    def open(self, tag: str, attributes: str = "") -> None:
        """Open an element; ``attributes`` begin with a blank."""
        self.lines.append(f"{'  ' * self.depth}<{self.prefix}{tag}{attributes}>\n")
        self.depth += 1

    def close(self, tag: str) -> None:
        """Close the element that was opened last."""
        self.depth -= 1
        self.lines.append(f"{'  ' * self.depth}</{self.prefix}{tag}>\n")

    def text(self, tag: str, text: str) -> None:
        """Write an element with text; nothing if the text is empty. What XML cannot hold becomes ``?``."""
        if text:
            name = f"{self.prefix}{tag}"
            self.lines.append(f"{'  ' * self.depth}<{name}>{escape(_NOT_XML.sub('?', text))}</{name}>\n")

    def described(self, name: str, description: str) -> None:
        """Write a description, unless it says nothing."""
        if description != name and description.lower() not in _MEANINGLESS:
            self.text("description", description)
