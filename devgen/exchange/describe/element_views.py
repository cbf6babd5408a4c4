"""Arrays of which a register shows one element: it may have only bits that the elements have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devgen.exchange.describe.overlaps import starts
from devgen.exchange.register_map import Group, Register


def crowded_arrays(members: Sequence[Register | Group], big_endian: bool) -> list[Register]:
    """Return the arrays of which another register shows one element, with bits that the array's fields do not have.

    All elements have the same fields, so that register cannot be an alternate of the array; it can be one of a
    single register.
    """
    registers = [member for member in members if isinstance(member, Register)]
    arrays = [register for register in registers if _elements(register) > 1 and register.fields]
    return [
        array
        for array in arrays
        if any(_has_other_bits(view, array, big_endian) for view in registers if _elements(view) < _elements(array))
    ]


def _has_other_bits(view: Register, array: Register, big_endian: bool) -> bool:
    bits = _bits(array)
    return any(_bits(view) << lsb & ~bits for lsb in _places(view, array, big_endian))


def _places(view: Register, array: Register, big_endian: bool) -> Iterator[int]:
    """Yield the least significant bit of each element of ``view`` in an element of the array."""
    assert array.dimension is not None
    stride = max(array.dimension.stride, array.size)
    for start in starts(view.offset, (view.dimension,) if view.dimension else ()):
        element, offset = divmod(start - array.offset, stride)
        room = array.size - view.size - offset
        if 0 <= element < array.dimension.count and room >= 0:
            yield 8 * (room if big_endian else offset)


def _elements(register: Register) -> int:
    return register.dimension.count if register.dimension else 1


def _bits(register: Register) -> int:
    """Return the bits of a register's fields; all of them if it has none."""
    mask = 0
    for field in register.fields:
        mask |= field.mask
    return mask if register.fields else (1 << register.width) - 1
