"""How an ioctl number is made (asm-generic/ioctl.h): 8 bits of number, 8 of type, 14 of size, 2 of direction."""

from __future__ import annotations

import ctypes
from ctypes import Structure, Union
from typing import TypeAlias

CType: TypeAlias = type[Structure] | type[Union] | type[ctypes._SimpleCData]  # type: ignore[type-arg]
KVMIO = 0xAE
_WRITE = 1  # userspace writes, the kernel reads
_READ = 2


def _ioc(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | KVMIO << 8 | number


def io(number: int) -> int:
    """Return the number of a request without an argument in memory."""
    return _ioc(0, number, 0)


def ior(number: int, argument: CType) -> int:
    """Return the number of a request that the kernel answers in ``argument``."""
    return _ioc(_READ, number, ctypes.sizeof(argument))


def iow(number: int, argument: CType) -> int:
    """Return the number of a request that hands ``argument`` to the kernel."""
    return _ioc(_WRITE, number, ctypes.sizeof(argument))


def iowr(number: int, argument: CType) -> int:
    """Return the number of a request whose ``argument`` the kernel reads and changes."""
    return _ioc(_READ | _WRITE, number, ctypes.sizeof(argument))
