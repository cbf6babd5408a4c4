"""Lowers a device's identity in ACPI tables to the class attribute ``ACPI``."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language import model
from devgen.targets.python.imports import imported
from devgen.targets.python.python_literals import string
from devgen.targets.python.source_tree import Node, call, keyword, listing


def lower_acpi(acpi: model.Acpi) -> Node:
    """Return ``AcpiIdentity(…)`` without arguments that have their defaults."""
    return call("AcpiIdentity", _arguments(acpi), imported("AcpiIdentity"))


def _arguments(acpi: model.Acpi) -> Iterator[Node]:
    for name, text in (("hid", acpi.hid), ("cid", acpi.cid), ("table", acpi.table)):
        if text:
            yield keyword(name, Node(string(text)))
    if acpi.fadt:
        yield keyword("fadt", listing("(", map(_register, acpi.fadt), ")"))
    if acpi.reset_value:
        yield keyword("reset_value", Node(str(acpi.reset_value)))


def _register(entry: model.FirmwareRegister) -> Node:
    words = (string(entry.use), string(entry.region), hex(entry.offset), str(entry.width))
    return call("FirmwareRegister", map(Node, words), imported("FirmwareRegister"))
