"""The differences between two sets of devices, and how they are printed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from devgen.comparison.changes import IMPACTS, Change, Impact
from devgen.comparison.device_comparison import compare_devices
from devgen.language.view import DeviceView

ComparisonForm = Literal["text", "json", "markdown"]

COMPARISON_FORMS: Final[tuple[ComparisonForm, ...]] = get_args(ComparisonForm)
"""The formats of a comparison."""

_TITLES: Final[dict[Impact, str]] = {
    "breaking": "breaks drivers",
    "behaviour": "may break drivers: behaviour changed",
    "compatible": "compatible",
}


@dataclass(slots=True, frozen=True)
class ComparisonReport:
    """What changed between two versions of devices, device by device, breaking changes first."""

    changes: tuple[Change, ...]
    devices: int
    """How many devices were compared, added or removed."""

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
                yield from ("| device | part | change | before | after |", "|---|---|---|---|---|")
                yield from (_row(change) for change in changes)

    def _numbers(self) -> Counter[str]:
        return Counter(change.impact for change in self.changes)

    def _summary(self) -> str:
        numbers = self._numbers()
        compared = f"{self.devices} device{'s' * (self.devices != 1)} compared"
        if not self.changes:
            return f"{compared}, no difference that a driver can see"
        return f"{compared}: " + ", ".join(f"{numbers[impact]} {impact}" for impact in IMPACTS if numbers[impact])


def _row(change: Change) -> str:
    cells = (change.device, change.part, change.verb, change.before, change.after)
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    """Return text for a cell of a table: Markdown in a description has no effect."""
    quoted = text.replace("`", "'").replace("|", "\\|")
    return f"`{quoted}`" if quoted else ""


def compare_sets(old: Iterable[DeviceView], new: Iterable[DeviceView]) -> ComparisonReport:
    """Compare devices by name. A single device on each side is compared with the other, also under another name."""
    before, after = ({device.name: device for device in devices} for devices in (old, new))
    if len(before) == len(after) == 1:
        (first,), (second,) = before.values(), after.values()
        return ComparisonReport(compare_devices(first, second), 1)
    changes: list[Change] = []
    for name, device in after.items():
        if name in before:
            changes += compare_devices(before[name], device)
        else:
            changes.append(Change(name, "device", "added", "compatible"))
    changes += [Change(name, "device", "removed", "breaking") for name in before if name not in after]
    return ComparisonReport(tuple(changes), len({*before, *after}))
