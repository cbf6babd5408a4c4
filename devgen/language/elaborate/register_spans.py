"""The bytes that registers, arrays and register files cover, for the search of overlaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from math import prod

from devgen.language.elaborate.array_dims import extent
from devgen.language.elaborate.byte_overlaps import ELEMENT_LIMIT, Span, TooManyElements
from devgen.language.elaborate.elaboration import most
from devgen.language.elaborate.register_drafts import Draft, RegisterDraft, all_registers


def hull(draft: Draft) -> Span | None:
    """Return the bytes that a register, an array or a register file covers, or None if it has no offset.

    Bytes between elements of several dimensions, and between members of a file, are included.
    """
    if draft.at is None:
        return None
    if len(draft.own) != 1:
        return Span(draft.at, extent(draft), extent(draft), 1, draft, draft.group)
    (dim,) = draft.own
    size = draft.size if isinstance(draft, RegisterDraft) else dim.stride
    return Span(draft.at, size, dim.stride, max(1, most(dim.count)), draft, draft.group)


def all_spans(drafts: Iterable[Draft]) -> Iterator[Span]:
    """Yield the bytes of all registers, with files expanded to their members. Raises TooManyElements."""
    for register in all_registers(drafts):
        yield from element_spans(register)


def element_spans(register: RegisterDraft) -> Iterator[Span]:
    """Yield the bytes of a register: one span for each array of the innermost dimension. Raises TooManyElements."""
    *outer, inner = register.dims or (None,)
    steps = [[number * dim.stride for number in range(max(1, most(dim.count)))] for dim in outer if dim is not None]
    if prod(map(len, steps)) > ELEMENT_LIMIT:
        raise TooManyElements
    count, stride = (1, register.size) if inner is None else (max(1, most(inner.count)), inner.stride)
    for offsets in product(*steps):
        yield Span(register.start + sum(offsets), register.size, stride, count, register, register.group)
