"""Finds what is marked `external` and has no behaviour yet: structure that was imported or written first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.region_drafts import RegionDraft
from devgen.language.elaborate.register_drafts import RegisterDraft, all_registers
from devgen.language.model import Todo, TodoKind

_HOOKS: Final = ("read", "write", "before_read", "on_read", "on_write")
_COMPLETE: Final = ("constant", "intent", "window", "alias", "alternate")
_LINES: Final[tuple[tuple[str, TodoKind], ...]] = (("interrupts", "interrupt"), ("gpio_out", "output"))


def find_todo(
    ctx: Context, tree: Tree, regions: list[RegionDraft], used: frozenset[str], driven: frozenset[str]
) -> tuple[Todo, ...]:
    """Return the external registers that no behaviour concerns, and the external lines that nothing drives.

    ``used`` are the names that any behaviour mentions, ``driven`` the lines that statements drive.
    """
    return (*_registers(ctx, regions, used), *_lines(ctx, tree, driven))


def _registers(ctx: Context, regions: list[RegionDraft], used: frozenset[str]) -> Iterator[Todo]:
    for region in regions:
        for draft in all_registers(region.registers):
            complete = next((key for key in _COMPLETE if key in draft.spec), "")
            if draft.spec.get("external") and complete:
                ctx.contradiction(draft.spec, "external", complete, "there is no behaviour to be written")
            if draft.external and not complete and not _has_behaviour(draft, used):
                yield Todo("register", draft.label, draft.spec.get("title", ""), ctx.mark(draft.parent, draft.name))


def _has_behaviour(draft: RegisterDraft, used: frozenset[str]) -> bool:
    return draft.label in used or draft.moved or any(key in draft.spec for key in _HOOKS)


def _lines(ctx: Context, tree: Tree, driven: frozenset[str]) -> Iterator[Todo]:
    for section, kind in _LINES:
        declared = entries(tree, section)
        for name, spec in declared.items():
            if is_external(tree, spec) and "level" not in spec and name not in driven:
                yield Todo(kind, name, "", ctx.mark(declared, name))


def is_external(tree: Tree, spec: Tree) -> bool:
    """Whether an interrupt or output is external: it says so, or the device does."""
    return bool(spec.get("external", tree.get("external", False)))
