"""Checks assignments and new locals: the target must be assignable and the value must fit it."""

from __future__ import annotations

import ast

from devgen.language.behaviour import ranges
from devgen.language.behaviour.compilation import Local
from devgen.language.behaviour.expressions import Expressions
from devgen.language.behaviour.named_things import Thing, title
from devgen.language.behaviour.number_types import as_bit, type_range
from devgen.language.behaviour.operators import BINARY_OPERATORS
from devgen.language.behaviour.property_bounds import Fact
from devgen.language.behaviour.storage import storage
from devgen.language.diagnostics.codes_behaviour import (
    BAD_TYPE,
    NAME_TAKEN,
    NOT_IN_LANGUAGE,
    READ_ONLY,
    REDECLARED,
    UNKNOWN_NAME,
)
from devgen.language.ir import (
    Assign,
    Binary,
    BinaryOp,
    BitsPlace,
    Declare,
    Expr,
    Int,
    LinePlace,
    LocalPlace,
    Place,
    Range,
    Stmt,
    Unary,
)
from devgen.language.scope import BUILTIN_NAMES

_ONE_EACH = "write an assignment for each, on lines of their own"


class Assignments(Expressions):
    """Turns assignments and declarations of locals into IR."""

    __slots__ = ()

    def _declare(self, node: ast.AnnAssign) -> Stmt | None:
        if not isinstance(node.target, ast.Name):
            self.unit.report(NOT_IN_LANGUAGE, node, what="a type for something that is not a new local")
            return None
        name, kind = node.target.id, ast.unparse(node.annotation)
        bounds = type_range(kind)
        if bounds is None:
            self.unit.report(BAD_TYPE, node.annotation, text=kind, allowed=("int", "bool", "u1 .. u64", "s1 .. s64"))
            self.unit.give(name, Local("int", ranges.LIMITS), Fact(ranges.LIMITS))
            return None
        if node.value is None:
            self.unit.report(NOT_IN_LANGUAGE, node, what="a local without a value")
            return None
        value = self.number(node.value)
        if not self._new_name(name, kind, node.target):
            return None
        fits = value is not None and self.unit.fits(value, bounds, f"{name}: {kind}", node.value)
        fact = self.unit.flow.fact(value) if value is not None and fits else Fact(bounds)
        self.unit.give(name, Local(kind, bounds), fact)
        return Declare(name, value) if value is not None and fits else None

    def _new_name(self, name: str, kind: str, node: ast.AST) -> bool:
        """Return whether a local may have this name here; report it otherwise."""
        unit = self.unit
        taken = self._meaning(name)
        if taken:
            unit.report(NAME_TAKEN, node, name=name, what=taken)
            return False
        first = unit.types.setdefault(name, kind)
        if first != kind:
            unit.report(REDECLARED, node, name=name, first=first, second=kind)
        return first == kind

    def _meaning(self, name: str) -> str:
        """Return a description of what a name already refers to, or an empty string."""
        local, entry = self.unit.locals.get(name), self.unit.scope.lookup(name)
        if local is not None:
            return f"the local {name}: {local.type}" if local.readonly is None else f"{name}, which {local.readonly}"
        if entry is not None:
            return title(entry)
        sibling = self.unit.scope.member(name)
        return title(sibling[1]) if sibling else "a word of the language" if name in BUILTIN_NAMES else ""

    def _assign(self, node: ast.Assign) -> Stmt | None:
        if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name | ast.Attribute | ast.Subscript):
            self.unit.report(NOT_IN_LANGUAGE, node, what="assigning several things at once", hint=_ONE_EACH)
            return None
        target = self.target(node.targets[0])
        value = self.number(node.value)
        if target is None or value is None:
            return None
        return self._store(target, value, node.targets[0], node.value)

    def _augment(self, node: ast.AugAssign) -> Stmt | None:
        op = BINARY_OPERATORS.get(type(node.op))
        target = self.target(node.target)
        if op is None:
            self.unit.report(NOT_IN_LANGUAGE, node, what=f"the operator {type(node.op).__name__}")
        if target is None or op is None:
            return None
        value = self._augmented(target, op, node.value, node.target)
        return None if value is None else self._store(target, value, node.target, node)

    def _augmented(self, target: Thing, op: BinaryOp, node: ast.expr, where: ast.expr) -> Expr | None:
        """Return ``target op value``. Branches of a conditional value are checked separately, with its test."""
        if isinstance(node, ast.IfExp):
            return self.choose(node, lambda branch: self._augmented(target, op, branch, where))
        value, old = self.number(node), self.load(target, where)
        if value is None or old is None:
            return None
        return self.combine(op, old, value, where, node)

    def target(self, node: ast.expr) -> Thing | None:
        """Return the place that an assignment writes; None (reported) if it cannot be assigned."""
        if isinstance(node, ast.Name) and self._undeclared(node):
            return None
        thing = self.resolve(node)
        if thing is None:
            return None
        base = thing.of if thing.bit is not None and thing.of is not None else thing
        if base.readonly is not None:
            self.unit.report(READ_ONLY, node, what=base.what, why=base.readonly)
            return None
        if (
            thing.of is not None
            and isinstance(base.place, BitsPlace | LocalPlace)
            and self._may_be_negative(base.place)
        ):
            self.unit.report(READ_ONLY, node, what=f"a bit of {base.what}", why="may be negative; assign all of it")
            return None
        if base.place is None:
            if not base.is_open:
                self.unit.report(READ_ONLY, node, what=base.what, why="has no storage")
                return None
            self.load(base, node)  # reports that an element must be named
            return None
        return thing

    def _may_be_negative(self, place: Place) -> bool:
        root = _root(place)
        return isinstance(root, LocalPlace) and (self.unit.locals[root.name].range.lo or 0) < 0

    def _undeclared(self, node: ast.Name) -> bool:
        """Report an assignment to an undeclared name."""
        if node.id in BUILTIN_NAMES:
            self.unit.report(READ_ONLY, node, what=node.id, why="is part of the language")
            return True
        if self._meaning(node.id):
            return False
        from devgen.language.behaviour.other_languages import name_help

        told = name_help(node.id)
        near = self.suggest(node.id)
        hint = told or f"{near} " * bool(near) + f"a new local is declared with its type: `{node.id}: u32 = ...`"
        self.unit.report(UNKNOWN_NAME, node, name=node.id, hint=hint)
        return True

    def _store(self, target: Thing, value: Expr, node: ast.expr, source: ast.AST) -> Stmt | None:
        if target.bit is not None and target.of is not None:
            return self._store_bit(target.of, target.bit, value, node, source)
        place = target.place
        if place is None:
            return None
        if isinstance(place, LinePlace):
            self.unit.program.driven.add(place.name)
            self.unit.flow.stored = {}  # the line may be wired back to this device
            return Assign(place, as_bit(value))
        room = self._room(target)
        fits = self.unit.fits(value, room, target.what, source)
        fact = self.unit.flow.fact(value) if fits else Fact(room)
        self.unit.flow.forget(storage(place))
        root = _root(place)
        if isinstance(root, LocalPlace) and root is not place:
            self.unit.flow.learn(root, Fact(self.unit.locals[root.name].range))
        elif fits or root is place:
            self.unit.flow.learn(place, fact)
        return Assign(place, value) if fits else None

    def _room(self, target: Thing) -> Range:
        if isinstance(target.place, LocalPlace):
            return self.unit.locals[target.place.name].range
        return Range.unsigned(target.width)

    def _store_bit(self, base: Thing, bit: Expr, value: Expr, node: ast.expr, source: ast.AST) -> Stmt | None:
        """Assign a bit with a computed number: set it, clear it, or clear it and OR the value into it."""
        old = self.load(base, node)
        if old is None or base.place is None or not self.unit.fits(value, Range(0, 1), f"bit of {base.what}", source):
            return None
        if isinstance(base.place, LinePlace):
            return self._store(base, value, node, source)
        single = Binary("<<", Int(1), bit, ranges.shift_left(Range(1, 1), bit.range))
        keep = Unary("~", single, ranges.invert(single.range))
        cleared = Binary("&", old, keep, ranges.bit_and(old.range, keep.range))
        moved = Binary("<<", value, bit, ranges.shift_left(value.range, bit.range))
        whole = Range.unsigned(base.width)
        kept = old if value == Int(1) else cleared
        bounds = ranges.meet(whole, ranges.bit_or(kept.range, moved.range)) or whole
        result = cleared if value == Int(0) else Binary("|", kept, moved, bounds)
        return self._store(base, result, node, source)


def _root(place: Place) -> Place:
    """Return the thing that a bit or slice belongs to, through nested slices."""
    while isinstance(place, BitsPlace):
        place = place.of
    return place
