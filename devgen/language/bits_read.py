"""Which bits of which registers the value of an expression depends on, through functions, `read`, and lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir
from devgen.language.model import Device, Function, Line, Register, RegisterFile
from devgen.language.typed_walk import Node, children

Key = tuple[str | None, str]
"""(register file or None, register)."""

Bits = dict[Key, int]
"""The bits of registers, as masks."""


@dataclass(slots=True)
class BitReader:
    """Finds the bits that expressions of one device depend on; aliases and views count as their storage."""

    functions: Mapping[str, Function]
    registers: Mapping[Key, Register]
    lines: Mapping[str, Line]
    _known: dict[Node, Bits] = field(default_factory=dict)
    _open: set[object] = field(default_factory=set)

    def bits(self, *nodes: Node) -> Bits:
        """Return the bits that expressions depend on."""
        found: Bits = {}
        for node in nodes:
            for key, mask in self._of(node).items():
                found[key] = found.get(key, 0) | mask
        return found

    def _of(self, node: Node) -> Bits:
        if node not in self._known:
            self._known[node] = {}
            self._known[node] = self._found(node)
        return self._known[node]

    def _found(self, node: Node) -> Bits:
        match node:
            case ir.FieldPlace(register, _, lsb, width):
                return self._register(register, (1 << width) - 1 << lsb)
            case ir.BitsPlace(ir.RegisterPlace() as register, lsb, width):
                return self._register(register, (1 << width) - 1 << lsb)
            case ir.Slice(ir.Load(ir.RegisterPlace() as register), ir.Int(lsb), width):
                return self._register(register, (1 << width) - 1 << lsb)
            case ir.RegisterPlace():
                return self._register(node, (1 << node.width) - 1)
            case ir.Apply(function):
                called = self.functions.get(function)
                return self.bits(*children(node), *(() if called is None else (called.body,)))
            case ir.LinePlace(_, name):
                line = self.lines.get(name)
                return self.bits(*children(node), *(() if line is None or line.level is None else (line.level,)))
        return self.bits(*children(node))

    def _register(self, place: ir.RegisterPlace, mask: int) -> Bits:
        key = place.file, place.register
        described = self.registers.get(key)
        found = self.bits(*(() if place.index is None else (place.index,)))
        if described is not None and described.alias is not None:
            near = place.file, described.alias
            key = near if near in self.registers else (None, described.alias)
        if described is not None and described.read is not None and key not in self._open:
            self._open.add(key)
            found |= self.bits(described.read)
            self._open.discard(key)
        found[key] = found.get(key, 0) | mask
        return found


def bit_reader(device: Device) -> BitReader:
    """Return the reader of a device's expressions."""
    registers: dict[Key, Register] = {}
    for region in device.regions:
        for entry in region.entries:
            if isinstance(entry, RegisterFile):
                registers |= {(entry.name, register.name): register for register in entry.registers}
            else:
                registers[None, entry.name] = entry
    functions = {function.name: function for function in (*device.functions, *device.outputs)}
    return BitReader(functions, registers, {line.name: line for line in (*device.interrupts, *device.gpio_out)})
