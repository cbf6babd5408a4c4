"""What tests have not reached in a device, as findings at the lines of its description."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from devgen.language import LoadResult
from devgen.language.behaviour.origins import Origins
from devgen.language.described_parts import placed_registers
from devgen.language.model import Mark
from devgen.language.view import DeviceView, FieldView, Hook, RegisterView, view_of
from devgen.testing.behaviour_map import Behaviour
from devgen.testing.coverage_data import DeviceUse, RegisterUse

_BY_ONES: Final = frozenset(("woclr", "woset", "wot"))
_BY_ZEROS: Final = frozenset(("wzc", "wzs", "wzt"))


@dataclass(slots=True, frozen=True)
class Finding:
    """Something that no test has reached."""

    mark: Mark
    text: str


@dataclass(slots=True)
class Tally:
    """How many things of a kind were reached, of how many."""

    reached: int = 0
    total: int = 0

    def count(self, reached: bool) -> None:
        """Count one thing."""
        self.reached += reached
        self.total += 1

    def __str__(self) -> str:
        """``3/4``."""
        return f"{self.reached}/{self.total}"


@dataclass(slots=True)
class DeviceCoverage:
    """The coverage of one device: tallies by kind, findings, and the lines whose behaviour ran."""

    name: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    ran: set[tuple[str, int]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def count(self, kind: str, reached: bool, mark: Mark, text: str, *, told: bool = False) -> None:
        """Count a thing, and add a finding if it was not reached and no other finding has ``told`` so."""
        self.tallies.setdefault(kind, Tally()).count(reached)
        if not reached and not told:
            self.findings.append(Finding(mark, text))


def cover_device(
    loaded: LoadResult, origins: Origins, use: DeviceUse, behaviour: Sequence[Behaviour]
) -> DeviceCoverage:
    """Return the coverage of a device."""
    assert loaded.device is not None
    view = view_of(loaded)
    coverage = DeviceCoverage(view.name)
    marks = _marks(loaded)
    behind = sum(_region_space(view, register) == "indirect" for register in view.registers)
    if behind:
        coverage.notes.append(f"{behind} registers behind a window are not counted")
    for register in view.registers:
        if register.intent is None and _region_space(view, register) != "indirect":
            _cover_register(coverage, register, use.registers.get(register.path, RegisterUse()), marks)
    _cover_behaviour(coverage, view, origins, use, behaviour)
    _cover_conditions(coverage, use, behaviour)
    coverage.findings.sort(key=lambda found: (found.mark.file, found.mark.line, found.mark.column))
    return coverage


def _region_space(view: DeviceView, register: RegisterView) -> str:
    return next(region.space for region in view.regions if region.name == register.region)


def _marks(loaded: LoadResult) -> dict[str, Mark]:
    """Return the places of registers and fields by their paths."""
    assert loaded.device is not None
    found: dict[str, Mark] = {}
    for placed in placed_registers(loaded.device):
        names: tuple[str, ...] = ("regions", placed.region.name, "registers")
        names = (*names, placed.file.name, "registers") if placed.file else names
        path = f"{placed.file.name}.{placed.register.name}" if placed.file else placed.register.name
        found[path] = placed.register.mark
        fields = _below(loaded.tree, (*names, placed.register.name, "fields"))
        if loaded.places is not None and fields:
            found |= {f"{path}.{name}": loaded.places.key_mark(fields, name) for name in fields}
    return found


def _below(tree: object, names: Iterable[str]) -> dict[str, Any]:
    """Return the mapping at a path of keys; empty if there is none, as for an alias."""
    for name in names:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree if isinstance(tree, dict) else {}


# --- registers -----------------------------------------------------------------------------------


def _cover_register(
    coverage: DeviceCoverage, register: RegisterView, use: RegisterUse, marks: Mapping[str, Mark]
) -> None:
    name, mark = register.path, marks[register.path]
    if register.readable:
        coverage.count("registers read", use.read, mark, f"{name} is never read")
    if register.writable:
        coverage.count("registers written", use.written, mark, f"{name} is never written")
    for part in register.fields:
        missing = " and never ".join(_missing(part, register, use))
        told = not (use.written if part.access != "ro" else use.read)
        coverage.count("fields", not missing, marks.get(part.path, mark), f"{part.path} is never {missing}", told=told)


def _missing(part: FieldView, register: RegisterView, use: RegisterUse) -> Iterator[str]:
    """Yield what no access has shown of a field: labels, both values of a bit, a value other than 0.

    Of a field that software writes, what was written counts, without values that do nothing; else what was read.
    """
    if part.values:
        seen = use.values.get(part.name, set())
        yield from (value.name for value in part.values if value.value not in seen)
        return
    writable, effect = part.access != "ro", part.write_effect or register.write_effect
    verb, ones, zeros = (
        ("written", use.written_ones, use.written_zeros) if writable else ("read", use.read_ones, use.read_zeros)
    )
    if not ones & part.mask and effect not in _BY_ZEROS:
        yield f"{verb} as {1 if part.width == 1 else 'anything but 0'}"
    if part.width == 1 and not zeros & part.mask and effect not in _BY_ONES:
        yield f"{verb} as 0"


# --- behaviour -----------------------------------------------------------------------------------


def _cover_behaviour(
    coverage: DeviceCoverage, view: DeviceView, origins: Origins, use: DeviceUse, behaviour: Sequence[Behaviour]
) -> None:
    copies: dict[Mark, list[Behaviour]] = {}
    for part in behaviour:
        if part.condition is None:
            copies.setdefault(part.mark, []).append(part)
    ran = {mark: any(line in use.lines for part in parts for line in part.lines) for mark, parts in copies.items()}
    silent: set[Mark] = set()
    for owner, hook in hooks_of(view):
        marks = [mark for mark in map(origins.mark, _parts(hook)) if mark is not None and mark in ran]
        if marks:
            reached = any(ran[mark] for mark in marks)
            coverage.count("hooks", reached, marks[0], f"{hook.name} of {owner} never runs")
            silent |= set() if reached else set(marks)
    for mark, parts in copies.items():
        if ran[mark]:
            coverage.ran.add((mark.file, mark.line))
        coverage.count("statements", ran[mark], mark, "this statement never runs", told=mark in silent)
        if parts[0].then is not None:
            for value, reached in _ways(parts, use).items():
                coverage.count("branches", reached, mark, f"this test is never {value}", told=not ran[mark])


def _cover_conditions(coverage: DeviceCoverage, use: DeviceUse, behaviour: Sequence[Behaviour]) -> None:
    """Count what the keys of hardware, locks and key sequences say; the copies of a condition count as one."""
    copies: dict[tuple[Mark, str], list[Behaviour]] = {}
    for part in behaviour:
        if part.condition is not None:
            told = "" if part.condition.branches else part.condition.when_true
            copies.setdefault((part.mark, told), []).append(part)
    for (mark, _), parts in copies.items():
        condition = parts[0].condition
        assert condition is not None
        ran = any(line in use.lines for part in parts for line in part.lines)
        ways = _ways(parts, use) if condition.branches else {"true": ran, "false": ran}
        if ran:
            coverage.ran.add((mark.file, mark.line))
        for text, reached in ((condition.when_true, ways["true"]), (condition.when_false, ways["false"])):
            if text:
                coverage.count("hardware", reached, mark, text)


def _ways(parts: Iterable[Behaviour], use: DeviceUse) -> dict[str, bool]:
    """Return whether the test of an ``if`` was true, and whether it was false."""
    found = {"true": False, "false": False}
    for part in parts:
        inside = (*part.lines, part.then or 0)
        found["true"] |= part.then in use.lines
        found["false"] |= any(first in part.lines and second not in inside for first, second in use.steps)
    return found


def _parts(hook: Hook) -> tuple[object, ...]:
    """Return the statements of a hook, those in branches and loops too, or its expression."""
    return tuple(_statements(hook.form)) if isinstance(hook.form, tuple) else (hook.form,)


def _statements(body: Iterable[object]) -> Iterator[object]:
    for statement in body:
        yield statement
        for name in ("then", "orelse", "body"):
            yield from _statements(getattr(statement, name, ()))


def hooks_of(view: DeviceView) -> Iterator[tuple[str, Hook]]:
    """Yield (what it belongs to, hook) for all hooks of a device."""
    for register in view.registers:
        yield from ((register.path, hook) for hook in register.hooks)
    for owner, hook in _other_hooks(view):
        if hook is not None:
            yield owner, hook


def _other_hooks(view: DeviceView) -> Iterator[tuple[str, Hook | None]]:
    yield from ((timer.name, timer.on_expire) for timer in view.timers)
    yield from ((pin.name, pin.on_input) for pin in view.gpio_in)
    for key in view.keys:
        yield from ((key.name, hook) for hook in (key.on_open, key.on_wrong, key.on_expire))
    for stream in view.streams:
        yield from ((stream.name, hook) for hook in (stream.on_receive, stream.on_break, stream.on_writable))
    yield from ((bell.name, bell.on_ring) for bell in view.doorbells)
    yield from ((routine.name, routine.body) for routine in (*view.functions, *view.actions))
    yield view.name, view.on_reset
