"""The catalogue of diagnostics: one module for each range of codes, one entry for each diagnostic.

A kind of diagnostic is data: a code, a message, what is wrong and why, an example and a cure. The manual's page of
diagnostics is generated from the catalogue. For example::

    sink.add(UNKNOWN_KEY, mark, key="acess", hint=did_you_mean("acess", known), allowed=known)

reports ``DG0201`` at a place of the file. To add a diagnostic, add a ``Kind`` to one of the modules below, a small bad
file to ``tests/language/bad``, and run ``python -m devgen.language.diagnostics.catalogue_page > docs/diagnostics.md``.

| range          | module            | subject                                                 |
|----------------|-------------------|---------------------------------------------------------|
| DG01xx         | `codes_files`     | files, YAML, includes                                   |
| DG013x         | `codes_waivers`   | waivers in comments                                     |
| DG015x         | `codes_outputs`   | generated files                                         |
| DG02xx         | `codes_keys`      | keys and types: what the JSON Schema says               |
| DG03xx         | `codes_values`    | numbers, sizes, durations, ranges                       |
| DG04xx         | `codes_layout`    | registers, fields, regions, doorbells                   |
| DG045x         | `codes_locks`     | locks and keys                                          |
| DG046x         | `codes_hardware`  | interrupt fields, hardware set and clear, counters      |
| DG05xx, DG06xx | `codes_behaviour` | expressions and statements                              |
| DG07xx         | `codes_parts`     | names, properties, counters, timers, lines              |
| DG08xx         | `codes_pci`       | PCI identity and base address registers                 |
| DG09xx         | `codes_board`     | boards by themselves                                    |
| DG10xx         | `codes_placements`| boards against the devices they place, and guests       |

``diagnostic`` defines kinds and single diagnostics, ``places`` their second places (``Related``) and the changes that
mend them (``Fix``), ``reporting`` the sink that collects them, ``text_page`` how they look on a terminal, and
``text_form`` makes their text safe for it.
"""

from __future__ import annotations

from importlib import import_module

from devgen.language.diagnostics.diagnostic import Kind

MODULES = (
    "codes_files",
    "codes_waivers",
    "codes_outputs",
    "codes_keys",
    "codes_values",
    "codes_layout",
    "codes_locks",
    "codes_hardware",
    "codes_behaviour",
    "codes_parts",
    "codes_pci",
    "codes_board",
    "codes_placements",
)


def catalogue() -> tuple[Kind, ...]:
    """Return every kind of diagnostic, by code."""
    modules = [import_module(f"{__name__}.{name}") for name in MODULES]
    kinds = [value for module in modules for value in vars(module).values() if isinstance(value, Kind)]
    return tuple(sorted(kinds, key=lambda kind: kind.code))
