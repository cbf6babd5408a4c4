"""What writes, time and accesses do to a key sequence, as statements of the behaviour language."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.common.quick_dataclass import dataclass
from devgen.language.elaborate.key_limits import Limit
from devgen.language.model import WrongKey
from devgen.language.scope import in_behaviour


@dataclass(slots=True, frozen=True)
class KeyText:
    """The texts of one key. Hidden things have its name and a suffix.

    ``hooks`` are the names of `on_open`, `on_wrong` and `on_expire` that the description gives. ``array``: each element
    of an array has a key.
    """

    name: str
    values: tuple[int, ...]
    wrong: WrongKey
    within: Limit | None
    open_for: Limit | None
    hooks: frozenset[str]
    array: bool = False

    @property
    def has_steps(self) -> bool:
        """Whether the key has a state besides open and locked."""
        return len(self.values) > 1 or self.wrong == "until_reset"

    @property
    def timers(self) -> tuple[str, ...]:
        """The suffixes of its timers: ``_gap`` limits the sequence, ``_window`` how long it is open."""
        limits = (("_gap", self.within), ("_window", self.open_for))
        return tuple(suffix for suffix, limit in limits if limit is not None and limit.kind == "time")

    @property
    def counts(self) -> dict[str, int]:
        """The suffixes of its counts of accesses, with their widths."""
        limits = (("_left", self.within), ("_open", self.open_for))
        return {
            suffix: (int(limit.amount) + 1).bit_length()
            for suffix, limit in limits
            if limit is not None and limit.kind == "accesses"
        }

    @property
    def times(self) -> dict[str, str]:
        """The suffixes of the timers whose time depends on properties, with these times."""
        limits = (("_gap", self.within), ("_window", self.open_for))
        return {
            suffix: limit.amount
            for suffix, limit in limits
            if limit is not None and limit.kind == "time" and not limit.amount.isdigit()
        }

    def written(self, written: str, at: str) -> str:
        """Return what a write of the key's register does; ``written`` is the value that counts, ``at`` the element.

        The step beyond the last one is that of a key which is locked until the next reset: no value is right there.
        """
        step = f"{self.name}_step{_element(at)}"
        branches: list[tuple[str, list[str]]] = []
        for index, value in enumerate(self.values):
            test = f"{written} == {value:#x}"
            last = index == len(self.values) - 1
            branches.append(
                (
                    f"{step} == {index} and {test}" if self.has_steps else test,
                    [
                        *([f"{step} = {0 if last else index + 1}"] if self.has_steps else []),
                        *(self._opened(at) if last else self._started(at)),
                    ],
                )
            )
        if self.wrong != "until_reset" and len(self.values) > 1:
            again = [f"{step} = 1", *self._started(at), *self._shut(at), *self._call("on_wrong", at)]
            branches.append((f"{written} == {self.values[0]:#x}", again))
        text = "".join(
            f"{'elif' if index else 'if'} {test}:\n{_indented(body)}" for index, (test, body) in enumerate(branches)
        )
        wrong = [*self._stopped(at), *self._refused(at)]
        return text + (f"else:\n{_indented(wrong)}" if wrong else "")

    def too_late(self, at: str) -> str:
        """Return what happens when the time of `within` has passed."""
        return "\n".join(self._refused(at))

    def closes(self, at: str) -> str:
        """Return what happens when the time of `open_for` has passed."""
        open_now = f"{in_behaviour(self.name)}{_element(at)}"
        return f"if {open_now}:\n" + _indented([f"{open_now} = 0", *self._call("on_expire", at)])

    def accessed(self, elements: str) -> str:
        """Return what each access of the device's registers does; ``elements``: how many keys there are."""
        at = self.turn if self.array else ""
        body = [*self._counted("_left", self.too_late(at), at), *self._counted("_open", self.closes(at), at)]
        if not self.array:
            return "\n".join(body)
        return f"for {self.turn} in range({elements}):\n" + _indented(body)

    def closed(self, elements: str, at: str) -> str:
        """Return what locks the key of the element ``at``, or of ``elements`` elements from there on."""
        if not elements:
            return f"{in_behaviour(self.name)}{_element(at)} = 0"
        first = f"({at}) * ({elements}) + " if at else ""
        return f"for {self.turn} in range({elements}):\n    {in_behaviour(self.name)}[{first}{self.turn}] = 0"

    @property
    def turn(self) -> str:
        """The name of a loop over its elements."""
        return f"{self.name}_element"

    # --- parts ---------------------------------------------------------------------------

    def _opened(self, at: str) -> list[str]:
        lines = [*self._stopped(at), f"{in_behaviour(self.name)}{_element(at)} = 1"]
        if self.open_for is not None and self.open_for.kind != "write":
            lines.append(self._limited("_window", "_open", self.open_for, at))
        return [*lines, *self._call("on_open", at)]

    def _started(self, at: str) -> list[str]:
        return [] if self.within is None else [self._limited("_gap", "_left", self.within, at)]

    def _limited(self, timer: str, count: str, limit: Limit, at: str) -> str:
        """Return the start of a limit. The access that starts it is counted when it ends, and the last moment of a time
        is still in time.
        """
        if limit.kind == "accesses":
            return f"{self.name}{count}{_element(at)} = {int(limit.amount) + 1}"
        return f"{self.name}{timer}{_element(at)}.arm_in({self._time(timer, limit)} + 1)"

    def _time(self, timer: str, limit: Limit) -> str:
        return limit.amount if limit.amount.isdigit() else f"{self.name}{timer}_time()"

    def _stopped(self, at: str) -> list[str]:
        """Return the end of a sequence's limit."""
        if self.within is None:
            return []
        if self.within.kind == "accesses":
            return [f"{self.name}_left{_element(at)} = 0"]
        return [f"{self.name}_gap{_element(at)}.cancel()"]

    def _refused(self, at: str) -> list[str]:
        """Return what a wrong value does."""
        dead = len(self.values) if self.wrong == "until_reset" else 0
        steps = [f"{self.name}_step{_element(at)} = {dead}"] if self.has_steps else []
        return [*steps, *self._shut(at), *self._call("on_wrong", at)]

    def _shut(self, at: str) -> list[str]:
        return [] if self.wrong == "restart" else [f"{in_behaviour(self.name)}{_element(at)} = 0"]

    def _call(self, hook: str, at: str) -> list[str]:
        return [f"{self.name}_{hook}({at})"] if hook in self.hooks else []

    def _counted(self, suffix: str, ended: str, at: str) -> Iterator[str]:
        if suffix not in self.counts:
            return
        count = f"{self.name}{suffix}{_element(at)}"
        yield f"if {count}:"
        yield _indented([f"{count} = max({count} - 1, 0)", f"if not {count}:", *_indented([ended]).splitlines()])


def _element(at: str) -> str:
    return f"[{at}]" if at else ""


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for text in lines for line in text.splitlines())
