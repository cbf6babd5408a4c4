"""Key sequences (`keys`): values that software writes to a register, in order, to unlock something.

A key is hidden state of one bit under its name, and the number of right values so far under ``NAME_step``. The writes
that change them are behaviour of the register, compiled from the same language that a description uses: before its
own `on_write`, and after that of a register of ``closed_by``.
"""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language.diagnostics import codes_locks as kinds
from devgen.language.diagnostics.codes_layout import VALUE_TOO_WIDE
from devgen.language.diagnostics.reporting import SourceText, did_you_mean
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.region_drafts import RegionDraft
from devgen.language.elaborate.register_drafts import RegisterDraft, all_registers
from devgen.language.elaborate.write_locks import takes_writes
from devgen.language.ir import Int, Stmt
from devgen.language.model import Field, Key, StateVar, WrongKey
from devgen.language.scope import Scope, StateEntry, in_behaviour

_WIDEST = 32
"""Bits of a register that every access reaches as a whole."""


def declare_keys(ctx: Context, tree: Tree, retain: bool) -> tuple[StateVar, ...]:
    """Declare the names of all keys; return their hidden state."""
    found: list[StateVar] = []
    declared = entries(tree, "keys")
    for name, spec in declared.items():
        ctx.claim(name, "a key", declared)
        ctx.scope.declare(StateEntry(name, 1))
        text = spec.get("description", "") or f"1 while the key of {spec.get('register', '')} is open."
        found.append(StateVar(name, 1, Int(0), None, retain, text))
        values = _values(spec)
        if _has_steps(values, spec.get("wrong", "restart")):
            step, width = f"{name}_step", len(values).bit_length()
            ctx.claim(step, f"the number of right values of the key '{name}'", declared, name)
            ctx.scope.declare(StateEntry(step, width))
            found.append(StateVar(step, width, Int(0), None, retain, f"Right values of the key {name} so far."))
    return tuple(found)


def build_keys(ctx: Context, tree: Tree, regions: list[RegionDraft]) -> tuple[Key, ...]:
    """Resolve the registers of all keys, and note the statements that their writes run."""
    declared = entries(tree, "keys")
    if not declared:
        return ()
    registers = {draft.label: draft for region in regions for draft in all_registers(region.registers)}
    return tuple(
        key for name in declared if (key := _build(ctx, declared, name, declared[name], registers)) is not None
    )


def _build(ctx: Context, parent: Tree, name: str, spec: Tree, registers: dict[str, RegisterDraft]) -> Key | None:
    path, values = spec.get("register"), _values(spec)
    if path is None or not values:
        return None  # the schema stage has reported it
    found = _find(ctx, spec, path, registers)
    if found is None:
        return None
    register, field = found
    width = register.width if field is None else field.width
    for index, value in enumerate(values):
        if value >> width:
            what = "the key's value"
            ctx.at_value(VALUE_TOO_WIDE, spec["values"], index, what=what, value=f"{value:#x}", width=width)
    key = Key(
        name=name,
        register=register.label,
        field=None if field is None else field.name,
        values=values,
        wrong=spec.get("wrong", "restart"),
        closed_by=tuple(_closing(ctx, spec, registers)),
        description=spec.get("description", ""),
        mark=ctx.mark(parent, name),
    )
    written = "value" if field is None else f"value[{field.lsb + field.width - 1}:{field.lsb}]"
    text = SourceText(_statements(key, written), key.mark, lambda *_: key.mark)
    ctx.key_writes.setdefault(register.label, ([], []))[0].append(text)
    for label in key.closed_by:
        ctx.key_writes.setdefault(label, ([], []))[1].append(SourceText(f"{in_behaviour(name)} = 0", key.mark))
    return key


def with_key_writes(ctx: Context, draft: RegisterDraft, scope: Scope, own: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
    """Return a register's `on_write` with the statements of the keys that its writes concern.

    These statements do not count as a use of the key: a key that nothing else names has no effect.
    """
    from devgen.language.behaviour import compile_statements
    from devgen.language.behaviour.program import Program

    ctx.behaves = True
    used = Program.of(scope).used
    before_keys = set(used)
    before, after = (
        compile_statements(texts, scope, ctx.sink, owner=("on_write", draft.label))
        for texts in ctx.key_writes[draft.label]
    )
    used &= before_keys
    return (*before, *own, *after)


def _values(spec: Tree) -> tuple[int, ...]:
    values = spec.get("values")
    return tuple(value for value in values if isinstance(value, int)) if isinstance(values, list) else ()


def _find(
    ctx: Context, spec: Tree, path: str, registers: dict[str, RegisterDraft]
) -> tuple[RegisterDraft, Field | None] | None:
    """Return the register and the field that a path names; report a path that names none, or an unfit register."""
    register, field = registers.get(path), None
    if register is None and "." in path:
        owner, _, last = path.rpartition(".")
        register = registers.get(owner)
        field = next((field for field in register.fields if field.name == last), None) if register else None
        register = register if field is not None else None
    if register is None:
        _report_unknown(ctx, spec, "register", path, registers)
        return None
    access = register.access if field is None else field.access
    several = "it is an array: a key has one state" if register.dims else ""
    reason = several or _why_unfit(register) or ("software cannot write it" if access == "ro" else "")
    if reason:
        ctx.at_value(kinds.UNFIT_KEY_REGISTER, spec, "register", name=path, reason=reason)
        return None
    return register, field


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


def _closing(ctx: Context, spec: Tree, registers: dict[str, RegisterDraft]) -> Iterator[str]:
    paths = spec.get("closed_by", [])
    for index, path in enumerate(paths):
        register = registers.get(path)
        if register is None:
            _report_unknown(ctx, paths, index, path, registers)
            continue
        reason = _why_unfit(register)
        if reason:
            ctx.at_value(kinds.UNFIT_KEY_REGISTER, paths, index, name=path, reason=reason)
        else:
            yield path


def _report_unknown(
    ctx: Context, node: Tree | list[str], key: str | int, path: str, registers: dict[str, RegisterDraft]
) -> None:
    ctx.at_value(kinds.UNKNOWN_KEY_REGISTER, node, key, name=path, hint=did_you_mean(path, list(registers)))


def _has_steps(values: tuple[int, ...], wrong: WrongKey) -> bool:
    """Whether a key has a state besides open and locked."""
    return len(values) > 1 or wrong == "until_reset"


def _statements(key: Key, written: str) -> str:
    """Return the behaviour of a write of the key's register; ``written`` is the value that counts.

    The step beyond the last one is that of a key which is locked until the next reset: no value is right there.
    """
    name, step, values = in_behaviour(key.name), f"{key.name}_step", key.values
    steps = _has_steps(values, key.wrong)
    shut = [f"{name} = 0"] if key.wrong != "restart" else []
    branches: list[tuple[str, list[str]]] = []
    for index, value in enumerate(values):
        following = 0 if index == len(values) - 1 else index + 1
        opens = [] if following else [f"{name} = 1"]
        test = f"{step} == {index} and {written} == {value:#x}" if steps else f"{written} == {value:#x}"
        branches.append((test, [*([f"{step} = {following}"] if steps else []), *opens]))
    if key.wrong != "until_reset" and len(values) > 1:
        branches.append((f"{written} == {values[0]:#x}", [f"{step} = 1", *shut]))
    dead = len(values) if key.wrong == "until_reset" else 0
    wrong = [*([f"{step} = {dead}"] if steps else []), *shut]
    text = "".join(
        f"{'elif' if index else 'if'} {test}:\n" + "".join(f"    {line}\n" for line in body)
        for index, (test, body) in enumerate(branches)
    )
    return text + ("else:\n" + "".join(f"    {line}\n" for line in wrong) if wrong else "")
