"""The address blocks of a memory map, also those in banks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from devgen.exchange.ipxact.ipxact_registers import RegisterReader
from devgen.exchange.ipxact.ipxact_values import Values, title
from devgen.exchange.register_map import Block, Peripheral
from devgen.exchange.xml_elements import Element

_OF_BLOCK: Final = frozenset(["baseAddress", "range", "width", "usage", "register", "registerFile"])
_OF_BANK: Final = frozenset(["baseAddress", "addressBlock", "bank", "subspaceMap", "usage"])
_OF_MAP: Final = frozenset(["addressBlock", "bank", "addressUnitBits", "shared", "memoryRemap", "subspaceMap"])


@dataclass(slots=True, frozen=True)
class BlockReader:
    """Reads the blocks of one memory map."""

    values: Values

    def peripherals(self, memory_map: Element, path: str) -> list[Peripheral]:
        """Return a peripheral for each block with registers; the others are reported."""
        if not self.values.present(memory_map, path):
            return []
        bits = self.values.optional(memory_map, "addressUnitBits", path)
        unit = 1 if bits is None else bits // 8
        if bits is not None and (bits < 8 or bits % 8):
            self.values.left_out(memory_map, path, f"addressUnitBits {bits}: addresses are of bytes, or multiples of 8")
            return []
        self.values.report_others(memory_map, _OF_MAP, path)
        return [
            peripheral
            for child in memory_map.children
            for block, base in self._blocks(child, None, path)
            if (peripheral := self._peripheral(block, base, unit, path)) is not None
        ]

    def _blocks(self, element: Element, base: int | None, path: str) -> Iterator[tuple[Element, int]]:
        """Return the blocks of a bank, or the block itself, with the address; ``base``: given by the bank around."""
        part = f"{path}.{element.words('name') or '?'}"
        if element.tag in _ELSEWHERE:
            self.values.left_out(element, part, _ELSEWHERE[element.tag])
        if element.tag not in ("addressBlock", "bank"):
            return
        if not self.values.present(element, part):
            return
        if base is None:
            base = self.values.number(element, "baseAddress", part)
        if base is None:
            return
        if element.tag == "addressBlock":
            yield element, base
            return
        self.values.report_others(element, _OF_BANK, part)
        if element.attributes.get("bankAlignment") == "parallel" and any(map(_has_registers, element.children)):
            self.values.left_out(element, part, "a parallel bank: its registers share the words of the bus")
            return
        for child in element.children:
            yield from self._blocks(child, base, part)
            base += self._size(child, part)

    def _size(self, element: Element, part: str) -> int:
        if element.tag == "bank":
            return sum(self._size(child, part) for child in element.children)
        return (self.values.number(element, "range", part) or 0) if element.tag == "addressBlock" else 0

    def _peripheral(self, element: Element, base: int, unit: int, path: str) -> Peripheral | None:
        values, name = self.values, element.words("name")
        part = f"{path}.{name or '?'}"
        size, usage = values.number(element, "range", part), element.value("usage") or "register"
        if size is None:
            return None
        if not name or base < 0 or size < 1:
            values.left_out(element, part, f"a block without a name, or of {size} units at {base}")
            return None
        if not _has_registers(element):
            values.left_out(element, part, f"{_USAGES.get(usage, usage)} of {size * unit} bytes at {base * unit:#x}")
            return None
        values.report_others(element, _OF_BLOCK, part)
        members = RegisterReader(values, unit).members(element, values.access(element, "rw", part), part)
        words = element.words("description")
        blocks = (Block(0, size * unit),)
        return Peripheral(
            name, base * unit, element.place, words, "", blocks, members=tuple(members), title=title(element)
        )


_ELSEWHERE: Final = {
    "subspaceMap": "a subspaceMap: its registers are those of another component",
    "memoryRemap": "a memoryRemap: its blocks are there in another state of the component only",
}
_USAGES: Final = {
    "memory": "a memory, which a board has as `ram` or a device as a region with `ram: true`,",
    "reserved": "a reserved block",
    "register": "a block without registers",
}


def _has_registers(element: Element) -> bool:
    return element.tag in ("register", "registerFile") or any(
        _has_registers(child)
        for child in element.children
        if child.tag in ("addressBlock", "bank", "register", "registerFile")
    )
