"""Which elements of a key that is in an array a write concerns."""

from __future__ import annotations

from collections.abc import Sequence

from devgen.language.elaborate.register_drafts import Dim, Draft, FileDraft, RegisterDraft
from devgen.language.ir import Int


def element_of(dims: Sequence[Dim], first: int | None = None) -> str:
    """Return the number of a register's element in its own hooks; empty without dimensions.

    ``first``: only so many of its dimensions, the outermost ones, count.
    """
    text = ""
    for number, dim in enumerate(dims[:first]):
        inside = len(dims) - 1 - number
        name = f"index{inside}" if inside else "index"
        text = f"({text}) * {_number(dim)} + {name}" if text else name
    return text


def elements_of(register: RegisterDraft, after: int = 0) -> str:
    """Return the number of elements of all dimensions behind the first ``after``, as behaviour writes it."""
    dims = register.dims[after:]
    if not dims:
        return ""
    if all(isinstance(dim.count, Int) for dim in dims):
        product = 1
        for dim in dims:
            product *= _number(dim)
        return str(product)
    holder: Draft = register
    while not holder.own and holder.file is not None:
        holder = holder.file
    return str(holder.spec["count"])


def closed_elements(key: RegisterDraft, other: RegisterDraft) -> tuple[str, str] | None:
    """Return the keys that a write of another register locks: their number, empty for one, and the element they are in.

    A register of the same shape, or of a register file that both are in, concerns its own element; one that is in no
    array all of them. None: it is in another array.
    """
    shared = _shared(key, other)
    if not shared and other.dims and key.dims:
        return None
    return elements_of(key, shared), element_of(other.dims, shared)


def _shared(key: RegisterDraft, other: RegisterDraft) -> int:
    """Return how many of their dimensions, the outermost first, two registers share."""
    if [dim.count for dim in key.dims] == [dim.count for dim in other.dims]:
        return len(key.dims)
    common = 0
    for mine, its in zip(_files(key), _files(other), strict=False):
        if mine is not its:
            break
        common = len(mine.dims)
    return common


def _files(register: RegisterDraft) -> list[FileDraft]:
    """Return the register files that a register is in, the outermost first."""
    found: list[FileDraft] = []
    file = register.file
    while file is not None:
        found.insert(0, file)
        file = file.file
    return found


def _number(dim: Dim) -> int:
    return dim.count.range.hi or 0
