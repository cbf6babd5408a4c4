"""Watching a machine: accesses by name, changes of registers, lines as waves.

Nothing here costs anything unless it is used: an observer wraps a region's operations while it watches, and the tables
of resolved accesses are emptied before and after.

- ``tracer``: prints one line an access. ``json_trace`` and ``recorder``: write what ``devgen replay`` reads.
- ``waves``: writes the lines as a VCD file for a wave viewer.
- ``observable``, ``attachment`` and ``fanout``: what can be watched, and how several observers share it.
- ``access_names`` and ``config_space_names``: what an access is called, by register and field.
- ``register_changes``: which registers an access has changed. ``journal``: outputs of a device, for replay.
- ``trace_format``: the lines of a trace file, as data and checked.

For example::

    with Tracer(machine, print, "all", NameFilter(["rtc"])):
        host.run()
"""

from devgen.runtime.observe.access_names import NameFilter
from devgen.runtime.observe.json_trace import JsonTrace
from devgen.runtime.observe.tracer import LEVELS, Level, Tracer

__all__ = ["LEVELS", "JsonTrace", "Level", "NameFilter", "Tracer"]
