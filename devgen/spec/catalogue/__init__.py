"""The catalogue of diagnostics: one entry each, in one module a range of codes.

| range          | module      | subject                                                       |
|----------------|-------------|---------------------------------------------------------------|
| DG01xx         | `source`    | files, YAML, includes                                         |
| DG02xx         | `shape`     | keys and types: what the JSON Schema says                     |
| DG03xx         | `values`    | numbers, sizes, durations, ranges                             |
| DG04xx         | `layout`    | registers, fields, regions, doorbells                         |
| DG05xx, DG06xx | `behaviour` | expressions and statements                                    |
| DG07xx         | `parts`     | names, properties, counters, timers, lines                    |
| DG08xx         | `pci`       | PCI identity and base address registers                       |
| DG09xx         | `board`     | boards                                                        |
"""

from __future__ import annotations

from importlib import import_module

from devgen.spec.diagnostics import Kind

MODULES = ("source", "shape", "values", "layout", "behaviour", "parts", "pci", "board")


def catalogue() -> tuple[Kind, ...]:
    """Return every kind of diagnostic, by code."""
    modules = [import_module(f"{__name__}.{name}") for name in MODULES]
    kinds = [value for module in modules for value in vars(module).values() if isinstance(value, Kind)]
    return tuple(sorted(kinds, key=lambda kind: kind.code))
