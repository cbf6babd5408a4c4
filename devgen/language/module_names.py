"""The name of a device's module in the generated folder."""

from __future__ import annotations

import keyword
import re


def module_name(device: str) -> str:
    """Return the module of a device: lower case, ``-`` becomes ``_``; never a keyword nor a private name."""
    name = re.sub(r"[^a-z0-9_]", "_", device.lower())
    if not name[:1].isalpha():
        name = f"d{name}"
    return f"{name}_" if keyword.iskeyword(name) else name
