"""The Python part of a target, which supports its templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from devgen.common.quick_dataclass import dataclass
from devgen.language import LoadResult

if TYPE_CHECKING:
    from devgen.language.view.board_views import BoardView

Values = Mapping[str, object]


class TargetError(Exception):
    """A device cannot be rendered for a target. The message is the reason."""


def _nothing(*_: object) -> Mapping[str, str]:
    return {}


@dataclass(slots=True, frozen=True)
class Backend:
    """The Python part of a target. A target without a backend has templates that only use the view.

    ``values`` gives the variables of a device's templates, beside ``device`` (the view) and ``header``, for a loaded
    description and its path as the header names it. ``facts`` are values about a device for the templates of the whole
    folder. The build stores them, so that unchanged devices need not be loaded. ``filters`` are the templates' filters.
    ``board_values`` gives those of a board's templates, beside ``board``. ``uses_view``: whether its own templates use
    ``device``, which takes time to create.

    Raises of ``values``:
        TargetError: the target cannot express the device.
    """

    values: Callable[[LoadResult, str], Values] = _nothing
    facts: Callable[[LoadResult], Mapping[str, str]] = _nothing
    filters: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    uses_view: bool = True
    board_values: Callable[[BoardView], Values] = _nothing
