"""The Python part of the target ``c-header``: names, and filters for numbers and comments."""

from __future__ import annotations

from typing import Final

from devgen.language import LoadResult
from devgen.language.view import BoardView, view_of
from devgen.targets.backend import Backend, Values
from devgen.targets.c_header.c_literals import comment, index_parameters, literal, place_literal
from devgen.targets.c_header.macro_names import MacroNames, UniqueNames


def _values(loaded: LoadResult, source: str) -> Values:
    return {"macros": MacroNames(view_of(loaded))}


def _board_values(board: BoardView) -> Values:
    return {"macros": UniqueNames(board.stem)}


BACKEND: Final = Backend(
    _values,
    board_values=_board_values,
    filters={
        "literal": literal,
        "comment": comment,
        "index_parameters": index_parameters,
        "place_literal": place_literal,
    },
)
