"""The symbol table of a device: what a name means inside an expression or a statement.

Elaboration declares every named thing of a description here, then compiles behaviour against it. Entries are frozen;
``count`` of an array is a checked expression over properties (``None``: not an array).

Order of use: declare properties; compile the ``count`` expressions; declare everything else; compile the hooks (each
in a scope made by :meth:`Scope.hook`); last, :func:`devgen.language.behaviour.finish` compiles functions and actions,
whose parameters' ranges are known only when every call has been seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from keyword import iskeyword
from typing import get_args

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics.reporting import SourceText
from devgen.language.ir import BuiltinName, Expr, LineKind, Range
from devgen.language.model import Label, Mark, PropertyType, View


@dataclass(slots=True, frozen=True)
class PropertyEntry:
    """A property; ``range`` bounds an int and is ignored for the other types; ``count`` is that of bytes."""

    name: str
    type: PropertyType
    range: Range
    count: Expr | None = None


@dataclass(slots=True, frozen=True)
class ConstantEntry:
    """A number with a name."""

    name: str
    value: int


@dataclass(slots=True, frozen=True)
class FieldEntry:
    """A register's field; ``labels`` are its enumeration. ``stored``: it has bits of the register's storage.

    ``outputs`` are those of a field that counts, ``steps`` the amounts that it counts up and down by, None for amounts
    that change; both are empty for other fields.
    """

    name: str
    lsb: int
    width: int
    labels: tuple[Label, ...] = ()
    stored: bool = True
    outputs: tuple[str, ...] = ()
    steps: tuple[int | None, ...] = ()


@dataclass(slots=True, frozen=True)
class RegisterEntry:
    """A register or register array. ``shape``: the numbers of elements of its own dimensions, if they are several.

    ``readonly`` says why behaviour may not assign it ("is constant", "is computed by its `read:`"), None if it may.
    ``computed``: its value is its ``read:`` expression. ``storage``: the bits of another register that an alias or an
    alternate is. ``outputs``: those of an interrupt register. ``window``: it has no value of its own; ``split``: some
    of its bytes are those of other registers.
    """

    name: str
    width: int
    fields: tuple[FieldEntry, ...] = ()
    count: Expr | None = None
    readonly: str | None = None
    computed: bool = False
    storage: View | None = None
    window: bool = False
    split: bool = False
    shape: tuple[int, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class FileEntry:
    """A register file; its members are reached as ``FILE[i].MEMBER``, or by name alone in members' own hooks.

    ``name`` is its path: ``CHANNEL.QUEUE`` for one of the ``files`` inside another one. ``shape`` as of registers.
    ``depth``: the number of its dimensions, with those of the files that it is in.
    """

    name: str
    registers: tuple[RegisterEntry, ...]
    count: Expr | None = None
    files: tuple[FileEntry, ...] = ()
    shape: tuple[int, ...] = ()
    depth: int = 0

    def member(self, name: str) -> RegisterEntry | FileEntry | None:
        """Return a register, or a register file inside this one, by its own name."""
        path = f"{self.name}.{name}"
        found = (register for register in self.registers if register.name == name)
        return next(found, None) or next((file for file in self.files if file.name == path), None)

    def has(self, name: str) -> bool:
        """Whether it has a member of this name."""
        return self.member(name) is not None


@dataclass(slots=True, frozen=True)
class StateEntry:
    """A hidden state variable of ``width`` bits."""

    name: str
    width: int
    count: Expr | None = None


@dataclass(slots=True, frozen=True)
class FifoEntry:
    """A first-in-first-out buffer of ``depth`` entries of ``width`` bits."""

    name: str
    width: int
    depth: Expr


@dataclass(slots=True, frozen=True)
class CounterEntry:
    """A counter of ``width`` bits."""

    name: str
    width: int
    count: Expr | None = None


@dataclass(slots=True, frozen=True)
class TimerEntry:
    """A timer. ``matched``: it has counter and match, so ``arm()``; else a bare clock, so ``arm_at`` and ``arm_in``.

    ``at_once``: after ``arm()`` the timer may be due already (``due: now``), so ``on_expire`` may run when the present
    entry into the device ends.
    """

    name: str
    matched: bool
    at_once: bool = False
    count: Expr | None = None


@dataclass(slots=True, frozen=True)
class LineEntry:
    """An interrupt or GPIO line. ``followed``: it has a ``level:``, so statements may not drive it."""

    kind: LineKind
    name: str
    followed: bool = False
    count: Expr | None = None


@dataclass(slots=True, frozen=True)
class EventEntry:
    """A host-visible event; parameters with their widths in bits."""

    name: str
    parameters: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True, frozen=True)
class StreamEntry:
    """A byte stream to a host character device."""

    name: str


@dataclass(slots=True, frozen=True)
class Parameter:
    """A parameter. ``range`` None: inferred from the calls; ``below``: an index under this expression of properties."""

    name: str
    range: Range | None = None
    below: Expr | None = None
    mark: Mark | None = None


@dataclass(slots=True, frozen=True)
class FunctionEntry:
    """A declared function; ``body`` is an expression, ``mark`` where it is declared."""

    name: str
    parameters: tuple[Parameter, ...]
    body: SourceText
    mark: Mark | None = None


@dataclass(slots=True, frozen=True)
class ActionEntry:
    """A declared action; ``body`` is statements (a YAML list is a sequence of texts), ``mark`` where it is declared."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[SourceText, ...]
    mark: Mark | None = None


@dataclass(slots=True, frozen=True)
class LocalEntry:
    """A name that a hook provides. ``below``: it is an index under this expression of properties."""

    name: str
    range: Range
    below: Expr | None = None


Entry = (
    PropertyEntry
    | ConstantEntry
    | RegisterEntry
    | FileEntry
    | StateEntry
    | FifoEntry
    | CounterEntry
    | TimerEntry
    | LineEntry
    | EventEntry
    | StreamEntry
    | FunctionEntry
    | ActionEntry
    | LocalEntry
)

_WORDS = "now rtc_now host_now pulse true false int range"

BUILTIN_NAMES: frozenset[str] = frozenset(
    (
        *get_args(BuiltinName),
        *_WORDS.split(),
        *(f"{sign}{width}" for sign in "us" for width in range(1, 65)),
        *(f"{verb}{width}" for verb in ("load", "store") for width in (8, 16, 32, 64)),
        "load_bytes",
        "store_bytes",
        "fill_bytes",
    )
)
"""Built-in names of the language: no register, state or other declared thing may use them."""

HOOK_NAMES: frozenset[str] = frozenset(("value", "mask", "old", "index", "count"))
"""Names that hooks provide as locals: no declared thing may use them."""


def why_reserved(name: str) -> str:
    """Return why ``name`` cannot be a described thing's, an empty string when it can: only the language's words."""
    if name in HOOK_NAMES:
        return "hooks provide a local of this name"
    return "it is a name of the behaviour language" if name in BUILTIN_NAMES else ""


def in_behaviour(name: str) -> str:
    """Return a name as behaviour writes it: one of Python's keywords is in backticks."""
    return f"`{name}`" if iskeyword(name) else name


@dataclass(slots=True)
class Scope:
    """The names visible to a piece of behaviour. The root holds the device; hooks add locals of their own."""

    parent: Scope | None = None
    file: FileEntry | None = None
    shape: tuple[int, ...] = ()
    entries: dict[str, Entry] = field(default_factory=dict)
    deferred: dict[str, Callable[[], Entry]] = field(default_factory=dict)
    records: dict[str, object] = field(default_factory=dict, repr=False)
    """State of :mod:`devgen.language.behaviour` between compiling the hooks and ``finish``; kept at the root."""

    def declare(self, entry: Entry) -> None:
        """Add a name. A later declaration of the same name, which the caller has reported, replaces the earlier."""
        self.entries[entry.name] = entry

    def defer(self, name: str, make: Callable[[], Entry]) -> None:
        """Add a name whose entry is made on first use, so that registers that no behaviour uses cost nothing."""
        self.deferred[name] = make

    def hook(
        self, *, file: str | None = None, index: Expr | None = None, shape: tuple[int, ...] = (), **ranges: Range
    ) -> Scope:
        """Return a nested scope with the locals of a hook.

        ``ranges`` are its names (``value``, ``mask``, ``old``, ``count``); ``index`` is the element count of the
        array the hook belongs to, if any, with its ``shape`` if it has several dimensions; ``file`` the path of the
        register file whose members are visible unqualified.
        """
        child = self._inside(file) if file is not None else Scope(parent=self)
        for name, bounds in ranges.items():
            child.declare(LocalEntry(name, bounds))
        if index is None and child.file is not None:
            index = child.file.count
        if index is not None:
            child.declare(LocalEntry("index", Range(0, max(0, (index.range.hi or 1) - 1)), below=index))
        child.shape = shape if index is not None else ()
        return child

    def _inside(self, path: str) -> Scope:
        """Return a scope in which the members of a register file, and of those that it is in, are visible."""
        scope, found = self, None
        for part in path.split("."):
            if found is None:
                entry = self.lookup(part)
            else:
                entry = next((file for file in found.files if file.name == f"{found.name}.{part}"), None)
            found = entry if isinstance(entry, FileEntry) else None
            scope = Scope(parent=scope, file=found)
            if found is None:
                break
        return scope

    @property
    def root(self) -> Scope:
        """Return the device's own scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def lookup(self, name: str) -> Entry | None:
        """Return the entry of ``name`` in this scope, or None.

        In a hook of a register file's member the names of its siblings hide those of the device; ``member`` finds them.
        """
        entry = self.entries.get(name)
        if entry is not None:
            return entry
        if self.file is not None and self.file.has(name):
            return None
        make = self.deferred.pop(name, None)
        if make is not None:
            entry = self.entries[name] = make()
            return entry
        return self.parent.lookup(name) if self.parent is not None else None

    def member(self, name: str) -> tuple[FileEntry, RegisterEntry | FileEntry] | None:
        """Return the sibling ``name`` of the register file this hook belongs to, with the file that it is in."""
        if self.file is not None:
            found = self.file.member(name)
            if found is not None:
                return self.file, found
        return self.parent.member(name) if self.parent is not None else None

    def names(self) -> Iterator[str]:
        """Yield every declared name that is visible here, for suggestions."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.entries
            yield from scope.deferred
            if scope.file is not None:
                yield from (register.name for register in scope.file.registers)
            scope = scope.parent

    def callables(self) -> list[FunctionEntry | ActionEntry]:
        """Return the device's functions and actions, in order of declaration."""
        return [entry for entry in self.root.entries.values() if isinstance(entry, FunctionEntry | ActionEntry)]
