"""PCI IDs on the command line."""

from __future__ import annotations

import re
from typing import Final

PCI_ID_FORM: Final = "write vendor and device in hexadecimal, as 1af4:10f0"


def parse_pci_id(text: str) -> tuple[int, int] | None:
    """Return the vendor and device ID that ``text`` has, as ``1af4:10f0``; None for any other text.

    Vendor ffff is none: an empty slot reads so.
    """
    found = re.fullmatch("([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})", text)
    if found is None or int(found[1], 16) == 0xFFFF:
        return None
    return int(found[1], 16), int(found[2], 16)
