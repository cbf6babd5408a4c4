"""The Python part of the target ``python``: device classes, and a catalogue of their modules."""

from __future__ import annotations

from typing import Final

from devgen.language import LoadResult
from devgen.language.module_names import module_name
from devgen.targets.backend import Backend, TargetError, Values
from devgen.targets.python.lower_device import lower_device
from devgen.targets.python.python_names import LoweringError, class_name
from devgen.targets.python.rendering import FILTERS, module_context


def _values(loaded: LoadResult, source: str) -> Values:
    assert loaded.device is not None
    try:
        return module_context(lower_device(loaded.device, source))
    except LoweringError as error:
        raise TargetError(str(error)) from error


def _facts(loaded: LoadResult) -> dict[str, str]:
    assert loaded.device is not None
    name = loaded.device.name
    return {"place": f"{module_name(name)}:{class_name(name)}"}


BACKEND: Final = Backend(_values, _facts, FILTERS, uses_view=False)
