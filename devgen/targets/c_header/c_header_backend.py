"""The Python part of the target ``c-header``: names, and filters for numbers and comments."""

from __future__ import annotations

from typing import Final

from devgen.language import LoadResult
from devgen.language.view import view_of
from devgen.targets.backend import Backend, Values
from devgen.targets.c_header.c_literals import comment, index_parameters, literal, place_literal
from devgen.targets.c_header.macro_names import MacroNames


def _values(loaded: LoadResult, source: str) -> Values:
    return {"macros": MacroNames(view_of(loaded))}


BACKEND: Final = Backend(
    _values,
    filters={
        "literal": literal,
        "comment": comment,
        "index_parameters": index_parameters,
        "place_literal": place_literal,
    },
)
