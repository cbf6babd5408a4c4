"""Checks statements: dispatches on their kind and tracks those that access guest memory or lines."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from devgen.language.behaviour.branches_and_loops import BranchesAndLoops
from devgen.language.behaviour.commands import COMMANDS, do_action, emit_event
from devgen.language.behaviour.part_methods import call_method
from devgen.language.diagnostics.codes_behaviour import NOT_A_STATEMENT, NOT_IN_LANGUAGE
from devgen.language.ir import Stmt
from devgen.language.scope import BUILTIN_NAMES, ActionEntry, EventEntry, FunctionEntry


class Statements(BranchesAndLoops):
    """Turns syntax trees of statements into IR."""

    __slots__ = ()

    def block(self, nodes: Iterable[ast.stmt]) -> tuple[Stmt, ...]:
        """Check statements in sequence; locals declared among them end with them."""
        outer = dict(self.unit.locals)
        found = tuple(statement for statement in map(self._statement, nodes) if statement is not None)
        self.unit.locals = outer
        return found

    def sequence(self, nodes: Iterable[ast.stmt]) -> tuple[Stmt, ...]:
        """Check statements in sequence, keeping their locals in scope for a following text."""
        return tuple(statement for statement in map(self._statement, nodes) if statement is not None)

    def _statement(self, node: ast.stmt) -> Stmt | None:
        unit = self.unit
        handler = _STATEMENTS.get(type(node))
        if isinstance(node, ast.Pass):
            return None
        if handler is None:
            hint = "write `if`, `elif` and `else`" if isinstance(node, ast.Match) else ""
            unit.report(NOT_IN_LANGUAGE, node, what=f"Python's {type(node).__name__.lower()} statement", hint=hint)
            return None
        unit.outward = False
        found = handler(self, node) if unit.enter(node) else None
        unit.leave()
        self.look_outward()
        origins = unit.program.origins
        if origins is not None and found is not None:
            origins.add(found, unit.reporter.mark(node.lineno, node.col_offset))
        return found

    def _act(self, node: ast.Expr) -> Stmt | None:
        call = node.value
        if not isinstance(call, ast.Call):
            hint, instead = _meant(call)
            self.unit.report(NOT_A_STATEMENT, node, what="a value alone", hint=hint, instead=instead)
            return None
        found: Stmt | None = None
        if isinstance(call.func, ast.Attribute):
            found = call_method(self, call, call.func)
        elif isinstance(call.func, ast.Name):
            found = self._command(call, call.func.id)
        else:
            self.unit.report(NOT_A_STATEMENT, node, what="this")
        self.unit.outward = True
        return found

    def _command(self, call: ast.Call, name: str) -> Stmt | None:
        command = COMMANDS.get(name)
        if command is not None:
            return command(self, call, name)
        entry = self.unit.scope.lookup(name)
        if isinstance(entry, ActionEntry):
            return do_action(self, entry, call)
        if isinstance(entry, EventEntry):
            return emit_event(self, entry, call)
        if isinstance(entry, FunctionEntry) or name in BUILTIN_NAMES:
            self.unit.report(NOT_A_STATEMENT, call, what=f"`{name}(...)`, which only computes a value,")
        else:
            self.not_callable(call, name)
        return None


_BLOCK_ENDS = frozenset(("end", "endif", "endcase", "fi", "done", "esac", "END"))


def _meant(value: ast.expr) -> tuple[str, tuple[str, ...]]:
    """Return what is probably meant by a value that stands alone, and the statement to write."""
    match value:
        case ast.Compare(left=target, ops=[ast.Eq() | ast.LtE()], comparators=[right]):
            statement = f"{ast.unparse(target)} = {ast.unparse(right)}"
            return f"`=` assigns: `{statement}`", ()
        case ast.UnaryOp(op=ast.UAdd(), operand=ast.UnaryOp(op=ast.UAdd(), operand=target)):
            return f"write `{ast.unparse(target)} += 1`", (f"{ast.unparse(target)} += 1",)
        case ast.UnaryOp(op=ast.USub(), operand=ast.UnaryOp(op=ast.USub(), operand=target)):
            return f"write `{ast.unparse(target)} -= 1`", (f"{ast.unparse(target)} -= 1",)
        case ast.Compare(left=target, ops=[ast.Lt()], comparators=[ast.UnaryOp(op=ast.USub(), operand=right)]):
            return f"`=` assigns: `{ast.unparse(target)} = {ast.unparse(right)}`", ()
        case ast.Name(id=name) if name in _BLOCK_ENDS:
            return "blocks have no end: remove it", ()
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return f"`=` assigns, and `{name}()` calls an action", ()
    return "", ()


_STATEMENTS: dict[type[ast.stmt], Callable[[Statements, Any], Stmt | None]] = {
    ast.AnnAssign: Statements._declare,
    ast.Assign: Statements._assign,
    ast.AugAssign: Statements._augment,
    ast.If: Statements._if,
    ast.For: Statements._for,
    ast.Expr: Statements._act,
}
