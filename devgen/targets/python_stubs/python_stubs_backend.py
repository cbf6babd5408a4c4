"""The Python part of the target ``python-stubs``."""

from __future__ import annotations

from typing import Final

from devgen.language import LoadResult
from devgen.language.view import view_of
from devgen.targets.backend import Backend, Values
from devgen.targets.python.python_literals import string
from devgen.targets.python.python_names import class_name
from devgen.targets.python_stubs.stub_classes import stub_of


def _values(loaded: LoadResult, source: str) -> Values:
    assert loaded.device is not None
    return {"stub": stub_of(view_of(loaded), class_name(loaded.device.name))}


BACKEND: Final = Backend(_values, filters={"string": string}, uses_view=False)
