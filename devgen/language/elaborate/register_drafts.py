"""Registers and register files whose structure is read and whose behaviour is not compiled yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from devgen.common.quick_dataclass import dataclass
from devgen.language.elaborate.elaboration import Tree
from devgen.language.ir import Expr
from devgen.language.model import AccessRule, AccessType, Decode, Field, Protection, View


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
class Shared:
    """Bits from ``lsb`` on of another register, in an array of its element ``element`` (None: the same element)."""

    owner: RegisterDraft
    lsb: int
    element: int | None

    def model(self) -> View:
        """Return the same for the model."""
        file = None if self.owner.file is None else self.owner.file.name
        return View(self.owner.name, file, self.owner.width, self.lsb, self.element)

    def inside(self, lsb: int, element: int | None) -> Shared:
        """Return the bits from ``lsb`` on of these bits."""
        return Shared(self.owner, self.lsb + lsb, self.element if element is None else element)


@dataclass(slots=True)
class RegisterDraft:
    """A register whose behaviour is not compiled yet. ``at`` None: missing, and reported.

    ``group``: an object that registers which share bytes (`alternate`) have in common. ``view``: the bits that it is,
    if it has no storage. ``also``: fields of its views. ``split``: some of its bytes are those of other registers.
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
    count: Expr | None
    stride: int
    sizes: tuple[int, int] | None = None
    group: object = None
    view: Shared | None = None
    also: tuple[Field, ...] = ()
    split: bool = False

    @property
    def external(self) -> bool:
        """Whether its behaviour is still to be written: it says so, or its register file, region or device does."""
        shared = self.defaults.external if self.file is None else self.file.spec.get("external", self.defaults.external)
        return bool(self.spec.get("external", shared))

    @property
    def conditional(self) -> bool:
        """Whether it answers only while a condition holds."""
        return "when" in self.spec or (self.file is not None and "when" in self.file.spec)

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
        return self.name if self.file is None else f"{self.file.name}.{self.name}"


@dataclass(slots=True)
class FileDraft:
    """A register file whose members' behaviour is not compiled yet."""

    name: str
    spec: Tree
    parent: Tree
    at: int | None
    count: Expr | None
    stride: int = 0
    members: list[RegisterDraft] = field(default_factory=list)
    group: object = None
    when: Expr | None = None

    @property
    def label(self) -> str:
        """Its name."""
        return self.name

    @property
    def conditional(self) -> bool:
        """Whether its members answer only while a condition holds."""
        return "when" in self.spec


Draft = RegisterDraft | FileDraft


def all_registers(drafts: list[Draft]) -> Iterator[RegisterDraft]:
    """Yield registers and members of register files."""
    for draft in drafts:
        if isinstance(draft, FileDraft):
            yield from draft.members
        else:
            yield draft
