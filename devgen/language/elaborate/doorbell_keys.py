"""Doorbells: their structure, and the kernel's rules about doorbells at the same address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.ir import Int, Range
from devgen.language.model import Doorbell

_RINGS = Range(1, (1 << 64) - 1)
"""Range of the count that a read of an eventfd returns."""


@dataclass(slots=True)
class DoorbellDraft:
    """A doorbell whose ``on_ring`` is not compiled yet. ``at`` or ``length`` None: missing, and reported."""

    name: str
    spec: Tree
    parent: Tree
    at: int | None
    length: int | None
    match: int | None
    count: int | None
    stride: int

    @property
    def end(self) -> int:
        """The first offset after the last element."""
        return (self.at or 0) + ((self.count or 1) - 1) * self.stride + (self.length or 1)

    def offsets(self) -> Iterator[int]:
        """Yield the offset of each element."""
        for index in range(self.count or 1):
            yield (self.at or 0) + index * self.stride


def draft_doorbells(ctx: Context, region: Tree) -> list[DoorbellDraft]:
    """Read the structure of a region's doorbells."""
    declared = entries(region, "doorbells")
    return [_draft(ctx, name, spec, declared) for name, spec in declared.items()]


def _draft(ctx: Context, name: str, spec: Tree, parent: Tree) -> DoorbellDraft:
    ctx.claim(name, "a doorbell", parent)
    length, match, count = spec.get("length"), spec.get("match"), spec.get("count")
    stride = spec.get("stride") or max(1, length or 1)
    if match is not None and length == 0:
        ctx.at_value(kinds.DOORBELL_MATCH, spec, "match")
        match = None
    elif match is not None and length and match >> 8 * length:
        ctx.at_value(kinds.VALUE_TOO_WIDE, spec, "match", what="the match", value=f"{match:#x}", width=8 * length)
    if "stride" in spec and count is None:
        ctx.not_here(spec, "stride", "there is no `count`")
    return DoorbellDraft(name, spec, parent, spec.get("at"), length, match, count, stride)


@dataclass(slots=True)
class _Address:
    """The doorbells at one address: the one of any length; for each length the one of any value, and those with a
    match.
    """

    any_length: str | None = None
    first: str | None = None
    any_value: dict[int, str] = field(default_factory=dict)
    first_match: dict[int, str] = field(default_factory=dict)
    matches: dict[tuple[int, int], str] = field(default_factory=dict)

    def collision(self, length: int, match: int | None) -> str | None:
        """Return a doorbell that would accept the same write, as in ioeventfd_check_collision() of Linux's KVM."""
        if self.any_length is not None:
            return self.any_length
        if length == 0:
            return self.first
        if length in self.any_value:
            return self.any_value[length]
        return self.first_match.get(length) if match is None else self.matches.get((length, match))

    def add(self, name: str, length: int, match: int | None) -> None:
        self.first = self.first or name
        if length == 0:
            self.any_length = name
        elif match is None:
            self.any_value[length] = name
        else:
            self.first_match.setdefault(length, name)
            self.matches.setdefault((length, match), name)


class DoorbellMap:
    """All doorbells of a device, by the address that the guest writes."""

    def __init__(self) -> None:
        """Start empty."""
        self._places: dict[tuple[str, int], _Address] = {}
        self._placed: dict[tuple[str, str], DoorbellDraft] = {}

    def check(
        self, ctx: Context, drafts: list[DoorbellDraft], where: str, base: int, size: int | None, pio: bool
    ) -> None:
        """Report doorbells that lie outside their region or collide; ``where`` names the region or its BAR."""
        for draft in drafts:
            if draft.at is None or draft.length is None:
                continue
            if pio and draft.length == 8:
                ctx.at_value(kinds.DOORBELL_LENGTH, draft.spec, "length", bytes=8)
            if size is not None and draft.end > size:
                end, name = f"{draft.end:#x}", draft.name
                ctx.at_value(kinds.DOORBELL_OUTSIDE, draft.spec, "at", name=name, end=end, size=f"{size:#x}")
            self._place(ctx, draft, draft.length, where, base)

    def _place(self, ctx: Context, draft: DoorbellDraft, length: int, where: str, base: int) -> None:
        self._placed[where, draft.name] = draft
        for offset in draft.offsets():
            address = self._places.setdefault((where, base + offset), _Address())
            other = address.collision(length, draft.match)
            if other is not None:
                itself = other == draft.name
                first = self._placed[where, other]
                ctx.at_key(
                    kinds.DOORBELLS_COLLIDE,
                    draft.parent,
                    draft.name,
                    name=draft.name,
                    other="another element of itself" if itself else other,
                    offset=f"{offset:#x}",
                    related=[] if itself else ctx.second(first.parent, other, f"{other} is declared here"),
                )
                return
            address.add(draft.name, length, draft.match)


def build_doorbells(ctx: Context, drafts: list[DoorbellDraft]) -> tuple[Doorbell, ...]:
    """Compile the behaviour of the doorbells and build them."""
    return tuple(_build(ctx, draft) for draft in drafts)


def _build(ctx: Context, draft: DoorbellDraft) -> Doorbell:
    index = Int(draft.count) if draft.count is not None else None
    scope = ctx.scope.hook(index=index, count=_RINGS)
    return Doorbell(
        name=draft.name,
        offset=draft.at or 0,
        length=draft.length or 0,
        match=draft.match,
        on_ring=ctx.statements(draft.spec, "on_ring", scope, ("ring", draft.name)),
        count=draft.count,
        stride=draft.stride,
        description=draft.spec.get("description", ""),
    )
