"""The stores of a plan, worked out from the typed form alone, against a model that goes bit by bit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bit_model import OPERATIONS, Layout, Operation, layouts, mask_of_lanes, play
from codegen_models import device, region
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.language import ir, model
from devgen.plan import plan_device
from devgen.plan.side_effects import READ_EFFECTS, WRITE_EFFECTS
from devgen.plan.steps import Step, Store


def test_every_side_effect_of_the_language_is_in_the_tables() -> None:
    assert set(WRITE_EFFECTS) == {"store", "unstored", *model.WriteEffect.__args__}  # type: ignore[attr-defined]
    assert set(READ_EFFECTS) == set(model.ReadEffect.__args__)  # type: ignore[attr-defined]


@dataclass
class Interpreter:
    """Runs the steps that an access without hooks has, and checks each range on the way."""

    stored: int
    names: dict[str, int] = field(default_factory=dict)
    written: int = 0

    def value(self, expr: ir.Expr) -> int:
        result = self._compute(expr)
        assert expr.range.lo is None or result >= expr.range.lo, (expr, result)
        assert expr.range.hi is None or result <= expr.range.hi, (expr, result)
        return result

    def _compute(self, expr: ir.Expr) -> int:
        match expr:
            case ir.Int(value):
                return value
            case ir.Load(ir.LocalPlace(name)):
                return self.names[name]
            case ir.Load(ir.RegisterPlace()):
                return self.stored
            case ir.Load(ir.WrittenPlace()):
                return self.written
            case ir.Unary("~", operand):
                return ~self.value(operand)
            case ir.Binary("&", left, right):
                return self.value(left) & self.value(right)
            case ir.Binary("|", left, right):
                return self.value(left) | self.value(right)
            case ir.Binary("^", left, right):
                return self.value(left) ^ self.value(right)
        raise AssertionError(f"no store has a {expr}")

    def step(self, step: Step) -> None:
        match step:
            case Store(_, value, full, all_lanes):
                general = self.value(value)
                if full is not None and self.names["mask"] == all_lanes:
                    assert self.value(full) == general
                self.stored = general
            case ir.Declare(name, value):
                self.names[name] = self.value(value)
            case ir.Assign(ir.WrittenPlace(), value):
                self.written = self.value(value)
            case _:
                raise AssertionError(f"no access without hooks has a {step}")


@settings(max_examples=300, deadline=None)
@given(layouts(), st.lists(OPERATIONS, max_size=8), st.sampled_from(["lanes", "exact", "word"]))
def test_any_layout_equals_the_naive_model(layout: Layout, operations: list[Operation], decode: model.Decode) -> None:
    made, bits = layout
    described = device(region(replace(made, decode=decode), decode=decode))
    plan = plan_device(described).registers[None, "R"]
    assert isinstance(made.reset, ir.Int)
    machine = Interpreter(made.reset.value)
    every = (1 << made.width // 8) - 1
    for kind, value, chosen in operations:
        lanes = chosen & every or every if plan.access.by_lanes else every
        mask = mask_of_lanes(lanes, made.width)
        expected = play(bits, (kind, value, lanes))
        machine.names = {"value": value & mask, "mask": mask}
        if kind == "write":
            for step in plan.write or ():
                machine.step(step)
        elif plan.read is None:
            assert expected == (plan.access.fixed or 0) & mask
        else:
            assert not isinstance(plan.read.value, ir.Text)
            shown = machine.value(plan.read.value)  # type: ignore[arg-type]
            assert shown & mask == expected
            for step in plan.read.after:
                machine.step(step)
