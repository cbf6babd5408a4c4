"""The order of a description's parts, where SystemRDL has another one: by address, and fields by their bits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

KEY: Final = "order"
"""The key in the property ``devgen``. It is no key of the description language."""


def carried_order(described: Iterable[str], said: Iterable[str], left: Iterable[str] = ()) -> dict[str, Any]:
    """Return the order of a description, if an import would not restore it.

    ``said`` are the parts in the order of SystemRDL, ``left`` those that are carried and come after them.
    """
    order = list(described)
    return {} if order == list(dict.fromkeys((*said, *left))) else {KEY: order}
