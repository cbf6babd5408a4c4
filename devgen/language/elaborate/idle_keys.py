"""Keys of a register that would have no effect: each is refused, with the reason."""

from __future__ import annotations

import re

from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.register_drafts import RegisterDraft
from devgen.language.model import Field

_PULSED = frozenset(("wset", "wzs", "wzt"))
"""Write effects that make a bit 1 in another way than writing 1 does, where the bit is 0 before each write."""

_NO_STORAGE = (
    ("read", "`read` replaces the storage"),
    ("constant", "a constant has no storage"),
    ("intent", "a register with an intent has no behaviour"),
)
_EFFECTS = ("read_effect", "write_effect", "singlepulse")
_NOT_WRITTEN = ("ro",)
_NOT_READ = ("wo", "w1")


def check_idle(ctx: Context, draft: RegisterDraft) -> None:
    """Report the keys of a register and its fields that would have no effect."""
    spec = draft.spec
    if spec.get("stride") and spec.get("count") == 1:
        ctx.not_here(spec, "stride", "there is one element")
    if "retain" in spec:
        _check_retain(ctx, draft)
    if draft.fields:
        _check_fields(ctx, draft)
    elif spec.get("singlepulse"):
        _check_pulse(ctx, spec, spec, spec.get("write_effect"), draft.reset)


def _check_retain(ctx: Context, draft: RegisterDraft) -> None:
    spec = draft.spec
    read = spec.get("read")
    if "intent" in spec:
        ctx.contradiction(spec, "retain", "intent", "it holds nothing that a reset could change")
    elif read is not None and not re.search(rf"\b{draft.name}\b", str(read)):
        ctx.contradiction(spec, "retain", "read", "`read` replaces the storage, and nothing is there to keep")


def _check_fields(ctx: Context, draft: RegisterDraft) -> None:
    spec, declared = draft.spec, entries(draft.spec, "fields")
    stores = not any(key in spec for key, _ in _NO_STORAGE)
    for field in draft.fields:
        if stores and not field.singlepulse and "singlepulse" not in spec:
            continue
        own = declared[field.name] if isinstance(declared.get(field.name), dict) else None
        if own is not None:
            _check_stored(ctx, spec, own)
        if field.singlepulse or (spec.get("singlepulse") and field.access not in _NOT_WRITTEN):
            _check_pulse(ctx, own or spec, spec, field.write_effect or spec.get("write_effect"), field.reset)
    if "on_write" in spec and _all(draft.fields, _NOT_WRITTEN):
        ctx.contradiction(spec, "on_write", "fields", "software can write none of them, so the hook would never run")
    for key, unfit in (("write_effect", _NOT_WRITTEN), ("singlepulse", _NOT_WRITTEN), ("read_effect", _NOT_READ)):
        if spec.get(key) and all(field.access in unfit or getattr(field, key) for field in draft.fields):
            ctx.contradiction(spec, key, "fields", "none of them takes it from the register")


def _all(fields: tuple[Field, ...], accesses: tuple[str, ...]) -> bool:
    return all(field.access in accesses for field in fields)


def _check_stored(ctx: Context, register: Tree, field: Tree) -> None:
    """Report effects and resets of a field whose register stores nothing."""
    for key, reason in _NO_STORAGE:
        if key not in register:
            continue
        idle = _EFFECTS if key == "intent" else (*_EFFECTS, "reset") if key == "constant" else ("reset",)
        for effect in idle:
            if field.get(effect) and field[effect] != "unknown":
                ctx.contradiction(field, effect, key, reason)


def _check_pulse(ctx: Context, part: Tree, register: Tree, effect: str | None, reset: int) -> None:
    """A pulse is 0 before and after each write."""
    key = "write_effect" if "write_effect" in part else "singlepulse"
    if effect is not None and effect not in _PULSED:
        cure = "writing 1 sets it already" if effect in ("woset", "wot") else f"`{effect}` would never change it"
        other = "singlepulse" if key == "write_effect" else "write_effect"
        ctx.contradiction(part, key, other, f"the bit is 0 before each write: {cure}")
    if reset:
        node = part if "reset" in part else register
        at, other = ("reset", "singlepulse") if "reset" in node else ("singlepulse", "reset")
        ctx.contradiction(node, at, other, "the bit is 0 but in the write that sets it")
