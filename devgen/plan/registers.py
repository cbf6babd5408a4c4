"""Registers with their region, register file, storage and bits."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from math import prod
from operator import or_

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.language.described_parts import Placed, behaviour, placed_registers
from devgen.language.typed_walk import walk
from devgen.plan.steps import INDEX

RegisterKey = tuple[str | None, str]
"""(register file or None, register): the key of a register, as in places of the typed form."""


def mask_of_bits(width: int) -> int:
    """Return the number with the low ``width`` bits set."""
    return (1 << width) - 1


@dataclass(slots=True, frozen=True)
class PlannedRegister:
    """A register in its region.

    ``title`` is its described name, for a member with that of its file: ``CHANNEL.RING``. ``storage`` is the register
    that holds the value, which is the target of an alias or of a view; None if there is no storage. ``count`` is None
    for a single register. ``offset`` (bytes) is that of the first element in the region, and ``stride`` (bytes) the
    distance of elements, of several dimensions of the innermost. ``bits`` are the bits of its storage that fields
    cover; the others always read as 0. ``condition`` is what ``when`` belongs to: the register, or (None, FILE) for all
    members of a register file. ``shares``: its region has registers that share bytes.
    """

    described: model.Register
    file: str | None
    title: str
    storage: RegisterKey | None
    count: ir.Expr | None
    offset: int
    stride: int
    region: model.Region
    bits: int
    condition: RegisterKey | None
    shares: bool

    @property
    def key(self) -> RegisterKey:
        """How a place names it."""
        return self.file, self.described.name

    @property
    def shown(self) -> bool:
        """Whether a guest can read any of its bits."""
        described = self.described
        accesses = [field.access for field in (*described.fields, *described.also)] or [described.access]
        return any(access in ("ro", "rw", "rw1") for access in accesses)

    @property
    def owns_storage(self) -> bool:
        """Whether it has its own storage that can change."""
        described = self.described
        shared = described.alias is not None or described.view is not None
        return self.storage is not None and not shared and described.constant is None

    @property
    def is_changeable(self) -> bool:
        """Whether its own storage or that of its alias target can change."""
        return self.storage is not None and self.described.constant is None

    @property
    def place(self) -> ir.RegisterPlace:
        """Return the place of the register, or of the element ``index`` of an array."""
        index = None if self.count is None else INDEX
        view = self.described.view
        if view is None:
            return ir.RegisterPlace(self.described.name, self.described.width, self.file, index)
        return ir.RegisterPlace(
            view.register, view.width, view.file, index if view.element is None else ir.Int(view.element)
        )

    @property
    def answers(self) -> bool:
        """Whether accesses reach it: those of a view without a condition reach the register that has the storage."""
        return self.described.view is None or self.described.when is not None


def plan_registers(device: model.Device) -> dict[RegisterKey, PlannedRegister]:
    """Return every register by its key, in the order of the description."""
    by_key = {placed.key: placed for placed in placed_registers(device)}
    named = mentioned_registers(device)
    planned: dict[RegisterKey, PlannedRegister] = {}
    sharing = {placed.region.name for placed in by_key.values() if _shares(placed)}
    for key, placed in by_key.items():
        register = _planned(placed, by_key, placed.region.name in sharing)
        collects = placed.register.halves == "last" and placed.register.on_write
        if not register.shown and key not in named and not collects:
            # Neither a guest nor the description can read what is written there.
            register = replace(register, storage=None)
        planned[key] = register
    return planned


def mentioned_registers(device: model.Device) -> set[RegisterKey]:
    """Return the registers that an expression, a statement or an alias of the description uses."""
    found: set[RegisterKey] = set()
    for placed in placed_registers(device):
        alias = placed.register.alias
        view = placed.register.view
        if alias is not None:
            found |= {(placed.key[0], alias), (None, alias)}
        if view is not None:
            found.add((view.file, view.register))
    return found | {
        (node.file, node.register) for node in walk(behaviour(device)) if isinstance(node, ir.RegisterPlace)
    }


def _count(register: model.Register, file: model.RegisterFile | None) -> ir.Expr | None:
    if register.dims:
        return ir.Int(prod(count for count, _ in register.dims))
    return register.count if file is None or file.count is None else file.count


def _stride(register: model.Register, file: model.RegisterFile | None) -> int:
    return register.stride if register.count is not None or file is None or file.count is None else file.stride


def _shares(placed: Placed) -> bool:
    alternate = placed.register.alternate or (placed.file is not None and placed.file.alternate)
    return placed.register.when is not None or bool(alternate)


def _condition(placed: Placed) -> RegisterKey | None:
    if placed.register.when is None:
        return None
    shared = placed.file is not None and placed.file.when is placed.register.when
    return (None, placed.key[0] or "") if shared else placed.key


def _planned(placed: Placed, by_key: dict[RegisterKey, Placed], shares: bool) -> PlannedRegister:
    register, file = placed.register, placed.file
    return PlannedRegister(
        described=register,
        file=file.name if file else None,
        title=f"{file.name}.{register.name}" if file else register.name,
        storage=_storage(placed, by_key),
        count=_count(register, file),
        offset=register.offset + (file.offset if file else 0),
        stride=_stride(register, file),
        region=placed.region,
        bits=field_bits(_owner(placed, by_key).register),
        condition=_condition(placed),
        shares=shares,
    )


def _storage(placed: Placed, by_key: dict[RegisterKey, Placed]) -> RegisterKey | None:
    """Return the register that holds the value, or None if ``read`` replaces it or there is no storage."""
    owner = _owner(placed, by_key)
    register = owner.register
    if owner is not placed:
        return None if register.alias is not None else _storage(owner, by_key)
    if register.intent is not None or register.window is not None:
        return None
    if register.read is not None and not _mentions(register.read, placed.key):
        return None
    return None if register.constant is not None and len(register.constant) == 1 else placed.key


def _owner(placed: Placed, by_key: dict[RegisterKey, Placed]) -> Placed:
    """Return the register whose storage an alias or a view uses, or the register itself."""
    alias, view = placed.register.alias, placed.register.view
    if view is not None:
        return by_key[view.file, view.register]
    if alias is None:
        return placed
    return by_key.get((placed.key[0], alias)) or by_key.get((None, alias)) or placed


def _mentions(expr: ir.Expr, key: RegisterKey) -> bool:
    return any(isinstance(node, ir.RegisterPlace) and (node.file, node.register) == key for node in walk(expr))


def field_bits(register: model.Register) -> int:
    """Return the bits that fields cover, those of views included, or all bits in a register without fields."""
    if not register.fields:
        return mask_of_bits(register.width)
    return reduce(or_, (field.mask for field in (*register.fields, *register.also)))
