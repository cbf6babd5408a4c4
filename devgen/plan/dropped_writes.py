"""Writes that a register ignores: the tests of `write_constraint`."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language import ir, model
from devgen.language.label_tests import label_test
from devgen.plan.registers import PlannedRegister, mask_of_bits
from devgen.plan.steps import INDEX, Drop, local


def drops(register: PlannedRegister, stored: ir.Expr, lanes: bool) -> Iterator[Drop]:
    """Yield a step for each constraint, which ends a write whose value violates it.

    ``stored`` is the register's value before the write. ``lanes``: the write may cover some lanes only, in ``mask``.
    """
    described = register.described
    if described.constraint is not None:
        whole = model.Field(
            described.name, 0, described.width, described.access, 0, None, None, False, (), "", "",
            constraint=described.constraint,
        )  # fmt: skip
        yield _drop(register, whole, stored, lanes)
    for field in described.fields:
        if field.constraint is not None:
            yield _drop(register, field, stored, lanes)


def _drop(register: PlannedRegister, field: model.Field, stored: ir.Expr, lanes: bool) -> Drop:
    index = None if register.count is None else INDEX
    return Drop(_refused(field, register.described.width, stored, lanes), register.title, index, "constraint")


def _refused(field: model.Field, width: int, stored: ir.Expr, lanes: bool) -> ir.Expr:
    """Return whether a write reaches a field with a value that violates its constraint."""
    value, mask = local("value", width), local("mask", width)
    if not lanes:
        return _violated(field, _bits(value, field), stored)
    every = ir.Range.unsigned(width)
    kept = ir.Binary("&", stored, ir.Unary("~", mask, ir.Range(-1 - mask_of_bits(width), -1)), every)
    written = ir.Binary("&", mask, ir.Int(field.mask), ir.Range(0, field.mask))
    merged = _bits(ir.Binary("|", kept, value, every), field)
    return ir.Logic("and", (written, _violated(field, merged, stored)))


def _bits(value: ir.Expr, field: model.Field) -> ir.Expr:
    return ir.Slice(value, ir.Int(field.lsb), field.width, ir.Range.unsigned(field.width))


def _violated(field: model.Field, number: ir.Expr, stored: ir.Expr) -> ir.Expr:
    """Return whether a number violates a field's constraint."""
    constraint = field.constraint
    assert constraint is not None
    match constraint.kind:
        case "as_read":
            return ir.Compare(number, (("!=", _bits(stored, field)),))
        case "range":
            below = ir.Compare(number, (("<", ir.Int(constraint.low)),))
            above = ir.Compare(number, ((">", ir.Int(constraint.high)),))
            needed = ((below, constraint.low > 0), (above, constraint.high < mask_of_bits(field.width)))
            tests = tuple(test for test, matters in needed if matters)
            return ir.Logic("or", tests) if len(tests) > 1 else tests[0] if tests else ir.Int(0)
        case "enumerated":
            labels = [label for label in field.labels if label.use != "read"]
            if any(not label.mask for label in labels):
                return ir.Int(0)
            others = tuple(label_test(number, label, labels, wanted=False) for label in labels)
            return ir.Logic("and", others) if len(others) > 1 else others[0]
