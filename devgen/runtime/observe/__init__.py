"""Observation of a machine: traces with register names, recordings, waveforms.

Without an observer nothing here has a cost. An observer wraps a region's operations while it is attached; the caches of
resolved accesses are emptied when it is attached and detached.

- ``tracer``: prints one line per access. ``json_trace`` and ``recorder``: write traces for ``devgen replay``.
- ``waves``: writes the lines as a VCD file for a waveform viewer.
- ``observable``, ``attachment`` and ``fanout``: attach observers, also several to one device.
- ``access_names`` and ``config_space_names``: names of the registers and fields of an access.
- ``trace_names``: all names of a device that a trace can show.
- ``register_changes``: finds the registers that have changed. ``journal``: collects the outputs of a device.
- ``trace_format``: reads and checks the lines of a trace file.

For example::

    with Tracer(machine, print, "all", NameFilter(["rtc"])):
        host.run()
"""

from devgen.runtime.observe.access_names import NameFilter
from devgen.runtime.observe.json_trace import JsonTrace
from devgen.runtime.observe.tracer import LEVELS, Level, Tracer

__all__ = ["LEVELS", "JsonTrace", "Level", "NameFilter", "Tracer"]
