"""Small SVD files for tests."""

from __future__ import annotations


def svd(*peripherals: str, device: str = "") -> str:
    """An SVD file of a chip ACME1 with these peripherals; ``device`` is more XML for the device."""
    body = "\n".join(peripherals)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<device schemaVersion="1.3"><name>ACME1</name>'
        f"<addressUnitBits>8</addressUnitBits><width>32</width>{device}<peripherals>\n{body}\n</peripherals></device>"
    )


def peripheral(name: str, registers: str, more: str = "", base: int = 0x4000_0000) -> str:
    """A peripheral with an address block of 4 KiB."""
    return (
        f"<peripheral><name>{name}</name><baseAddress>{base:#x}</baseAddress>{more}"
        "<addressBlock><offset>0</offset><size>0x1000</size><usage>registers</usage></addressBlock>"
        f"<registers>{registers}</registers></peripheral>"
    )


def register(name: str, offset: int, more: str = "") -> str:
    """A register; ``more`` is XML inside it."""
    return f"<register><name>{name}</name><addressOffset>{offset:#x}</addressOffset>{more}</register>"


def field(name: str, bits: str, more: str = "") -> str:
    """A field of bits ``7:4``; put it inside ``<fields>``."""
    return f"<field><name>{name}</name><bitRange>[{bits}]</bitRange>{more}</field>"
