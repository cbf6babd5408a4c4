"""Checks that the parts of a device that a board names exist: regions, lines, inputs, events, streams, properties."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from devgen.language.behaviour.property_bounds import Linear, describe, limits
from devgen.language.board import NMI_WIRE
from devgen.language.boards.board_under_check import BoardUnderCheck, Placed, Tree
from devgen.language.diagnostics import codes_placements as kinds
from devgen.language.diagnostics.text_form import plural
from devgen.language.ir import Expr
from devgen.language.model import Bus, Device, GpioIn, Line, Mark
from devgen.language.reading.word_fixes import suggestion

_ELEMENT = re.compile(r"(.+?)(?:\[(\d+)\])?")


@dataclass(slots=True, frozen=True)
class Part:
    """A named part of a device. ``section``: the key of the description; ``count``: of an array, else None."""

    name: str
    section: str
    count: Expr | None = None


Parts = Callable[[Device], Iterable[Part]]


def _regions(device: Device) -> Iterable[Part]:
    return (Part(region.name, "regions") for region in device.regions if region.space in ("mmio", "pio"))


def _lines(lines: Iterable[Line | GpioIn], section: str) -> Iterable[Part]:
    return (Part(line.name, section, line.count) for line in lines)


def _interrupts(device: Device) -> Iterable[Part]:
    return _lines(device.interrupts, "interrupts")


def _outputs(device: Device) -> Iterable[Part]:
    return [*_interrupts(device), *_lines(device.gpio_out, "gpio_out")]


def _inputs(device: Device) -> Iterable[Part]:
    return _lines(device.gpio_in, "gpio_in")


def _events(device: Device) -> Iterable[Part]:
    return (Part(event.name, "errors" if event.error else "events") for event in device.events)


def _media(device: Device) -> Iterable[Part]:
    return (Part(state.name, "state") for state in device.state if state.is_medium)


def _streams(device: Device) -> Iterable[Part]:
    return (Part(stream.name, "streams") for stream in device.streams)


def _properties(device: Device) -> Iterable[Part]:
    return (Part(declared.name, "properties") for declared in device.properties)


@dataclass(slots=True, frozen=True)
class _Table:
    """A key of a placement that names parts: what they are called, where they are declared, and which there are."""

    key: str
    noun: str
    section: str
    parts: Parts


_TABLES = (
    _Table("at", "region", "regions", _regions),
    _Table("irq", "interrupt", "interrupts", _interrupts),
    _Table("wires", "output line", "interrupts", _outputs),
    _Table("inputs", "input", "gpio_in", _inputs),
    _Table("properties", "property", "properties", _properties),
    _Table("on_event", "event", "events", _events),
    _Table("streams", "stream", "streams", _streams),
    _Table("media", "medium", "state", _media),
)
_INPUTS = _TABLES[3]


def check_part_names(board: BoardUnderCheck) -> None:
    """Report every name of a part that the device does not have, at its place in the board."""
    for placed in board.placed.values():
        for table in _TABLES:
            if table.key == "at" and placed.device.bus is Bus.PCI:
                continue  # reported as a whole by `device_buses`
            for name in placed.entries(table.key):
                mark = board.sources.key_mark(placed.entries(table.key), name)
                _check(board, placed, table, name, mark)
        _check_targets(board, placed.entries("wires"))


def _check_targets(board: BoardUnderCheck, wires: Tree) -> None:
    """Check the inputs that wires lead to. A target that is not on the board has been reported."""
    for line, target in wires.items():
        name, _, pin = target.partition(".")
        owner = board.placed.get(name)
        if target != NMI_WIRE and owner is not None:
            _check(board, owner, _INPUTS, pin, board.sources.text(wires, line, target).at(1, len(name) + 2))


def _check(board: BoardUnderCheck, placed: Placed, table: _Table, named: str, mark: Mark) -> None:
    """Check one name, which the board writes at ``mark``."""
    match = _ELEMENT.fullmatch(named)
    assert match is not None  # it matches every text that is not empty, and the schema allows no empty name
    name, index = match[1], match[2]
    parts = {part.name: part for part in table.parts(placed.device)}
    if name not in parts:
        _report_unknown(board, placed, table, name, mark, list(parts))
        return
    reason = _wrong_element(parts[name], index, placed)
    if reason:
        board.sink.add(
            kinds.NO_SUCH_ELEMENT,
            mark,
            length=len(named),
            noun=table.noun,
            part=named,
            reason=reason,
            related=[placed.known.related("it is declared here", parts[name].section, name)],
        )


def _report_unknown(
    board: BoardUnderCheck, placed: Placed, table: _Table, name: str, mark: Mark, known: list[str]
) -> None:
    device = placed.device.name
    said = (
        f"'{device}' has {plural(len(known), table.noun)}, declared here" if known else f"'{device}' is declared here"
    )
    sections = dict.fromkeys([*(part.section for part in table.parts(placed.device)), table.section])
    board.sink.add(
        kinds.NO_SUCH_PART,
        mark,
        length=len(name),
        device=device,
        noun=table.noun,
        part=name,
        allowed=known,
        related=[placed.known.related(said, next(iter(sections)))],
        **suggestion(board.sources, mark, name, known),
    )


def _wrong_element(part: Part, index: str | None, placed: Placed) -> str:
    """Return why an element does not exist, or an empty string. A count may depend on the board's properties."""
    if part.count is None:
        return "" if index is None else f"it is a single line: write {part.name}"
    count = _number(part.count, placed)
    if index is None:
        last = f" to {part.name}[{count - 1}]" if count else ""
        return f"it is an array: name an element, {part.name}[0]{last}"
    if count is None or int(index) < count:
        return ""
    depends = "" if part.count.range.lo == part.count.range.hi else f" (`{describe(part.count)}`)"
    return f"there {'is' if count == 1 else 'are'} {plural(count, 'element')}{depends}, counted from 0"


def _number(count: Expr, placed: Placed) -> int | None:
    """Return the number of elements with the properties of the board, or None if it is not the least of linear forms.

    A count that is none has a lower bound only, which must not refuse an element.
    """
    forms = limits(count)
    if any(not form.terms for form in forms) and count.range.lo != count.range.hi and len(forms) == 1:
        return count.range.hi
    return min(_evaluated(form, placed) for form in forms)


def _evaluated(form: Linear, placed: Placed) -> int:
    values = {declared.name: declared for declared in placed.device.properties}
    total = form.constant
    for name, factor in form.terms:
        declared = values[name]
        given = dict(placed.placement.properties).get(name, declared.default)
        value = given if type(given) is int else 0
        low, high = declared.range.lo or 0, declared.range.hi
        total += factor * max(low, value if high is None else min(value, high))
    return total
