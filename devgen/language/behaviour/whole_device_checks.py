"""The last step: compiles functions and actions for the arguments of all calls, and checks the whole device."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from devgen.language.behaviour import step_cost as cost
from devgen.language.behaviour.compilation import Local, open_unit
from devgen.language.behaviour.expressions import evaluate
from devgen.language.behaviour.function_calls import DEEPEST_CALLS
from devgen.language.behaviour.program import EntryPoint, Owner, Program
from devgen.language.behaviour.property_bounds import Fact, below
from devgen.language.behaviour.python_grammar import Reporter, parse_expression, parse_statements
from devgen.language.behaviour.statements import Statements
from devgen.language.call_graph import callees_first
from devgen.language.compiled import Compiled
from devgen.language.diagnostics.codes_behaviour import CALLS_TOO_DEEP, NAME_TAKEN, NEVER_CALLED, RECURSION, TOO_COSTLY
from devgen.language.diagnostics.reporting import Diagnostics, SourceText
from devgen.language.ir import Range, Stmt
from devgen.language.model import Action, Function, Mark
from devgen.language.scope import ActionEntry, FunctionEntry, Parameter, Scope

_SPREAD = (
    "do a part at a time: keep the position in `state`, arm a timer (`t.arm_in(1000)`), and go on in its `on_expire`"
)
_UNKNOWN = Fact(Range(0, 0))
"""The range of a parameter of a function or an action that is never called."""

Declared = FunctionEntry | ActionEntry


def finish_program(scope: Scope, sink: Diagnostics, static: Scope) -> Compiled:
    """Compile functions and actions, callers before callees, then check recursion, depth, cost and use.

    ``static``: the scope of sizes, periods and start values.
    """
    program = Program.of(scope)
    declared: dict[Owner, Declared] = {_owner(routine): routine for routine in scope.callables()}
    order, _ = callees_first(_syntactic_calls(declared, program, sink))
    functions: dict[str, Function] = {}
    actions: dict[str, Action] = {}
    for owner in reversed(order):
        entry = declared[owner]
        facts = _facts(entry, program)
        _check_parameters(entry, scope, sink, program)
        program.marks[owner] = _mark(entry)
        if isinstance(entry, FunctionEntry):
            _finish_function(entry, facts, scope, sink, functions)
        else:
            _finish_action(entry, facts, scope, sink, actions)
    _check_calls(program, sink)
    _check_costs(program, functions, actions, sink)
    _check_use(declared, program, sink)
    return Compiled(
        tuple(functions[name] for kind, name in declared if kind == "function" and name in functions),
        tuple(actions[name] for kind, name in declared if kind == "action" and name in actions),
        frozenset(program.driven),
        frozenset(program.used | Program.of(static).used),
        frozenset(program.armed),
        frozenset(program.asked),
    )


def _owner(entry: Declared) -> Owner:
    return ("function" if isinstance(entry, FunctionEntry) else "action", entry.name)


def _mark(entry: Declared) -> Mark:
    if entry.mark is not None:
        return entry.mark
    texts = (entry.body,) if isinstance(entry, FunctionEntry) else entry.body
    return texts[0].at(1, 1) if texts else Mark("", 1, 1)


def _syntactic_calls(declared: dict[Owner, Declared], program: Program, sink: Diagnostics) -> dict[Owner, list[Owner]]:
    """Return the call graph by name. Declared names cannot be shadowed, so no scopes are needed."""
    by_name = {name: (kind, name) for kind, name in declared}
    graph: dict[Owner, list[Owner]] = {}
    for owner, entry in declared.items():
        trees = _trees(entry, program, sink)
        calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
        names = (call.func.id for call in calls if isinstance(call.func, ast.Name))
        graph[owner] = list(dict.fromkeys(by_name[name] for name in names if name in by_name))
    return graph


def _trees(entry: Declared, program: Program, sink: Diagnostics) -> list[ast.AST]:
    if isinstance(entry, FunctionEntry):
        if entry.name not in program.trees:
            program.trees[entry.name] = parse_expression(Reporter(sink, entry.body, program.seen))
        tree = program.trees[entry.name]
        return [] if tree is None else [tree]
    found: list[ast.AST] = []
    for text in entry.body:
        body = program.bodies[text.text, text.mark] = parse_statements(Reporter(sink, text, program.seen))
        found += body or ()
    return found


def _facts(entry: Declared, program: Program) -> tuple[Fact, ...]:
    given = program.calls.get(_owner(entry), (_UNKNOWN,) * len(entry.parameters))
    return tuple(_declared_fact(parameter) or fact for parameter, fact in zip(entry.parameters, given, strict=True))


def _declared_fact(parameter: Parameter) -> Fact | None:
    if parameter.below is not None:
        return below(parameter.below)
    return None if parameter.range is None else Fact(parameter.range)


def _check_parameters(entry: Declared, scope: Scope, sink: Diagnostics, program: Program) -> None:
    for parameter in entry.parameters:
        if scope.root.lookup(parameter.name) is not None:
            mark = parameter.mark or _mark(entry)
            if (NAME_TAKEN.code, mark) not in program.seen:
                program.seen.add((NAME_TAKEN.code, mark))
                sink.add(NAME_TAKEN, mark, name=parameter.name, what="something of the device")


def _finish_function(
    entry: FunctionEntry, facts: tuple[Fact, ...], scope: Scope, sink: Diagnostics, done: dict[str, Function]
) -> None:
    caller = open_unit(entry.body, scope.root, sink, _owner(entry))
    unit, value = evaluate(entry, facts, caller, trial=False)
    if value is not None and not unit.failed:
        if unit.program.origins is not None:
            unit.program.origins.add(value, entry.body.at(1, 1))
        done[entry.name] = Function(entry.name, tuple(parameter.name for parameter in entry.parameters), value)


def _finish_action(
    entry: ActionEntry, facts: tuple[Fact, ...], scope: Scope, sink: Diagnostics, done: dict[str, Action]
) -> None:
    locals_ = {
        parameter.name: (Local(parameter.name, fact.range, "is a parameter"), fact)
        for parameter, fact in zip(entry.parameters, facts, strict=True)
    }
    if not entry.body:
        done[entry.name] = Action(entry.name, tuple(locals_), ())
        return
    body, failed = compile_texts(entry.body, scope.root, sink, _owner(entry), locals_)
    if not failed:
        done[entry.name] = Action(entry.name, tuple(parameter.name for parameter in entry.parameters), body)


def compile_texts(
    texts: tuple[SourceText, ...],
    scope: Scope,
    sink: Diagnostics,
    owner: Owner,
    locals_: dict[str, tuple[Local, Fact]],
) -> tuple[tuple[Stmt, ...], bool]:
    """Check the statements of one or more texts as one sequence. Return them and whether there was an error.

    An entry point with loops or calls is recorded, and its cost is computed when all behaviour is compiled.
    """
    first, *_ = texts
    unit = open_unit(first, scope, sink, owner)
    for name, (local, fact) in locals_.items():
        unit.give(name, local, fact)
    found: list[Stmt] = []
    for text in texts:
        unit.reporter = Reporter(sink, text, unit.program.seen)
        place = (text.text, text.mark)
        tree = unit.program.bodies[place] if place in unit.program.bodies else parse_statements(unit.reporter)
        unit.failed |= tree is None
        found += Statements(unit).sequence(tree or ())
    body = tuple(found)
    if unit.costly:
        unit.program.entries.append(EntryPoint(owner, first.at(1, 1), body))
    return body, unit.failed


# --- the device as a whole -------------------------------------------------------------


def _check_calls(program: Program, sink: Diagnostics) -> None:
    """Report recursion, and chains of calls that are too long for a host's stack."""
    order, circles = callees_first(program.edges)
    for circle in circles:
        mark = next((program.marks[owner] for owner in circle if owner in program.marks), None)
        if mark is not None:
            path = " -> ".join(_call_name(owner) for owner in circle)
            sink.add(RECURSION, mark, path=path, hint=_instead_of_recursion(circle))
    if circles:
        return
    depths: dict[Owner, int] = {}
    for owner in order:
        depths[owner] = 1 + max((depths[callee] for callee in program.edges.get(owner, ())), default=0)
        if depths[owner] == DEEPEST_CALLS + 1 and owner in program.marks:
            sink.add(CALLS_TOO_DEEP, program.marks[owner], depth=depths[owner], limit=DEEPEST_CALLS)


def _call_name(owner: Owner) -> str:
    kind, name = owner
    texts = {"function": f"{name}()", "action": f"{name}()", "read": f"reading {name}", "expire": f"{name}.arm()"}
    return texts.get(kind, f"{kind} of {name}")


def _check_costs(
    program: Program, functions: dict[str, Function], actions: dict[str, Action], sink: Diagnostics
) -> None:
    """Compute the steps of every entry point, callees first."""
    bodies: dict[Owner, EntryPoint] = {entry.owner: entry for entry in program.entries}
    for name, function in functions.items():
        owner = ("function", name)
        bodies[owner] = EntryPoint(owner, program.marks[owner], function.body)
    for name, action in actions.items():
        owner = ("action", name)
        bodies[owner] = EntryPoint(owner, program.marks[owner], action.body)
    costs: dict[Owner, int] = {}
    order, _ = callees_first({**dict.fromkeys(bodies, ()), **program.edges})
    for owner in order:
        if owner in bodies:
            costs[owner] = cost.cost_of(bodies[owner].body, costs)
    told: set[Mark] = set()
    for entry in program.entries:
        steps = costs[entry.owner] if bodies[entry.owner] is entry else cost.cost_of(entry.body, costs)
        callees = (callee for callee in program.edges.get(entry.owner, ()) if callee[0] in ("action", "expire"))
        blamed = any(costs.get(callee, 0) > cost.MOST_STEPS for callee in callees)
        if steps > cost.MOST_STEPS and not blamed and entry.mark not in told:
            told.add(entry.mark)
            limit = cost.MOST_STEPS
            what = _call_name(entry.owner)
            sink.add(TOO_COSTLY, entry.mark, what=what, steps=steps, limit=limit, hint=_SPREAD)


def _instead_of_recursion(circle: Sequence[Owner]) -> str:
    """Return what to write instead, by what is in the circle: a timer, a computed register, or calls only."""
    kinds = {owner[0] for owner in circle}
    if "expire" in kinds:
        return "let the timer expire later: `due: tick`, or `t.arm_in(1)`"
    if "read" in kinds:
        return "a `read` must not need its own value: keep the value in `state`, and let `read` return that"
    return (
        "for repetition use `for n in range(...)`; or keep the position in `state`, arm a timer, and go on in its "
        "`on_expire`"
    )


def _check_use(declared: dict[Owner, Declared], program: Program, sink: Diagnostics) -> None:
    for owner, entry in declared.items():
        probe = owner[0] == "function" and not entry.parameters  # traces and tests can read it
        if entry.name not in program.used and not probe:
            sink.add(NEVER_CALLED, program.marks[owner], name=entry.name)
