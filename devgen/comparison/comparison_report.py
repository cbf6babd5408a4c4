"""The differences between two sets of devices and boards, and how they are printed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar, get_args

from devgen.comparison.board_comparison import BoardVersion, compare_boards
from devgen.comparison.changes import IMPACTS, Change, Impact
from devgen.comparison.device_comparison import compare_devices
from devgen.language.view import DeviceView

ComparisonForm = Literal["text", "json", "markdown"]

Compared = DeviceView | BoardVersion
Named = TypeVar("Named", DeviceView, BoardVersion)
Owner = Literal["device", "board"]

COMPARISON_FORMS: Final[tuple[ComparisonForm, ...]] = get_args(ComparisonForm)
"""The formats of a comparison."""

_TITLES: Final[dict[Impact, str]] = {
    "breaking": "breaks drivers",
    "behaviour": "may break drivers: behaviour changed",
    "compatible": "compatible",
}


@dataclass(slots=True, frozen=True)
class ComparisonReport:
    """What changed between two versions of devices and boards, one by one, breaking changes first."""

    changes: tuple[Change, ...]
    devices: int
    """How many devices were compared, added or removed."""
    boards: int = 0
    """How many boards were compared, added or removed."""

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes that break drivers or boards."""
        return tuple(change for change in self.changes if change.impact == "breaking")

    def render(self, form: ComparisonForm) -> str:
        """Return the changes as text for a terminal, as JSON, or as Markdown for a merge request."""
        match form:
            case "json":
                return json.dumps(self._data(), indent=2)
            case "markdown":
                return "\n".join(self._markdown())
            case _:
                return "\n".join(self._text())

    def _data(self) -> dict[str, object]:
        numbers = self._numbers()
        return {
            **{impact: numbers[impact] for impact in IMPACTS},
            "changes": [change.json() for change in self.changes],
        }

    def _text(self) -> Iterable[str]:
        for change in self.changes:
            yield f"{change.impact:<10}  {change.device}: {change.message}"
        yield self._summary()

    def _markdown(self) -> Iterable[str]:
        yield f"**{self._summary()}**"
        for impact in IMPACTS:
            changes = [change for change in self.changes if change.impact == impact]
            if changes:
                yield from ("", f"### {_TITLES[impact].capitalize()}", "")
                owner = "device or board" if self.boards else "device"
                yield from (f"| {owner} | part | change | before | after |", "|---|---|---|---|---|")
                yield from (_row(change) for change in changes)

    def _numbers(self) -> Counter[str]:
        return Counter(change.impact for change in self.changes)

    def _summary(self) -> str:
        numbers = self._numbers()
        counts = ((self.devices, "device"), (self.boards, "board"))
        shown = [f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts if count]
        compared = f"{' and '.join(shown) or 'nothing'} compared"
        if not self.changes:
            return f"{compared}, no difference that {'a driver' if self.devices else 'software'} can see"
        return f"{compared}: " + ", ".join(f"{numbers[impact]} {impact}" for impact in IMPACTS if numbers[impact])


def _row(change: Change) -> str:
    cells = (change.device, change.part, change.verb, change.before, change.after)
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    """Return text for a cell of a table: Markdown in a description has no effect."""
    quoted = text.replace("`", "'").replace("|", "\\|")
    return f"`{quoted}`" if quoted else ""


def compare_sets(old: Iterable[Compared], new: Iterable[Compared]) -> ComparisonReport:
    """Compare devices and boards by name.

    A single device, or board, on each side is compared with the other, also under another name.
    """
    versions = list(old), list(new)
    old_devices, new_devices = ([one for one in version if isinstance(one, DeviceView)] for version in versions)
    old_boards, new_boards = ([one for one in version if isinstance(one, BoardVersion)] for version in versions)
    changes, count = _compare_named(old_devices, new_devices, compare_devices, "device")
    of_boards, board_count = _compare_named(old_boards, new_boards, compare_boards, "board")
    return ComparisonReport((*changes, *of_boards), count, board_count)


def _compare_named(
    old: Iterable[Named], new: Iterable[Named], compare: Callable[[Named, Named], Iterable[Change]], what: Owner
) -> tuple[list[Change], int]:
    """Return the changes of devices, or of boards, and how many of them there are."""
    before: dict[str, Named] = {one.name: one for one in old}
    after: dict[str, Named] = {one.name: one for one in new}
    if len(before) == len(after) == 1:
        return list(compare(*before.values(), *after.values())), 1
    changes: list[Change] = []
    for name, one in after.items():
        if name in before:
            changes += compare(before[name], one)
        else:
            changes.append(Change(name, what, "added", "compatible", of=what))
    changes += [Change(name, what, "removed", "breaking", of=what) for name in before if name not in after]
    return changes, len({*before, *after})
