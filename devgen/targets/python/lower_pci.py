"""PCI identity, BARs and capabilities to the attributes of a device's class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from devgen.language import ir, model
from devgen.targets.python.line_breaking import enclosed
from devgen.targets.python.python_literals import WIDTH, hexadecimal, string

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
    capabilities = (*pci.capabilities, *pci.extended)
    kinds = sorted({type(one).__name__ for one in capabilities})
    yield from attribute_table("CAPABILITIES", f"tuple[{' | '.join(kinds)}, ...]", "()", map(_capability, capabilities))


def _bar(bar: model.Bar) -> str:
    index = '"rom"' if bar.index == "rom" else str(bar.index)
    prefetchable = ", prefetchable=True" if bar.prefetchable else ""
    return f'Bar({index}, "{bar.type}", {hexadecimal(bar.size)}{prefetchable})'


def serial_number(pci: model.Pci) -> ir.Expr | None:
    """The serial number where the constructor has to set it, as it follows from a property."""
    numbers = (one.number for one in pci.extended if isinstance(one, model.SerialNumber))
    return next((number for number in numbers if not isinstance(number, ir.Int)), None)


def _capability(one: model.Capability | model.ExtendedCapability) -> str:
    at = "" if one.at is None else f", at={hexadecimal(one.at)}"
    match one:
        case model.Msi():
            return f"Msi({one.vectors}{', masking=True' if one.masking else ''}{at})"
        case model.MsiX():
            table = f"bar={one.bar}, table={hexadecimal(one.table)}"
            pending = f"pending_bar={one.pending_bar}, pending={hexadecimal(one.pending)}"
            return f"MsiX({one.vectors}, {table}, {pending}{at})"
        case model.PowerManagement():
            flags = [f"{flag}=True" for flag in ("d1", "d2", "no_soft_reset") if getattr(one, flag)]
            words = [*flags, *([f"pme={one.pme}"] if one.pme else []), *([at.removeprefix(", ")] if at else [])]
            return f"PowerManagement({', '.join(words)})"
        case model.Express():
            link = "" if one.type == "integrated" else f", speed={one.speed:g}, width={one.width}"
            flr = ", flr=True" if one.flr else ""
            return f"Express({string(one.type)}, max_payload={one.max_payload}{link}{flr}{at})"
        case model.VendorSpecific():
            return f"VendorSpecific({string(one.name)}, {_bytes(one.contents)}, {one.size}{at})"
        case model.SerialNumber():
            number = one.number.value if isinstance(one.number, ir.Int) else 0
            return f"SerialNumber({hexadecimal(number, 16)}{at})"
        case model.VendorExtended():
            about = f"{hexadecimal(one.id, 4)}, {one.revision}"
            return f"VendorExtended({string(one.name)}, {about}, {_bytes(one.contents)}, {one.size}{at})"


def _bytes(data: bytes) -> str:
    text = data.hex()
    pieces = [string(text[at : at + _HEX_A_LINE]) for at in range(0, len(text), _HEX_A_LINE)]
    return f"bytes.fromhex({' '.join(pieces)})" if pieces else 'b""'


def attribute_table(name: str, kind: str, brackets: str, entries: Iterable[str]) -> Iterator[str]:
    """A class attribute with one entry a line; nothing for an empty one."""
    items = list(entries)
    if items:
        yield from enclosed(f"{name}: ClassVar[{kind}] = {brackets[0]}", items, brackets[1], WIDTH - 4)
