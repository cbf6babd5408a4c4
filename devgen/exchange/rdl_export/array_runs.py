"""Arrays that SystemRDL's own arrays cannot say, or that its tools refuse, as register files around the component.

All dimensions of an array of SystemRDL have one distance (5.1.2.2), and some tools want no gaps between the registers
of an array. A register file with the rest of the dimensions, and nothing but the component in it, has both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from devgen.exchange.rdl_export.devgen_property import devgen_property
from devgen.exchange.rdl_export.rdl_component import Component
from devgen.language.view import DimensionView

KEY: Final = "outer_dimensions_of"
"""The key in the property ``devgen`` of such a register file: the name of the component. No key of the language."""

Run = tuple[DimensionView, ...]
"""Dimensions without gaps between them, the outermost first."""


def runs_of(dimensions: Sequence[DimensionView], size: int) -> list[Run]:
    """Return the runs of the dimensions, the outermost first; the last one, which may be empty, is the component's own.

    ``size`` is the size of a register in bytes, or 0 for a register file, which may have gaps between its elements.
    """
    runs: list[Run] = [()]
    if dimensions and size and dimensions[-1].stride != size:
        runs.append(())
    for dimension in reversed(dimensions):
        inner = runs[-1]
        if inner and dimension.stride != inner[0].stride * inner[0].count.greatest:
            runs.append((dimension,))
        else:
            runs[-1] = (dimension, *inner)
    return runs[::-1]


def place(run: Run, offset: int) -> str:
    """Return what follows an instance's name: sizes, address and stride."""
    sizes = "".join(f"[{dimension.count.greatest}]" for dimension in run)
    stride = f" += {run[-1].stride:#x}" if run else ""
    return f"{sizes} @ {offset:#x}{stride}"


def offset_within(runs: Sequence[Run], offset: int) -> int:
    """Return the offset of the component itself: in its register file, if it has one."""
    return offset if len(runs) == 1 else 0


def wrapped(component: Component, runs: Sequence[Run], offset: int) -> Component:
    """Return the component in register files with all runs but its own."""
    mark = devgen_property({KEY: component.name})
    for number, run in reversed([*enumerate(runs[:-1])]):
        at = place(run, 0 if number else offset)
        component = Component("regfile", component.name, at, mark, (), (component,))
    return component
