"""Keys of a register that exclude each other."""

from __future__ import annotations

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.field_keys import check_effects
from devgen.language.model import AccessType

_NO_STORAGE = "a constant has no storage"
_COMPUTED = "`read` replaces the storage"
_SHARED = "an alias has no storage of its own"
_INERT = "a register with an intent has no behaviour"
_ELSEWHERE = "its value is that of the registers behind the window"
_WITHOUT_VALUES = (
    ("alias", _SHARED),
    ("alternate", _SHARED),
    ("window", _ELSEWHERE),
    ("constant", _NO_STORAGE),
    ("intent", _INERT),
)
_EXCLUSIVE: tuple[tuple[str, str, str], ...] = (
    *(("constant", key, _NO_STORAGE) for key in ("reset", "read", "read_effect", "write_effect", "singlepulse")),
    *(("constant", key, _NO_STORAGE) for key in ("alias", "retain")),
    *(("read", key, _COMPUTED) for key in ("reset", "read_effect", "alias")),
    *(("alias", key, _SHARED) for key in ("reset", "count", "retain", "alternate")),
    *(("intent", key, _INERT) for key in ("read", "write", "before_read", "on_read", "on_write")),
    *(("intent", key, _INERT) for key in ("read_effect", "write_effect", "singlepulse")),
    *(("intent", key, _INERT) for key in ("constant", "alias", "coalesce")),
    ("when", "coalesce", "a write that arrives late would meet another mode"),
    ("write_enable", "coalesce", "a write that arrives late would meet another state of the lock"),
    *((key, "write_constraint", reason) for key, reason in _WITHOUT_VALUES),
    *((key, "reset_mask", reason) for key, reason in _WITHOUT_VALUES if key != "intent"),
    ("fields", "write_constraint", "the fields have constraints of their own"),
    ("alternate", "coalesce", "accesses reach the other register"),
    *(
        ("window", key, _ELSEWHERE)
        for key in ("read", "write", "reset", "fields", "count", "retain", "constant", "alias")
    ),
    *(("window", key, _ELSEWHERE) for key in ("read", "write", "reset", "fields", "count", "retain")),
    *(("window", key, _ELSEWHERE) for key in ("read_effect", "write_effect", "singlepulse", "coalesce")),
    *(("window", key, _ELSEWHERE) for key in ("constant", "alias", "intent")),
    ("write", "write_effect", "`write` replaces the store that the effect is part of"),
)
"""(key, other, reason): pairs of keys that exclude each other."""


NEEDS_WRITE_ACCESS = ("write", "on_write")
NEEDS_READ_ACCESS = ("read", "before_read", "on_read")


def check_contradictions(ctx: Context, spec: Tree, access: AccessType) -> None:
    """Report keys of a register that exclude each other, or that have no effect with its access type."""
    for key, other, reason in _EXCLUSIVE:
        if key in spec and other in spec:
            ctx.contradiction(spec, other, key, reason)
    if access == "ro":
        for key in NEEDS_WRITE_ACCESS:
            if key in spec:
                ctx.contradiction(spec, key, "access: ro", "software cannot write it")
    if access in ("wo", "w1"):
        for key in (*NEEDS_READ_ACCESS, "constant"):
            if key in spec:
                ctx.contradiction(spec, key, f"access: {access}", "software cannot read it")
    check_effects(ctx, spec, access)
    for hook, effect in (("write", "write_effect"), ("read", "read_effect")):
        if hook in spec:
            _check_field_effects(ctx, spec, hook, effect)
    if spec.get("coalesce") and access != "wo":
        ctx.at_key(kinds.COALESCE_READABLE, spec, "coalesce", name="the register")


def _check_field_effects(ctx: Context, spec: Tree, hook: str, effect: str) -> None:
    for field in entries(spec, "fields").values():
        if isinstance(field, dict) and effect in field:
            ctx.contradiction(field, effect, hook, f"the register's `{hook}` replaces what the effect is part of")
