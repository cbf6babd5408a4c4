"""Findings for the parts of a description that register formats cannot express."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devgen.exchange.export_formats import ExportDevice
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Place


def unsaid_parts(device: ExportDevice, findings: Findings) -> None:
    """Report each kind of part that is not exported, once, at its key in the description."""
    for key, text in _kinds(device):
        tree: Any = device.tree
        mark = device.places.key_mark(tree, key if key in tree else "device")
        findings.add(Outcome.LEFT_OUT, Place(mark.file, mark.line), device.view.name, text)


def _kinds(device: ExportDevice) -> Iterator[tuple[str, str]]:
    view = device.view
    hooks = [hook for register in view.registers for hook in register.hooks]
    if hooks:
        yield "regions", f"the behaviour of registers, {len(hooks)} hooks"
    for key, parts in (
        ("properties", view.properties),
        ("constants", view.constants),
        ("gpio_in", view.gpio_in),
        ("gpio_out", view.gpio_out),
        ("counters", view.counters),
        ("timers", view.timers),
        ("fifos", view.fifos),
        ("streams", view.streams),
        ("state", view.state),
        ("functions", view.functions),
        ("actions", view.actions),
        ("events", view.events),
        ("deviations", view.deviations),
    ):
        if parts:
            yield key, f"{key}: {', '.join(part.name for part in parts)}"
    for key, found in (("on_reset", view.on_reset), ("pci", view.pci), ("firmware", view.acpi)):
        if found is not None:
            yield key, key
    volatile = [register.path for register in view.registers if register.volatile and not register.hooks]
    if volatile:
        yield "regions", f"volatile: {', '.join(volatile)}"
