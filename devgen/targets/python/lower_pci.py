"""PCI identity, BARs and capabilities to expressions."""

from __future__ import annotations

from typing import Final

from devgen.language import ir, model
from devgen.targets.python.imports import imported
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.module import Pci
from devgen.targets.python.python_literals import hexadecimal, string
from devgen.targets.python.source_tree import ATOM, Brackets, Node, call, chain

_HEX_A_LINE: Final = 96


def lower_pci(lowering: Lowering, pci: model.Pci) -> Pci:
    """A PCI function's part of the class."""
    capabilities = (*pci.capabilities, *pci.extended)
    serial = serial_number(pci)
    return Pci(
        identity=(
            ("vendor", hexadecimal(pci.vendor, 4)),
            ("device", hexadecimal(pci.device, 4)),
            ("revision", hexadecimal(pci.revision)),
            ("class_code", hexadecimal(pci.class_code, 6)),
            ("subsystem_vendor", hexadecimal(pci.subsystem_vendor, 4)),
            ("subsystem_device", hexadecimal(pci.subsystem_device, 4)),
            ("interrupt_pin", str(pci.interrupt_pin)),
        ),
        bars=tuple(map(_bar, pci.bars)),
        capability_kinds=tuple(sorted({type(capability).__name__ for capability in capabilities})),
        capabilities=tuple(map(_capability, capabilities)),
        serial=None if serial is None else call("self.set_serial_number", (lowering.number(serial),)),
    )


def _bar(bar: model.Bar) -> Node:
    index = '"rom"' if bar.index == "rom" else str(bar.index)
    words = [index, f'"{bar.type}"', hexadecimal(bar.size), *(["prefetchable=True"] if bar.prefetchable else [])]
    return call("Bar", map(Node, words), imported("Bar"))


def serial_number(pci: model.Pci) -> ir.Expr | None:
    """The serial number where the constructor has to set it, as it follows from a property."""
    numbers = (capability.number for capability in pci.extended if isinstance(capability, model.SerialNumber))
    return next((number for number in numbers if not isinstance(number, ir.Int)), None)


def _capability(capability: model.Capability | model.ExtendedCapability) -> Node:
    at = [] if capability.at is None else [f"at={hexadecimal(capability.at)}"]
    kind = type(capability).__name__
    words = [*_arguments(capability), *at]
    return call(kind, [Node(word) if isinstance(word, str) else word for word in words], imported(kind))


def _arguments(capability: model.Capability | model.ExtendedCapability) -> list[str | Node]:
    match capability:
        case model.Msi(vectors, masking):
            return [str(vectors), *(["masking=True"] if masking else [])]
        case model.MsiX(vectors, bar, table, pending_bar, pending):
            tables = [f"bar={bar}", f"table={hexadecimal(table)}"]
            return [str(vectors), *tables, f"pending_bar={pending_bar}", f"pending={hexadecimal(pending)}"]
        case model.PowerManagement():
            flags = [f"{flag}=True" for flag in ("d1", "d2", "no_soft_reset") if getattr(capability, flag)]
            return [*flags, *([f"pme={capability.pme}"] if capability.pme else [])]
        case model.Express(kind, max_payload, speed, width, flr):
            link = [] if kind == "integrated" else [f"speed={speed:g}", f"width={width}"]
            return [string(kind), f"max_payload={max_payload}", *link, *(["flr=True"] if flr else [])]
        case model.VendorSpecific(name, contents, size):
            return [string(name), _bytes(contents), str(size)]
        case model.SerialNumber(number):
            return [hexadecimal(number.value if isinstance(number, ir.Int) else 0, 16)]
        case model.VendorExtended(name, identifier, revision, contents, size):
            return [string(name), hexadecimal(identifier, 4), str(revision), _bytes(contents), str(size)]


def _bytes(data: bytes) -> Node:
    text = data.hex()
    pieces = [Node(string(text[at : at + _HEX_A_LINE])) for at in range(0, len(text), _HEX_A_LINE)]
    if not pieces:
        return Node('b""')
    joined = chain(ATOM, [("", piece) for piece in pieces])
    return Node(f"bytes.fromhex({joined.text})", shape=Brackets("bytes.fromhex", "(", (joined,), ")", commas=False))
