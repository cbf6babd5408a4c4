"""The tables of registers in a device's class: for traces, and for tests that use registers by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

Shape = tuple[tuple[int | tuple[str, ...], ...], ...]
"""The dimensions of each part of a register's name: ``CHANNEL.BUFFER`` of 2 by 4 elements has ``((2,), (4,))``."""


class DescribedRegisters:
    """What a generated class says about its registers as data. A register of a file is ``FILE.REGISTER``.

    - ``ELEMENTS``: array with several dimensions or named elements → for each part of its name the dimensions, each a
      number of elements or their names.
    - ``FIELDS``: register name → (field name, lowest bit, width in bits), for printing accesses.
    - ``LABELS``: ``REGISTER.FIELD`` → the labels of its enumeration and their values.
    - ``ACTING``: register name → (bits that a written 1 clears, sets or toggles; bits that a written 0 does).
    - ``PEEKS``: register whose read has effects → attribute or method that gives its value without them, or the value;
      empty for a window.
    - ``ALIASES``: register that shares another register's storage → the attribute.
    - ``FOLLOWERS``: methods that update what follows from the registers: lines, counters' enables, streams' room.
    """

    ELEMENTS: ClassVar[Mapping[str, Shape]] = {}
    FIELDS: ClassVar[Mapping[str, tuple[tuple[str, int, int], ...]]] = {}
    LABELS: ClassVar[Mapping[str, Mapping[str, int]]] = {}
    ACTING: ClassVar[Mapping[str, tuple[int, int]]] = {}
    PEEKS: ClassVar[Mapping[str, str | int]] = {}
    ALIASES: ClassVar[Mapping[str, str]] = {}
    FOLLOWERS: ClassVar[tuple[str, ...]] = ()
