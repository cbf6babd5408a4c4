"""The Python part of the target ``html``."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from devgen.language import LoadResult
from devgen.targets.backend import Backend
from devgen.targets.register_words import (
    access_words,
    constraint_words,
    count_words,
    decode_words,
    drawing,
    effect_words,
    key_words,
    lock_words,
    names_words,
    paragraphs,
    place_words,
    protection_words,
    reset_words,
    setting_words,
    size_words,
)


def anchor(*parts: str) -> str:
    """Return the id of a part of the page, also for links to it: ``register-CTRL``."""
    return quote("-".join(parts), safe="")


def _facts(loaded: LoadResult) -> dict[str, str]:
    assert loaded.device is not None
    device = loaded.device
    registers = sum(len(getattr(entry, "registers", (entry,))) for region in device.regions for entry in region.entries)
    return {"bus": device.bus.value, "registers": str(registers), "datasheet": device.datasheet}


BACKEND: Final = Backend(
    facts=_facts,
    filters={
        "access_words": access_words,
        "anchor": anchor,
        "constraint_words": constraint_words,
        "count_words": count_words,
        "decode_words": decode_words,
        "drawing": drawing,
        "effect_words": effect_words,
        "key_words": key_words,
        "lock_words": lock_words,
        "names_words": names_words,
        "paragraphs": paragraphs,
        "place_words": place_words,
        "protection_words": protection_words,
        "reset_words": reset_words,
        "setting_words": setting_words,
        "size_words": size_words,
    },
)
