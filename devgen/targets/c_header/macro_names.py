"""Names of macros: unique in a header, and different from those of the standard library.

A name consists of the device, its parts, and the kind of value: ``PL031_CR_OFFSET``, ``UART_CTRL_MODE_MASK``. Parts are
written in upper case. If two things would have the same name (the label ``MASK`` of a field, and the field's mask), the
later one gets an underscore at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from devgen.language.view import DeviceView, RegisterView

Key = tuple[str, ...]

_LIBRARY_WORDS: Final = """
    INT UINT INTPTR UINTPTR INTMAX UINTMAX CHAR SCHAR UCHAR SHRT USHRT LONG ULONG LLONG ULLONG FLT DBL LDBL
    DECIMAL SIZE PTRDIFF WCHAR WINT SIG SIGNAL FE FP MATH PRI SCN EXIT RAND SEEK BUFSIZ FILENAME FOPEN TMP
    CLOCKS LC MB ATOMIC TIME ONCE THREAD STDC NDEBUG ERRNO EOF NULL
"""
_LIBRARY: Final = frozenset(_LIBRARY_WORDS.split())
"""Prefixes of macros of the C and C++ libraries, which a device's macros must not have."""


_IDENTITY: Final = ("VENDOR_ID", "DEVICE_ID", "REVISION_ID", "CLASS_CODE", "SUBSYSTEM_VENDOR_ID", "SUBSYSTEM_ID")


class UniqueNames:
    """Names of macros that begin with ``stem``, one for each key."""

    def __init__(self, stem: str) -> None:
        stem = _upper(stem)
        first = stem.partition("_")[0].rstrip("0123456789")
        self.prefix = f"DEV_{stem}" if first in _LIBRARY else stem
        self._names: dict[Key, str] = {}
        self._taken: set[str] = set()
        self.guard = self.name("H", "INCLUDED")

    def name(self, *parts: str) -> str:
        """Return the macro for a key such as ``("CTRL", "MODE", "MASK")``; dots in it separate parts too."""
        found = self._names.get(parts)
        if found is None:
            found = _upper("_".join((self.prefix, *parts)))
            while found in self._taken:
                found += "_"
            self._names[parts] = found
            self._taken.add(found)
        return found


class MacroNames(UniqueNames):
    """The names of a device's macros."""

    def __init__(self, device: DeviceView) -> None:
        """Assign all names in the order of the description, so that they do not depend on a template."""
        super().__init__(device.stem)
        for key in keys(device):
            self.name(*key)


def keys(device: DeviceView) -> Iterator[Key]:
    """Yield the keys of all macros of a device, in order."""
    for region in device.regions:
        yield region.name, "SIZE"
        if region.bar is not None:
            yield from ((region.name, what) for what in ("BAR", "BAR_OFFSET"))
        for file in region.files:
            yield from ((file.name, what) for what in ("OFFSET", "COUNT", "STRIDE", "OFFSET_AT"))
        for register in region.registers:
            yield from _register_keys(register)
        for bell in region.doorbells:
            yield from ((bell.name, what) for what in ("OFFSET", "MATCH", "COUNT", "STRIDE", "OFFSET_AT"))
    for line in device.interrupts:
        yield from (("IRQ", line.name, what) for what in ("VECTOR", "COUNT"))
    if device.pci is not None:
        yield from (("PCI", what) for what in _IDENTITY)
        for capability in device.pci.capabilities:
            yield from (("PCI", "CAP", capability.name, what) for what in ("OFFSET", "SIZE", "VECTORS"))
    for secret in device.keys:
        yield from (("KEY", secret.name, str(number)) for number in range(1, len(secret.values) + 1))
    yield from ((constant.name,) for constant in device.constants)


def _register_keys(register: RegisterView) -> Iterator[Key]:
    words = ("OFFSET", "WIDTH", "RESET", "RESET_KNOWN", "RESETS", "VALUE", "VALUES", "COUNT", "STRIDE", "OFFSET_AT")
    yield from ((register.path, what) for what in words)
    for field in register.fields:
        yield from ((register.path, field.name, what) for what in ("SHIFT", "WIDTH", "MASK", "RESET", "GET", "PUT"))
    for field in register.fields:
        for label in field.values:
            yield register.path, field.name, "=", label.name
            yield register.path, field.name, "=", label.name, "MASK"


def _upper(name: str) -> str:
    return re.sub(r"_(?:=_)+", "_", re.sub(r"[^A-Za-z0-9_=]", "_", name).upper())
