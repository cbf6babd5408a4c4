"""Watching a machine: accesses by name, changes of registers, lines as waves. Nothing here runs unless it is asked for.

A `Tracer` prints, `JsonTrace` writes what `devgen replay` reads, `Waves` writes a VCD file for a wave viewer.
"""

from devgen.runtime.observe.access_names import NameFilter
from devgen.runtime.observe.json_trace import JsonTrace
from devgen.runtime.observe.tracer import LEVELS, Level, Tracer

__all__ = ["LEVELS", "JsonTrace", "Level", "NameFilter", "Tracer"]
