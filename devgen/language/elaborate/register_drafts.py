"""Registers and register files whose structure is read and whose behaviour is not compiled yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from math import prod

from devgen.common.quick_dataclass import dataclass
from devgen.language.elaborate.elaboration import Tree
from devgen.language.ir import Expr, Int
from devgen.language.model import AccessRule, AccessType, Decode, Field, Lock, PathPart, Protection, View


@dataclass(slots=True, frozen=True)
class Defaults:
    """Defaults that registers inherit from their region or device."""

    width: int
    decode: Decode
    retain: bool
    access_rule: AccessRule
    sizes: tuple[int, int] | None = None
    external: bool = False
    protection: Protection | None = None


@dataclass(slots=True, frozen=True)
class Dim:
    """One dimension of an array: its number of elements, and the bytes from one to the next."""

    count: Expr
    stride: int


@dataclass(slots=True, frozen=True)
class Shared:
    """Bits from ``lsb`` on of another register, in an array of its element ``element`` (None: the same element)."""

    owner: RegisterDraft
    lsb: int
    element: int | None

    def model(self) -> View:
        """Return the same for the model."""
        file = None if self.owner.file is None else self.owner.file.label
        return View(self.owner.name, file, self.owner.width, self.lsb, self.element)

    def inside(self, lsb: int, element: int | None) -> Shared:
        """Return the bits from ``lsb`` on of these bits."""
        return Shared(self.owner, self.lsb + lsb, self.element if element is None else element)


@dataclass(slots=True)
class RegisterDraft:
    """A register whose behaviour is not compiled yet. ``at`` None: missing, and reported.

    ``group``: an object that registers which share bytes (`alternate`) have in common. ``view``: the bits that it is,
    if it has no storage. ``also``: fields of its views. ``split``: some of its bytes are those of other registers.
    ``own``: its own dimensions, without those of its register files. ``shared_fields``: the mapping of the register
    whose fields an alias has.
    """

    name: str
    spec: Tree
    parent: Tree
    file: FileDraft | None
    defaults: Defaults
    at: int | None
    width: int
    access: AccessType
    fields: tuple[Field, ...]
    reset: int
    own: tuple[Dim, ...]
    sizes: tuple[int, int] | None = None
    group: object = None
    view: Shared | None = None
    also: tuple[Field, ...] = ()
    split: bool = False
    shared_fields: Tree | None = None

    @property
    def dims(self) -> tuple[Dim, ...]:
        """All dimensions of which its elements are part, the outermost first."""
        return self.own if self.file is None else (*self.file.dims, *self.own)

    @property
    def start(self) -> int:
        """Bytes from the region's start to its first element."""
        return (self.at or 0) + (0 if self.file is None else self.file.start)

    @property
    def count(self) -> Expr | None:
        """All its elements; None if it is no array."""
        return total(self.dims)

    @property
    def external(self) -> bool:
        """Whether its behaviour is still to be written: it says so, or its register file, region or device does."""
        shared = (
            self.defaults.external if self.file is None else self.file.inherited("external", self.defaults.external)
        )
        return bool(self.spec.get("external", shared))

    @property
    def moved(self) -> bool:
        """Whether hardware changes a field of it."""
        return any(field.hardware is not None for field in self.fields)

    @property
    def conditional(self) -> bool:
        """Whether it answers only while a condition holds."""
        return "when" in self.spec or (self.file is not None and self.file.conditional)

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.width >> 3

    @property
    def readable(self) -> bool:
        """Whether it can be read."""
        return self.access not in ("wo", "w1")

    @property
    def writable(self) -> bool:
        """Whether it can be written."""
        return self.access != "ro"

    @property
    def label(self) -> str:
        """The name that behaviour outside its register file uses."""
        return self.name if self.file is None else f"{self.file.label}.{self.name}"


@dataclass(slots=True)
class FileDraft:
    """A register file whose members' behaviour is not compiled yet. ``size``: bytes of one element."""

    name: str
    spec: Tree
    parent: Tree
    file: FileDraft | None
    at: int | None
    own: tuple[Dim, ...] = ()
    size: int = 1
    members: list[Draft] = field(default_factory=list)
    group: object = None
    when: Expr | None = None
    path: tuple[PathPart, ...] = ()
    write_enable: Lock | None = None

    @property
    def label(self) -> str:
        """Its name after those of the files that it is in: ``CHANNEL.QUEUE``."""
        return self.name if self.file is None else f"{self.file.label}.{self.name}"

    @property
    def dims(self) -> tuple[Dim, ...]:
        """All dimensions of which its elements are part, the outermost first."""
        return self.own if self.file is None else (*self.file.dims, *self.own)

    @property
    def start(self) -> int:
        """Bytes from the region's start to its first element."""
        return (self.at or 0) + (0 if self.file is None else self.file.start)

    @property
    def conditional(self) -> bool:
        """Whether its members answer only while a condition holds."""
        return "when" in self.spec or (self.file is not None and self.file.conditional)

    def inherited(self, key: str, default: bool) -> bool:
        """Return a key of the file, or of the files that it is in."""
        outer = default if self.file is None else self.file.inherited(key, default)
        return bool(self.spec.get(key, outer))


Draft = RegisterDraft | FileDraft


def total(dims: Sequence[Dim]) -> Expr | None:
    """Return the number of elements of all dimensions together; None without any. Several dimensions are numbers."""
    if len(dims) < 2:
        return dims[0].count if dims else None
    return Int(prod(dim.count.range.hi or 0 for dim in dims))


def all_registers(drafts: Iterable[Draft]) -> Iterator[RegisterDraft]:
    """Yield registers and members of register files."""
    for draft in drafts:
        if isinstance(draft, FileDraft):
            yield from all_registers(draft.members)
        else:
            yield draft


def all_files(drafts: Iterable[Draft]) -> Iterator[FileDraft]:
    """Yield register files and those inside them, each after the one that it is in."""
    for draft in drafts:
        if isinstance(draft, FileDraft):
            yield draft
            yield from all_files(draft.members)
