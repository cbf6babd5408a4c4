"""Key sequences (`keys`): values that software writes to a register, in order, to unlock something.

A key is hidden state of one bit under its name, and the number of right values so far under ``NAME_step``; in an array
each element has a key. Limits are hidden timers (``NAME_gap``, ``NAME_window``) or counts of accesses (``NAME_left``,
``NAME_open``). The writes that change them are behaviour of the register, compiled from the same language that a
description uses (`key_text`): before its own `on_write`, and after that of a register of ``closed_by``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics import codes_locks as kinds
from devgen.language.diagnostics.codes_layout import VALUE_TOO_WIDE
from devgen.language.diagnostics.reporting import SourceText
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.key_elements import closed_elements, element_of, elements_of
from devgen.language.elaborate.key_limits import counts_cycles, read_limit
from devgen.language.elaborate.key_text import KeyText
from devgen.language.elaborate.part_keys import routine_texts
from devgen.language.elaborate.region_drafts import RegionDraft
from devgen.language.elaborate.register_drafts import RegisterDraft, all_registers
from devgen.language.elaborate.write_locks import takes_writes
from devgen.language.ir import Assign, Expr, Int, StatePlace, Stmt
from devgen.language.model import Field, Key, Lock, StateVar, Timer
from devgen.language.scope import ActionEntry, FunctionEntry, Parameter, Scope, StateEntry, TimerEntry
from devgen.language.typed_walk import walk

if TYPE_CHECKING:
    from devgen.language.behaviour import Owner

_WIDEST = 32
"""Bits of a register that every access reaches as a whole."""

_OTHER_ARRAY = "it is in an array of another shape than the key's register"
_HOOKS = ("on_open", "on_wrong", "on_expire")


@dataclass(slots=True, frozen=True)
class _DraftKey:
    """A key whose register may still have to be found."""

    spec: Tree
    text: KeyText
    place: SourceText


@dataclass(slots=True)
class DraftKeys:
    """The keys of a device before the behaviour of time and accesses is compiled."""

    state: list[StateVar] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    drafts: list[tuple[_DraftKey, RegisterDraft]] = field(default_factory=list)


def claim_keys(ctx: Context, tree: Tree) -> list[_DraftKey]:
    """Read the keys and claim their names, and those of what is hidden behind them."""
    declared = entries(tree, "keys")
    found = []
    for name, spec in declared.items():
        ctx.claim(name, "a key", declared)
        ctx.key_names.add(name)
        _check_hooks(ctx, spec)
        open_for = read_limit(ctx, spec, "open_for")
        expires = open_for is not None and open_for.kind != "write"
        text = KeyText(
            name,
            _values(spec),
            spec.get("wrong", "restart"),
            read_limit(ctx, spec, "within") if len(_values(spec)) > 1 else None,
            open_for,
            frozenset(hook for hook in _HOOKS if hook in spec and (expires or hook != "on_expire")),
        )
        for hidden in _hidden(text):
            ctx.claim(hidden, f"a hidden part of the key '{name}'", declared, name)
        if open_for is not None and not expires:
            ctx.closing_keys[name] = False
        mark = ctx.mark(declared, name)
        found.append(_DraftKey(spec, text, SourceText("", mark, lambda *_, mark=mark: mark)))
    return found


def build_keys(ctx: Context, drafts: list[_DraftKey], retain: bool, regions: list[RegionDraft]) -> DraftKeys:
    """Declare what the keys consist of, find their registers, and note the statements that their writes run."""
    built = DraftKeys()
    registers = {draft.label: draft for region in regions for draft in all_registers(region.registers)}
    for claimed in drafts:
        found = _find(ctx, claimed.spec, registers) if claimed.text.values and "register" in claimed.spec else None
        count = None if found is None else found[0].count
        draft = replace(claimed, text=replace(claimed.text, array=count is not None))
        _declare(ctx, draft, count, retain, built)
        if found is not None:
            _declare_hooks(ctx, draft, count)
            built.keys.append(_build(ctx, draft, *found, registers))
            built.drafts.append((draft, found[0]))
    return built


def _check_hooks(ctx: Context, spec: Tree) -> None:
    if "within" in spec and len(_values(spec)) == 1:
        ctx.not_here(spec, "within", "the sequence has one value only")
    if "on_expire" in spec and not ctx.knows(spec, "open_for"):
        ctx.not_here(spec, "on_expire", "the key has no `open_for`, and stays open")
    elif "on_expire" in spec and spec.get("open_for") == "1 write":
        ctx.not_here(spec, "on_expire", "the write that closes the key has an `on_write`")
    if "frequency" in spec and not counts_cycles(spec):
        ctx.not_here(spec, "frequency", "no limit of the key counts cycles")


def _hidden(text: KeyText) -> Iterator[str]:
    """Yield the names of what is hidden behind a key."""
    yield from [f"{text.name}_step"] if text.has_steps else []
    yield from [f"{text.name}{suffix}" for suffix in (*text.counts, *text.timers)]
    yield from [f"{text.name}{suffix}_time" for suffix in text.times]
    yield from [f"{text.name}_{hook}" for hook in sorted(text.hooks)]


def _declare(ctx: Context, draft: _DraftKey, count: Expr | None, retain: bool, built: DraftKeys) -> None:
    """Declare the state, timers, and actions of a key."""
    text, spec = draft.text, draft.spec
    name = text.name
    words = {"_step": "Right values of the key", "_left": "Accesses left for", "_open": "Accesses left of the open key"}
    about = spec.get("description", "") or f"1 while the key of {spec.get('register', '')} is open."
    parts = {"": 1, **({"_step": len(text.values).bit_length()} if text.has_steps else {}), **text.counts}
    for suffix, width in parts.items():
        ctx.scope.declare(StateEntry(name + suffix, width, count))
        said = about if not suffix else f"{words[suffix]} {name}{' so far' if suffix == '_step' else ''}."
        built.state.append(StateVar(name + suffix, width, Int(0), count, retain, said))
    for suffix in text.timers:
        ctx.scope.declare(TimerEntry(name + suffix, matched=False, count=count))
    for suffix, amount in text.times.items():
        entry = FunctionEntry(f"{name}{suffix}_time", (), replace(draft.place, text=amount), draft.place.mark)
        ctx.scope.declare(entry)


def _declare_hooks(ctx: Context, draft: _DraftKey, count: Expr | None) -> None:
    """Declare what the description runs when the key opens, is wrong or expires, as actions."""
    name, spec = draft.text.name, draft.spec
    parameters = () if count is None else (Parameter("index", below=count),)
    for hook in sorted(draft.text.hooks):
        body = routine_texts(ctx, spec, hook, spec[hook])
        ctx.scope.declare(ActionEntry(f"{name}_{hook}", parameters, body, draft.place.mark))


def _build(
    ctx: Context,
    draft: _DraftKey,
    register: RegisterDraft,
    part: Field | None,
    registers: dict[str, RegisterDraft],
) -> Key:
    spec, text = draft.spec, draft.text
    width = register.width if part is None else part.width
    for index, value in enumerate(text.values):
        if value >> width:
            what = "the key's value"
            ctx.at_value(VALUE_TOO_WIDE, spec["values"], index, what=what, value=f"{value:#x}", width=width)
    written = "value" if part is None else f"value[{part.lsb + part.width - 1}:{part.lsb}]"
    _note(ctx, register.label, 0, draft, text.written(written, element_of(register.dims)))
    closed_by = tuple(_closing(ctx, draft, register, registers))
    return Key(
        name=text.name,
        register=register.label,
        field=None if part is None else part.name,
        values=text.values,
        wrong=text.wrong,
        closed_by=closed_by,
        description=spec.get("description", ""),
        mark=draft.place.mark,
    )


def _note(ctx: Context, label: str, moment: int, draft: _DraftKey, text: str) -> None:
    """Note statements that a write of a register runs: before its own (``moment`` 0), or after it (1)."""
    ctx.key_writes.setdefault(label, ([], []))[moment].append(replace(draft.place, text=text))


def compile_keys(ctx: Context, built: DraftKeys, retain: bool) -> tuple[tuple[Timer, ...], tuple[Stmt, ...]]:
    """Compile what time does to the keys, and what each access of the device's registers does."""
    timers, accessed = [], []
    for draft, register in built.drafts:
        text, count = draft.text, register.count
        for suffix in text.timers:
            name, at = text.name + suffix, "index" if text.array else ""
            body = text.too_late(at) if suffix == "_gap" else text.closes(at)
            expiry = _compile(ctx, [replace(draft.place, text=body)], ctx.scope.hook(index=count), ("expire", name))
            said = f"The time of the key {text.name} has passed."
            timers.append(Timer(name, "virtual", None, None, "edge", "now", expiry, count, retain, said))
        if text.counts:
            accessed.append(replace(draft.place, text=text.accessed(elements_of(register))))
        if not ctx.closing_keys.get(text.name, True):
            reason = "no `write_enable` names the key"
            ctx.at_value(kinds.BAD_KEY_LIMIT, draft.spec, "open_for", key="open_for", text="1 write", reason=reason)
    after = _compile(ctx, accessed, ctx.scope.hook(), ("the count of accesses", "the keys")) if accessed else ()
    return tuple(timers), after


def with_key_writes(ctx: Context, draft: RegisterDraft, scope: Scope, own: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
    """Return a register's `on_write` with the statements of the keys that its writes concern."""
    before, after = (_compile(ctx, texts, scope, ("on_write", draft.label)) for texts in ctx.key_writes[draft.label])
    return (*before, *own, *after)


def closing_writes(ctx: Context, locks: Iterable[Lock | None]) -> tuple[Stmt, ...]:
    """Return what locks the keys with `open_for: 1 write` that a register's locks name, after a write of it."""
    tests = tuple(lock.test for lock in locks if lock is not None)
    named = [node for node in walk(tests) if isinstance(node, StatePlace) and node.name in ctx.closing_keys]
    ctx.closing_keys.update((place.name, True) for place in named)
    return tuple(Assign(place, Int(0)) for place in dict.fromkeys(named))


def _compile(ctx: Context, texts: Sequence[SourceText], scope: Scope, owner: Owner) -> tuple[Stmt, ...]:
    """Compile statements of keys. They do not count as a use of a key: one that nothing else names has no effect."""
    from devgen.language.behaviour import compile_statements
    from devgen.language.behaviour.program import Program

    ctx.behaves = True
    used = Program.of(scope).used
    before = set(used)
    compiled = compile_statements(texts, scope, ctx.sink, owner=owner)
    used -= ctx.key_names - before
    return compiled


def _values(spec: Tree) -> tuple[int, ...]:
    values = spec.get("values")
    return tuple(value for value in values if isinstance(value, int)) if isinstance(values, list) else ()


def _find(ctx: Context, spec: Tree, registers: dict[str, RegisterDraft]) -> tuple[RegisterDraft, Field | None] | None:
    """Return the register and the field that a key names; report a path that names none, or an unfit register."""
    path = spec["register"]
    register, part = registers.get(path), None
    if register is None and "." in path:
        owner, _, last = path.rpartition(".")
        register = registers.get(owner)
        part = next((field for field in register.fields if field.name == last), None) if register else None
        register = register if part is not None else None
    if register is None:
        _report_unknown(ctx, spec, "register", path, registers)
        return None
    access = register.access if part is None else part.access
    reason = _why_unfit(register) or ("software cannot write it" if access == "ro" else "")
    if reason:
        ctx.at_value(kinds.UNFIT_KEY_REGISTER, spec, "register", name=path, reason=reason)
        return None
    return register, part


def _why_unfit(register: RegisterDraft) -> str:
    """Return why the writes of a register cannot be those of a key; empty if they can."""
    if not takes_writes(register):
        return "software cannot write it"
    if "window" in register.spec:
        return "it is a window: name the register behind it"
    if register.width > _WIDEST:
        return f"it has {register.width} bits, which may be written in parts"
    if register.spec.get("coalesce"):
        return "its writes may arrive late (`coalesce`)"
    return ""


def _closing(ctx: Context, draft: _DraftKey, key: RegisterDraft, registers: dict[str, RegisterDraft]) -> Iterator[str]:
    """Yield the registers of `closed_by`, and note what their writes do."""
    paths = draft.spec.get("closed_by", [])
    for index, path in enumerate(paths):
        register = registers.get(path)
        if register is None:
            _report_unknown(ctx, paths, index, path, registers)
            continue
        elements = closed_elements(key, register)
        reason = _why_unfit(register) or ("" if elements else _OTHER_ARRAY)
        if reason or elements is None:
            ctx.at_value(kinds.UNFIT_KEY_REGISTER, paths, index, name=path, reason=reason)
        else:
            _note(ctx, path, 1, draft, draft.text.closed(*elements))
            yield path


def _report_unknown(
    ctx: Context, node: Tree | list[str], key: str | int, path: str, registers: dict[str, RegisterDraft]
) -> None:
    owner = registers.get(path.rpartition(".")[0])
    fields = [] if owner is None else [f"{owner.label}.{field.name}" for field in owner.fields]
    ctx.at_value(kinds.UNKNOWN_KEY_REGISTER, node, key, name=path, known=fields or list(registers))
