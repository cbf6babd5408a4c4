"""Whether the hooks of a register that a guest reaches in parts run once or with each part (`halves`)."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.language.diagnostics.codes_layout import HALVES
from devgen.language.elaborate.elaboration import Context, entries
from devgen.language.elaborate.register_drafts import RegisterDraft
from devgen.language.ir import Stmt
from devgen.language.model import Halves
from devgen.language.typed_walk import names_local

_READS = ("before_read", "on_read")
_WRITES = ("write", "on_write")


def halves_of(ctx: Context, draft: RegisterDraft, write: tuple[Stmt, ...], on_write: tuple[Stmt, ...]) -> Halves:
    """Return when the hooks run, from ``halves`` or by default; report where ``halves`` has no effect or is needed."""
    spec = draft.spec
    given: Halves | None = spec.get("halves")
    idle = _why_idle(draft)
    if idle:
        if given is not None:
            ctx.not_here(spec, "halves", idle)
        return "each"
    reason = _why_each(draft, write, on_write)
    if given is None:
        if reason and not _together(draft, (True,)):
            hook = "write" if "write" in spec else "on_write"
            ctx.at_key(HALVES, spec, hook, hook=f"`{hook}`", name=f"'{draft.label}'", reason=reason)
        return "each" if reason or _together(draft, (True, False)) else "last"
    if given == "last" and _storeless(draft):
        ctx.contradiction(spec, "halves", _storeless(draft), "nothing keeps the first part until the last comes")
        return "each"
    return given


def _why_idle(draft: RegisterDraft) -> str:
    """Return why `halves` decides nothing; empty if it does."""
    if "window" in draft.spec:
        return "the register behind the window has its own"
    if not any(key in draft.spec for key in (*_READS, *_WRITES)):
        return "the register has no hook that reads or writes run"
    return "" if _is_in_parts(draft) else "every access reaches the whole register"


def _is_in_parts(draft: RegisterDraft) -> bool:
    """Whether a guest that respects widths still reaches the register in parts: it is wider than 4 bytes or the bus."""
    rule, size = draft.defaults.access_rule, draft.size
    if draft.spec.get("decode", draft.defaults.decode) != "lanes":
        return size > rule.implemented[1]
    smallest = 1 if rule.unaligned else rule.valid[0]
    if draft.sizes is not None:
        smallest = max(smallest, draft.sizes[0])
    return size > min(smallest, rule.implemented[1]) and size > min(4, rule.implemented[1])


def _why_each(draft: RegisterDraft, write: tuple[Stmt, ...], on_write: tuple[Stmt, ...]) -> str:
    """Return why a hook of writes needs each part; empty if it does not, or if there is none."""
    if "on_write" not in draft.spec and "write" not in draft.spec:
        return ""
    if "write" in draft.spec:
        return "`write` replaces the store, which would keep the parts"
    storeless = _storeless(draft)
    if storeless:
        return f"`{storeless}` means that the register does not keep the parts"
    named = [name for name in ("mask", "old") if names_local(on_write, name)]
    return f"it names `{named[0]}`, which is that of a part" if named else ""


def _storeless(draft: RegisterDraft) -> str:
    """Return the key because of which what is written is not what is stored; empty if it is."""
    spec = draft.spec
    if "on_write" not in spec and "write" not in spec:
        return ""
    for key in ("write", "read", "constant", "write_effect", "singlepulse"):
        if spec.get(key) is not None and spec.get(key) is not False:
            return key
    for field in draft.fields:
        if field.write_effect is not None or field.singlepulse:
            return "write_effect" if field.write_effect is not None else "singlepulse"
    if any(isinstance(field, dict) and "write_enable" in field for field in entries(spec, "fields").values()):
        return "write_enable"
    once = any(access in ("rw1", "w1") for access in _accesses(draft))
    return "access" if once else ""


def _accesses(draft: RegisterDraft) -> Iterable[str]:
    return [field.access for field in draft.fields] or [draft.access]


def _together(draft: RegisterDraft, kinds: tuple[bool, ...]) -> bool:
    """Whether the bits that run the hooks lie in one part, of hooks of writes (True) and of reads (False)."""
    unit = 8 * min(4, draft.defaults.access_rule.implemented[1])
    return all(len(_parts(draft, writes, unit)) <= 1 for writes in kinds if _has(draft, writes))


def _has(draft: RegisterDraft, writes: bool) -> bool:
    return any(key in draft.spec for key in (_WRITES if writes else _READS))


def _parts(draft: RegisterDraft, writes: bool, unit: int) -> set[int]:
    """Return the parts, of ``unit`` bits each, that have bits which software can write (or read)."""
    unfit = ("ro",) if writes else ("wo", "w1")
    fields = [(field.lsb, field.width, field.access) for field in draft.fields] or [(0, draft.width, draft.access)]
    reached = ((lsb, width) for lsb, width, access in fields if access not in unfit)
    return {part for lsb, width in reached for part in range(lsb // unit, (lsb + width - 1) // unit + 1)}
