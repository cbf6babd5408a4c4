"""PCI identity, BARs and capabilities to the attributes of a device's class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from devgen.codegen.layout import enclosed
from devgen.codegen.literals import WIDTH, hexadecimal, string
from devgen.spec import model

_HEX_A_LINE: Final = 96


def pci_attributes(pci: model.Pci) -> Iterator[str]:
    """The lines of ``PCI``, ``BARS`` and ``CAPABILITIES``."""
    yield "PCI: ClassVar[PciIdentity] = PciIdentity("
    yield f"    vendor={hexadecimal(pci.vendor, 4)},"
    yield f"    device={hexadecimal(pci.device, 4)},"
    yield f"    revision={hexadecimal(pci.revision)},"
    yield f"    class_code={hexadecimal(pci.class_code, 6)},"
    yield f"    subsystem_vendor={hexadecimal(pci.subsystem_vendor, 4)},"
    yield f"    subsystem_device={hexadecimal(pci.subsystem_device, 4)},"
    yield f"    interrupt_pin={pci.interrupt_pin},"
    yield ")"
    yield from attribute_table("BARS", "tuple[Bar, ...]", "()", map(_bar, pci.bars))
    kinds = sorted({type(one).__name__ for one in pci.capabilities})
    yield from attribute_table(
        "CAPABILITIES", f"tuple[{' | '.join(kinds)}, ...]", "()", map(_capability, pci.capabilities)
    )


def _bar(bar: model.Bar) -> str:
    index = '"rom"' if bar.index == "rom" else str(bar.index)
    prefetchable = ", prefetchable=True" if bar.prefetchable else ""
    return f'Bar({index}, "{bar.type}", {hexadecimal(bar.size)}{prefetchable})'


def _capability(one: model.Capability) -> str:
    at = "" if one.at is None else f", at={hexadecimal(one.at)}"
    match one:
        case model.Msi():
            return f"Msi({one.vectors}{', masking=True' if one.masking else ''}{at})"
        case model.MsiX():
            table = f"bar={one.bar}, table={hexadecimal(one.table)}"
            pending = f"pending_bar={one.pending_bar}, pending={hexadecimal(one.pending)}"
            return f"MsiX({one.vectors}, {table}, {pending}{at})"
        case model.VendorSpecific():
            return f"VendorSpecific({string(one.name)}, {_bytes(one.contents)}, {one.size}{at})"


def _bytes(data: bytes) -> str:
    text = data.hex()
    pieces = [string(text[at : at + _HEX_A_LINE]) for at in range(0, len(text), _HEX_A_LINE)]
    return f"bytes.fromhex({' '.join(pieces)})" if pieces else 'b""'


def attribute_table(name: str, kind: str, brackets: str, entries: Iterable[str]) -> Iterator[str]:
    """A class attribute with one entry a line; nothing for an empty one."""
    items = list(entries)
    if items:
        yield from enclosed(f"{name}: ClassVar[{kind}] = {brackets[0]}", items, brackets[1], WIDTH - 4)
