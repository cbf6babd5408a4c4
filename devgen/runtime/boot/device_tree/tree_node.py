"""A node of a device tree, and the flattened form of a tree (Devicetree Specification 0.4, chapters 2 and 5)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.firmware_identity import TreeValue

Value = TreeValue | bytes


@dataclass(slots=True)
class TreeNode:
    """A node: its name with its unit address, its properties in order, and its children."""

    name: str
    properties: dict[str, Value] = field(default_factory=dict)
    children: list[TreeNode] = field(default_factory=list)

    def add(self, name: str, **properties: Value) -> TreeNode:
        """Add a child and return it. In the names of ``properties`` an underscore stands for a hyphen."""
        node = TreeNode(name, {key.replace("_", "-"): value for key, value in properties.items()})
        self.children.append(node)
        return node


def cells(values: Iterable[int]) -> bytes:
    """Return 32-bit cells."""
    return b"".join(struct.pack(">I", value) for value in values)


def wide(*values: int) -> bytes:
    """Return numbers of two cells each."""
    return struct.pack(f">{len(values)}Q", *values)


def flattened(root: TreeNode) -> bytes:
    """Return the flattened tree. Raises MachineError if the library libfdt is missing."""
    try:
        import libfdt
    except ImportError:
        raise MachineError(
            "the device tree of a board of type virt needs the library libfdt: pip install 'devgen[arm64]'"
        ) from None
    writer = libfdt.FdtSw()
    writer.finish_reservemap()
    _write(writer, root)
    return bytes(writer.as_fdt().as_bytearray())


def _write(writer: Any, node: TreeNode) -> None:
    writer.begin_node(node.name)
    for name, value in node.properties.items():
        writer.property(name, _encoded(value))
    for child in node.children:
        _write(writer, child)
    writer.end_node()


def _encoded(value: Value) -> bytes:
    match value:
        case bytes():
            return value
        case bool():
            return b""
        case int():
            return cells((value,))
        case str():
            return value.encode() + b"\0"
    return b"".join(map(_encoded, value))
