"""Symbolic upper bounds over properties. They prove that an index is inside an array whose size depends on the board.

After ``n < timers``, ``n`` is at most ``timers - 1`` for every value of ``timers``. Such bounds are linear forms over
integer properties, and a value may have several. They refine numeric ranges and never replace them.
"""

from __future__ import annotations

from collections.abc import Callable

from devgen.common.quick_dataclass import dataclass
from devgen.language.behaviour import ranges
from devgen.language.ir import Binary, Builtin, Conditional, Expr, Int, Load, LocalPlace, PropertyPlace, Range, Unary

MOST = 4
"""Most bounds kept for a value: enough for ``min`` of a few values, and cheap for an untrusted description."""


@dataclass(slots=True, frozen=True)
class Linear:
    """A sum of properties times coefficients, and a constant. ``terms`` are sorted and have no zero coefficient.

    ``ranges`` keeps each term's property range beside it, so that a form can be bounded by itself.
    """

    terms: tuple[tuple[str, int], ...]
    constant: int
    ranges: tuple[Range, ...] = ()

    def plus(self, other: Linear, factor: int = 1) -> Linear:
        """Return ``self + factor * other``."""
        sums = {
            name: (coefficient, bounds) for (name, coefficient), bounds in zip(self.terms, self.ranges, strict=True)
        }
        for (name, coefficient), bounds in zip(other.terms, other.ranges, strict=True):
            sums[name] = (sums.get(name, (0, bounds))[0] + factor * coefficient, bounds)
        kept = [(name, *sums[name]) for name in sorted(sums) if sums[name][0]]
        return Linear(
            tuple((name, coefficient) for name, coefficient, _ in kept),
            self.constant + factor * other.constant,
            tuple(bounds for _, _, bounds in kept),
        )

    def offset(self, constant: int) -> Linear:
        """Return ``self + constant``."""
        return Linear(self.terms, self.constant + constant, self.ranges)

    def range(self) -> Range:
        """Return the range over all values of the properties."""
        total = ranges.exactly(self.constant)
        for (_, coefficient), bounds in zip(self.terms, self.ranges, strict=True):
            total = ranges.add(total, ranges.multiply(bounds, ranges.exactly(coefficient)))
        return total

    def at_most(self, other: Linear) -> bool:
        """Return whether this never exceeds ``other``, for all values of the properties."""
        difference = other.plus(self, -1).range()
        return difference.lo is not None and difference.lo >= 0


@dataclass(slots=True, frozen=True)
class Fact:
    """The facts about a value: its range, and the forms that it never exceeds."""

    range: Range
    upper: tuple[Linear, ...] = ()

    def join(self, other: Fact) -> Fact:
        """Return the facts that hold for both."""
        mine, others = self.all_upper(), other.all_upper()
        kept = [form for form in self.upper if any(bound.at_most(form) for bound in others)]
        kept += [form for form in other.upper if any(bound.at_most(form) for bound in mine)]
        return Fact(ranges.join(self.range, other.range), tuple(dict.fromkeys(kept))[:MOST])

    def all_upper(self) -> tuple[Linear, ...]:
        """Return the forms, and the upper bound of the range as a form if it is finite."""
        return self.upper if self.range.hi is None else (*self.upper, Linear((), self.range.hi))


Facts = Callable[[str], tuple[Linear, ...]]
"""The forms known to bound a local."""


def exact(expr: Expr) -> Linear | None:
    """Return an expression over properties as a linear form, or None if it is not linear."""
    match expr:
        case Int(value):
            return Linear((), value)
        case Load(PropertyPlace(name, None), bounds) if bounds.lo is not None:
            return Linear(((name, 1),), 0, (bounds,))
        case Unary("-", operand):
            form = exact(operand)
            return Linear((), 0).plus(form, -1) if form else None
        case Binary("+" | "-" as op, left, right):
            first, second = exact(left), exact(right)
            return first.plus(second, 1 if op == "+" else -1) if first and second else None
        case Binary("*", left, Int(factor)) | Binary("*", Int(factor), left):
            form = exact(left)
            return Linear((), 0).plus(form, factor) if form else None
    return None


def uppers(expr: Expr, facts: Facts) -> tuple[Linear, ...]:
    """Return forms that the expression never exceeds, including the upper bound of its range."""
    found = _symbolic_uppers(expr, facts)
    high = expr.range.hi
    return found[:MOST] if high is None else (*found[:MOST], Linear((), high))


def _symbolic_uppers(expr: Expr, facts: Facts) -> tuple[Linear, ...]:
    form = exact(expr)
    if form is not None:
        return (form,)
    match expr:
        case Load(LocalPlace(name)):
            return facts(name)
        case Binary("+", left, right):
            return tuple(a.plus(b) for a in uppers(left, facts) for b in uppers(right, facts) if a.terms or b.terms)
        case Binary("-", left, right) if right.range.lo is not None:
            return tuple(a.offset(-right.range.lo) for a in _symbolic_uppers(left, facts))
        case Binary("%", _, right) if right.range.lo is not None and right.range.lo > 0:
            return tuple(a.offset(-1) for a in _symbolic_uppers(right, facts))
        case Builtin("min", arguments):
            return tuple(form for argument in arguments for form in _symbolic_uppers(argument, facts))
        case Conditional(_, then, orelse):
            return Fact(then.range, uppers(then, facts)).join(Fact(orelse.range, uppers(orelse, facts))).upper
    return ()


def _never_negative(expr: Expr, facts: Facts) -> bool:
    if expr.range.lo is not None and expr.range.lo >= 0:
        return True
    if not isinstance(expr, Binary) or expr.op != "-":
        return False
    form = exact(expr.left)
    return form is not None and any(upper.at_most(form) for upper in uppers(expr.right, facts))


def limits(count: Expr) -> tuple[Linear, ...]:
    """Return forms whose minimum is at most the count."""
    form = exact(count)
    if form is not None:
        return (form,)
    if isinstance(count, Builtin) and count.name == "min":
        return tuple(form for argument in count.arguments for form in limits(argument))
    return (Linear((), count.range.lo or 0),)


def inside(index: Expr, count: Expr, facts: Facts) -> bool:
    """Return whether the index is proven to lie in ``0 .. count - 1``."""
    if not _never_negative(index, facts):
        return False
    known = uppers(index, facts)
    return all(any(upper.offset(1).at_most(limit) for upper in known) for limit in limits(count))


def describe(count: Expr) -> str:
    """Format a count as in the description: ``4``, ``timers + 1``, ``min(timers + 1, 24)``."""
    forms = [_describe_form(form) for form in limits(count)]
    return forms[0] if len(forms) == 1 else f"min({', '.join(forms)})"


def _describe_form(form: Linear) -> str:
    terms = [name if factor == 1 else f"{factor} * {name}" for name, factor in form.terms]
    if form.constant or not terms:
        terms.append(str(form.constant))
    return " + ".join(terms).replace("+ -", "- ")


def below(count: Expr) -> Fact:
    """Return the facts about an index that is less than ``count``."""
    high = max(0, (count.range.hi or 1) - 1)
    return Fact(Range(0, high), tuple(form.offset(-1) for form in limits(count) if form.terms)[:MOST])
