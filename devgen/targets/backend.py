"""What a target adds in Python to its templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from devgen.language import LoadResult

Values = Mapping[str, object]


class TargetError(Exception):
    """A device cannot be rendered for a target; the message says why."""


def _nothing(*_: object) -> Mapping[str, str]:
    return {}


@dataclass(slots=True, frozen=True)
class Backend:
    """A target's part in Python. A target without one has templates that need the view only.

    ``values`` gives the variables of a device's templates, beside ``device`` (the view) and ``header``, for a loaded
    description and its path as the header names it. ``facts`` are what the templates of the whole folder need to know
    about a device; the build keeps them, so that a device that has not changed is not loaded for them. ``filters`` are
    the templates' filters. ``uses_view``: whether its own templates use ``device``, which takes time to make.

    Raises of ``values``:
        TargetError: the target cannot express the device.
    """

    values: Callable[[LoadResult, str], Values] = _nothing
    facts: Callable[[LoadResult], Mapping[str, str]] = _nothing
    filters: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    uses_view: bool = True
