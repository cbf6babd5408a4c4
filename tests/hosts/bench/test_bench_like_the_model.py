"""A bench does with drawn cards what tests/kit/described_model.py makes of docs/language.md, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path

import generated_code
import pytest
from described_model import ANYTHING, Model
from generated_code import class_of, described_in
from generated_descriptions import PLAIN, Drawn, descriptions
from generated_steps import STEPS, Advance, Reset, Shown, Step, as_shown, on_the_bench
from hypothesis import given, settings
from planted_faults import is_found

import devgen.plan.followers as followers_module
import devgen.plan.register_plan as planner
from devgen.hosts.bench import Bench
from devgen.plan.followers import Followers
from devgen.plan.steps import Store, Update
from devgen.runtime.device.byte_stream import ByteStream

EXAMPLES = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


def steady(outputs: Shown, levels: dict[str, int]) -> Shown:
    """The outputs of a step in which several timers may be due at one ns, in an order that the language leaves open.

    Of each ns: the outputs but lines, sorted, then what each line has changed to.
    """
    found: Shown = []
    for _, group in groupby(outputs, lambda output: output[-1]):
        now = list(group)
        found += sorted(output for output in now if output[0] in ("event", "tx"))  # type: ignore[type-var]
        last = {output[1]: output for output in now if output[0] not in ("event", "tx")}
        found += [output for name, output in sorted(last.items()) if levels[str(name)] != output[2]]  # type: ignore[type-var]
        levels |= {str(name): int(str(output[2])) for name, output in last.items()}
    return found


def compare(folder: Path, drawn: Drawn, steps: list[Step]) -> None:
    """Raise AssertionError at the first step that the model sees otherwise."""
    model = Model(drawn)
    with Bench(class_of(described_in(drawn.text, folder))) as bench:
        for number, (step, value, outputs) in enumerate(on_the_bench(bench, steps)):
            levels, theirs = dict(model.lines), dict(model.lines)
            expected, shown = model.carry_out(step)
            assert expected is ANYTHING or value == expected, (number, step, value, expected)
            found = [as_shown(output) for output in outputs]
            if isinstance(step, Advance | Reset):
                found, shown = steady(found, theirs), steady(shown, levels)
            assert found == shown, (number, step)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(descriptions(PLAIN), STEPS)
def test_a_bench_is_like_the_model(folder: Path, drawn: Drawn, steps: list[Step]) -> None:
    compare(folder, drawn, steps)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(descriptions(PLAIN), STEPS)
def test_a_bench_is_like_the_model_in_many_examples(folder: Path, drawn: Drawn, steps: list[Step]) -> None:
    compare(folder, drawn, steps)


def effects_follow_hooks(patch: pytest.MonkeyPatch) -> None:
    read = planner._Register.read

    def reordered(register: planner._Register) -> planner.ReadPlan | None:
        plan = read(register)
        return None if plan is None else replace(plan, after=tuple(sorted(plan.after, key=_late)))

    patch.setattr(planner._Register, "read", reordered)


def _late(step: object) -> int:
    return 2 if isinstance(step, Update) else 1 if isinstance(step, Store) else 0


def lines_change_in_the_other_order(patch: pytest.MonkeyPatch) -> None:
    at_end = Followers.at_end
    patch.setattr(Followers, "at_end", lambda *arguments: tuple(reversed(at_end(*arguments))))


def the_first_half_runs_the_hook(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planner, "highest_byte", planner.lowest_byte)


def a_reset_forgets_counters(patch: pytest.MonkeyPatch) -> None:
    source = generated_code.source_of
    patch.setattr(
        generated_code, "source_of", lambda device: source(device).replace("        self.ticks.load(0)\n", "")
    )


def a_stream_drops_a_byte(patch: pytest.MonkeyPatch) -> None:
    receive = ByteStream.receive
    patch.setattr(ByteStream, "receive", lambda stream, data: receive(stream, data[:3]))


def due_timers_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Bench, "settle", lambda bench: None)


def levels_do_not_follow_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(followers_module, "plan_looks", lambda *arguments: ())


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        effects_follow_hooks,
        lines_change_in_the_other_order,
        the_first_half_runs_the_hook,
        a_reset_forgets_counters,
        a_stream_drops_a_byte,
        due_timers_wait,
        levels_do_not_follow_time,
    ],
)
def test_a_planted_fault_is_found(
    tmp_path: Path, fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    assert is_found(partial(compare, tmp_path), (descriptions(PLAIN), STEPS), EXAMPLES)
