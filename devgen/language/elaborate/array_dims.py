"""The dimensions of register arrays and register files: `count` and `stride`, each a number or a list."""

from __future__ import annotations

from math import prod

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics.codes_values import BAD_COUNT
from devgen.language.diagnostics.text_form import plural
from devgen.language.elaborate.elaboration import COUNT_LIMIT, Context, Tree, most
from devgen.language.elaborate.register_drafts import Dim, Draft
from devgen.language.ir import Expr, Int
from devgen.language.reading.quantities import value_range


def read_dims(ctx: Context, spec: Tree, size: int) -> tuple[Dim, ...]:
    """Read the dimensions of an array of elements of ``size`` bytes, and report strides that do not fit."""
    counts = _counts(ctx, spec)
    given = spec.get("stride")
    strides = given if isinstance(given, list) else [] if given is None else [given]
    if "stride" in spec and not ctx.knows(spec, "count"):
        ctx.not_here(spec, "stride", "there is no `count`")
    elif strides and counts and len(strides) != len(counts):
        wanted = f"`count` has {plural(len(counts), 'dimension')}"
        ctx.at_value(
            kinds.LIST_LENGTH, spec, "stride", key="stride", found=plural(len(strides), "value"), wanted=wanted
        )
        strides = []
    dims: list[Dim] = []
    for number in reversed(range(len(counts))):
        stride = strides[number] if strides else size
        if stride < size:
            ctx.at_value(kinds.STRIDE_TOO_SMALL, spec, "stride", stride=stride, size=size)
            stride = size
        dims.insert(0, Dim(counts[number], stride))
        size = stride * max(1, most(counts[number]))
    return tuple(dims)


def _counts(ctx: Context, spec: Tree) -> list[Expr]:
    if isinstance(spec.get("count"), list):
        return [Int(count) for count in spec["count"]]
    count = ctx.count(spec) if "count" in spec else None
    return [] if count is None else [count]


def index_names(ctx: Context, draft: Draft) -> tuple[str, ...]:
    """Return the names of an array's elements; empty if they have numbers from 0."""
    given, spec = draft.spec.get("index_names"), draft.spec
    if given is None:
        return ()
    if len(draft.own) != 1:
        ctx.not_here(spec, "index_names", "there is no `count`, or there are several dimensions")
        return ()
    low, high = (value_range(given) if isinstance(given, str) else None) or (0, -1)
    names = tuple(map(str, given if isinstance(given, list) else range(low, min(high, low + COUNT_LIMIT) + 1)))
    count = most(draft.own[0].count)
    if len(names) != count or len(set(names)) != count:
        found = plural(len(set(names)), "different name")
        wanted = f"the array has {plural(count, 'element')}"
        ctx.at_value(kinds.LIST_LENGTH, spec, "index_names", key="index_names", found=found, wanted=wanted)
        return ()
    return names


def extent(draft: Draft) -> int:
    """Return the bytes from a register's or file's first element to the end of its last one."""
    size = draft.size
    for dim in draft.own:
        size += (max(1, most(dim.count)) - 1) * dim.stride
    return size


def check_dims(ctx: Context, draft: Draft) -> None:
    """Report an array inside an array whose numbers of elements depend on properties, or are too large."""
    dims = draft.dims
    if len(dims) < 2 or not draft.own:
        return
    if not all(isinstance(dim.count, Int) for dim in dims):
        ctx.at_value(kinds.NESTED_COUNT, draft.spec, "count", name=f"'{draft.label}'")
        draft.own = tuple(Dim(Int(max(1, most(dim.count))), dim.stride) for dim in draft.own)
    elements = prod(most(dim.count) for dim in dims)
    if elements > COUNT_LIMIT:
        ctx.at_value(BAD_COUNT, draft.spec, "count", found=elements, limit=COUNT_LIMIT)
