"""The Python part of the target ``markdown``."""

from __future__ import annotations

from typing import Final

from devgen.language import LoadResult
from devgen.targets.backend import Backend
from devgen.targets.markdown.markdown_text import code, escaped, fenced, slug
from devgen.targets.register_words import (
    access_words,
    constraint_words,
    count_words,
    decode_words,
    effect_words,
    paragraphs,
    protection_words,
    reset_words,
    setting_words,
    size_words,
)


def _facts(loaded: LoadResult) -> dict[str, str]:
    return {} if loaded.device is None else {"bus": loaded.device.bus.value}


BACKEND: Final = Backend(
    facts=_facts,
    filters={
        "access_words": access_words,
        "code": code,
        "constraint_words": constraint_words,
        "count_words": count_words,
        "decode_words": decode_words,
        "effect_words": effect_words,
        "escaped": escaped,
        "fenced": fenced,
        "paragraphs": paragraphs,
        "protection_words": protection_words,
        "reset_words": reset_words,
        "setting_words": setting_words,
        "size_words": size_words,
        "slug": slug,
    },
)
