"""The device of an SVD file and its peripherals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from typing import Final

from devgen.errors import FileError
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Block, Chip, Interrupt, Peripheral
from devgen.exchange.svd.derivation import Derivation
from devgen.exchange.svd.svd_registers import Inherited, RegisterReader
from devgen.exchange.svd.svd_values import dimension, number
from devgen.exchange.svd.unsaid_elements import report_unsaid
from devgen.exchange.xml_elements import Element, read_xml

MOST_PERIPHERALS: Final = 1 << 14
"""Most peripherals of a chip."""

# Keys of a peripheral that describe its registers: a derived one with any of them has a map of its own.
_OWN_MAP: Final = ("registers", "size", "access", "resetValue", "resetMask", "protection")


def read_svd(path: str | PathLike[str], findings: Findings) -> Chip:
    """Read the SVD file at ``path``. What does not come over is added to ``findings``.

    Raises:
        FileError: the file cannot be read, is no XML, or is no SVD file.
    """
    return chip_of(read_xml(path), findings)


def chip_of(root: Element, findings: Findings) -> Chip:
    """Return the chip that an SVD file's root element describes. Raises FileError if it is no ``device``."""
    if root.tag != "device" or root.child("peripherals") is None:
        raise FileError(f"{root.place}: no SVD file: the root is <{root.tag}>, not a <device> with <peripherals>")
    reader = _PeripheralReader(root, Derivation(root, findings), findings)
    report_unsaid(root, findings)
    endian = root.child("cpu")
    return Chip(
        root.value("name") or "chip",
        root.place,
        tuple(reader.peripherals()),
        root.words("description"),
        root.value("vendor") or root.value("vendorID") or "",
        root.value("version") or "",
        endian is not None and endian.value("endian") == "big",
    )


@dataclass(slots=True, frozen=True)
class _PeripheralReader:
    root: Element
    derivation: Derivation
    findings: Findings

    def peripherals(self) -> list[Peripheral]:
        block = self.root.child("peripherals")
        found: list[Peripheral] = []
        if block is None:
            return found
        for element in block.all("peripheral"):
            name = element.value("name")
            if not name:
                self.findings.add(Outcome.LEFT_OUT, element.place, "?", "a peripheral without a name")
                continue
            more = self._repeated(element, block, name)
            if len(found) + len(more) > MOST_PERIPHERALS:
                text = f"more than {MOST_PERIPHERALS} peripherals with all elements of arrays"
                self.findings.add(Outcome.LEFT_OUT, element.place, name, text)
                continue
            found += more
        return found

    def _repeated(self, element: Element, block: Element, name: str) -> list[Peripheral]:
        whole = self.derivation.resolved(element, block, name)
        base = number(whole.value("baseAddress") or "")
        if base is None:
            text = f"baseAddress '{whole.value('baseAddress')}' is no number; 0 came over"
            self.findings.add(Outcome.CORRECTED, element.place, name, text)
        peripheral = self._peripheral(element, whole, name.replace("[%s]", "").replace("%s", "") or "P", base or 0)
        repeated = dimension(whole)
        if repeated is None:
            return [peripheral]
        pattern = name.replace("[%s]", "%s") if "%s" in name else f"{name}%s"
        names = [pattern.replace("%s", index) for index in repeated.names]
        first = replace(peripheral, name=names[0])
        copies = [
            replace(peripheral, name=copy, base=peripheral.base + place * repeated.stride, members=(), same_as=names[0])
            for place, copy in enumerate(names[1:], 1)
        ]
        return [first, *copies]

    def _peripheral(self, element: Element, whole: Element, name: str, base: int) -> Peripheral:
        origin = element.attributes.get("derivedFrom", "")
        shared = bool(origin) and whole is not element and not any(element.child(tag) for tag in _OWN_MAP)
        inherited = Inherited().within(self.root).within(whole)
        registers = None if shared else whole.child("registers")
        members = (
            RegisterReader(self.derivation, self.findings).members(registers, inherited, name) if registers else []
        )
        return Peripheral(
            name,
            base,
            element.place,
            whole.words("description"),
            whole.value("version") or "",
            tuple(self._blocks(whole, name)),
            tuple(self._interrupts(whole, name)),
            tuple(members),
            self._origin(origin) if shared else "",
        )

    def _origin(self, name: str) -> str:
        """Return the peripheral at the end of a chain of derivations."""
        block = self.root.child("peripherals")
        elements = {element.value("name"): element for element in block.all("peripheral")} if block else {}
        for _ in range(32):
            base = elements.get(name)
            if base is None or "derivedFrom" not in base.attributes or any(base.child(tag) for tag in _OWN_MAP):
                break
            name = base.attributes["derivedFrom"]
        return name

    def _blocks(self, whole: Element, name: str) -> list[Block]:
        blocks: list[Block] = []
        for element in whole.all("addressBlock"):
            offset, size = number(element.value("offset") or ""), number(element.value("size") or "")
            if offset is None or not size:
                self.findings.add(Outcome.LEFT_OUT, element.place, name, "an address block without offset or size")
                continue
            blocks.append(Block(offset, size, (element.value("usage") or "registers") == "registers"))
        return blocks

    def _interrupts(self, whole: Element, name: str) -> list[Interrupt]:
        found: dict[str, Interrupt] = {}
        for element in whole.all("interrupt"):
            label, value = element.value("name") or "", number(element.value("value") or "")
            if not label or value is None:
                self.findings.add(Outcome.LEFT_OUT, element.place, name, "an interrupt without name or number")
                continue
            first = found.setdefault(label, Interrupt(label, value, element.words("description")))
            if first.number != value:
                text = f"interrupt {value}, whose name '{label}' interrupt {first.number} has too"
                self.findings.add(Outcome.LEFT_OUT, element.place, name, text)
        return list(found.values())
