"""Which direction of a change breaks a driver.

A *judgement* gets the old and the new value of an attribute and returns the verb and the impact of the change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from devgen.comparison.changes import Impact
from devgen.language.view import Hook, Size, StartValue

Verdict = tuple[str, Impact]
Judgement = Callable[[Any, Any], Verdict]

_READABLE: Final = frozenset(("rw", "ro", "rw1"))
_WRITABLE: Final = frozenset(("rw", "wo", "rw1", "w1"))
_WRITABLE_TWICE: Final = frozenset(("rw", "wo"))


@dataclass(slots=True, frozen=True)
class Attribute:
    """An attribute of a view that is compared: its names, its judgement, and how its values are shown.

    Several names are compared together, as a tuple.
    """

    names: tuple[str, ...]
    judge: Judgement
    show: Callable[[Any], str] = str

    def value(self, view: object) -> Any:
        """Return the value of the attribute in a view."""
        values = tuple(getattr(view, name) for name in self.names)
        return values if len(values) > 1 else values[0]


def always(verb: str, impact: Impact) -> Judgement:
    """Return a judgement that is the same in both directions."""
    return lambda _old, _new: (verb, impact)


def fewer_breaks(fewer: str, more: str) -> Judgement:
    """Return the judgement of a number: less of it breaks a driver. None is a single element."""
    return lambda old, new: (fewer, "breaking") if least(new) < least(old) else (more, "compatible")


def least(count: object) -> tuple[int, int]:
    """Return the greatest and the least number that a count stands for."""
    match count:
        case Size(greatest=greatest, least=lowest):
            return greatest, lowest
        case int():
            return count, count
        case _:
            return 1, 1


def size_changed(old: Size | int | None, new: Size | int | None) -> bool:
    """Whether a count stands for another number of elements."""
    return least(old) != least(new)


def access_changed(old: str, new: str) -> Verdict:
    """Judge an access type: a driver must still be able to read and write, and to write again."""
    lost = any(old in able and new not in able for able in (_READABLE, _WRITABLE, _WRITABLE_TWICE))
    return "access changed", "breaking" if lost else "compatible"


def sizes_changed(old: tuple[int, int] | None, new: tuple[int, int] | None) -> Verdict:
    """Judge the sizes of access that are accepted; None: all."""
    low, high = old or (1, 8)
    new_low, new_high = new or (1, 8)
    return "accepted access sizes changed", "breaking" if new_low > low or new_high < high else "compatible"


def lost_breaks(verb: str) -> Judgement:
    """Return the judgement of an ability: true to false breaks a driver."""
    return lambda old, new: (verb, "breaking" if old and not new else "compatible")


def intent_changed(old: str | None, new: str | None) -> Verdict:
    """Judge whether a register is modelled (no intent) or only named."""
    return "intent changed", "breaking" if old is None else "compatible"


def bound_changed(raised_breaks: bool) -> Judgement:
    """Return the judgement of a property's bound (None: no bound): values that were accepted must stay so."""

    def judge(old: int | None, new: int | None) -> Verdict:
        side = "least value" if raised_breaks else "greatest value"
        if new is None:
            return f"{side} changed", "compatible"
        tighter = old is None or (new > old if raised_breaks else new < old)
        return f"{side} changed", "breaking" if tighter else "compatible"

    return judge


# --- how values are shown ------------------------------------------------------------------


def hexadecimal(value: int | None) -> str:
    """Return a number in hexadecimal."""
    return "" if value is None else f"{value:#x}"


def bits(value: int) -> str:
    """Return a width."""
    return f"{value} bits" if value != 1 else "1 bit"


def elements(count: Size | int | None) -> str:
    """Return a number of elements: ``8``, ``channels (1 to 8)``; a single part is 1."""
    match count:
        case Size(text=text, greatest=greatest, least=lowest) if greatest != lowest:
            return f"{text} ({lowest} to {greatest})"
        case _:
            return str(least(count)[0])


def size_range(sizes: tuple[int, int] | None) -> str:
    """Return the least and the greatest size of an access."""
    return "all" if sizes is None else f"{sizes[0]}..{sizes[1]} bytes"


def start_value(value: StartValue) -> str:
    """Return a value at reset."""
    return value.text if value.number is None else f"{value.number:#x}"


def listed(values: tuple[int, ...]) -> str:
    """Return numbers, at most eight of them."""
    shown = ", ".join(f"{value:#x}" for value in values[:8])
    return f"{shown}, and {len(values) - 8} more" if len(values) > 8 else shown


def or_none(value: object) -> str:
    """Return a value; empty for None."""
    return "" if value is None else str(value)


def hook_changed(old: Hook | None, new: Hook | None) -> bool:
    """Whether a hook does something else. Comments and line breaks do not count, and neither does a part that moved."""
    if old is None or new is None:
        return old is not new
    return old.form != new.form and old.text.split() != new.text.split()
