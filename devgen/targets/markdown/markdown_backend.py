"""The Python part of the target ``markdown``."""

from __future__ import annotations

from typing import Final

from devgen.language import LoadResult
from devgen.language.view import DeviceView, view_of
from devgen.targets.backend import Backend, Values
from devgen.targets.markdown.markdown_text import anchors, code, escaped, fenced
from devgen.targets.register_words import (
    access_words,
    constraint_words,
    count_words,
    decode_words,
    effect_words,
    key_words,
    names_words,
    paragraphs,
    place_words,
    protection_words,
    reset_words,
    setting_words,
    size_words,
)


def _values(loaded: LoadResult, source: str) -> Values:
    return {"anchors": register_anchors(view_of(loaded))}


def register_anchors(device: DeviceView) -> dict[str, str]:
    """Return the anchor of each register's heading by its path; headings that differ only in case have two."""
    headings = [(False, f"{device.name}: {device.title}" if device.title else device.name)]
    headings += [(False, "PCI")] if device.pci else []
    headings += [(False, "Properties")] if device.properties else []
    for region in device.regions:
        headings.append((False, f"Region {region.name}"))
        headings += [(True, register.path) for register in region.registers]
    names = anchors(name for _, name in headings)
    return {path: anchor for (register, path), anchor in zip(headings, names, strict=True) if register}


def _facts(loaded: LoadResult) -> dict[str, str]:
    return {} if loaded.device is None else {"bus": loaded.device.bus.value}


BACKEND: Final = Backend(
    values=_values,
    facts=_facts,
    filters={
        "access_words": access_words,
        "code": code,
        "constraint_words": constraint_words,
        "count_words": count_words,
        "decode_words": decode_words,
        "effect_words": effect_words,
        "key_words": key_words,
        "escaped": escaped,
        "fenced": fenced,
        "names_words": names_words,
        "paragraphs": paragraphs,
        "place_words": place_words,
        "protection_words": protection_words,
        "reset_words": reset_words,
        "setting_words": setting_words,
        "size_words": size_words,
    },
)
