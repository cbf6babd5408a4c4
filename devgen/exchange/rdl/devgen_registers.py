"""Registers, register files and fields of an address map that devgen exported, as a description has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from operator import or_
from typing import TYPE_CHECKING, Any, TypeAlias

from devgen.exchange.rdl.carried_keys import carried_keys, mapping_in, names_in
from devgen.exchange.rdl_export.array_runs import KEY as OUTER
from devgen.exchange.rdl_export.bits import WHOLE
from devgen.exchange.rdl_export.field_constructs import ACCESS_WORDS, FIELD_CONSTRUCTS
from devgen.exchange.rdl_export.rdl_order import KEY as ORDER
from devgen.exchange.rdl_export.said_registers import EFFECTS
from devgen.exchange.yaml_text import Block, Hex

if TYPE_CHECKING:
    from systemrdl.node import AddressableNode, FieldNode, Node, RegNode


Chain: TypeAlias = "tuple[AddressableNode, ...]"
"""A component of an array, after the register files that have its outer dimensions."""


@dataclass(slots=True, frozen=True)
class DevgenRegisters:
    """Describes the children of address maps; ``width`` is the region's default width of a register."""

    width: int

    def describe(self, parents: Iterable[AddressableNode], carried: Mapping[str, Any], owner: Node) -> Block:
        """Return the registers of one region or register file, whose layers are ``parents``, in their order.

        ``carried`` are the keys of ``owner`` with registers that SystemRDL has no place for.
        """
        from systemrdl.node import RegfileNode, RegNode

        found: dict[str, Any] = {}
        files: dict[str, list[Chain]] = {}
        for chain in (chain_of(child) for parent in parents for child in addressable(parent)):
            node = chain[-1]
            if isinstance(node, RegNode):
                found[node.inst_name] = self._register(node, chain)
            elif isinstance(node, RegfileNode):
                files.setdefault(node.inst_name, []).append(chain)
                found.setdefault(node.inst_name, {})
        found |= {name: self._file(layers) for name, layers in files.items()}
        found |= mapping_in(carried, "registers", owner)
        return Block(ordered(found, names_in(carried, ORDER, owner)))

    def _file(self, layers: list[Chain]) -> Block:
        node = layers[0][-1]
        carried = carried_keys(node)
        entry = _at(layers[0]) | _dimensions(layers[0], 0, carried) | texts(node)
        entry |= {key: value for key, value in carried.items() if key not in (ORDER, "registers")}
        return Block(entry | {"registers": self.describe([chain[-1] for chain in layers], carried, node)})

    def _register(self, node: RegNode, chain: Chain) -> Any:
        alias = {"alias": node.alias_primary.inst_name} if node.is_alias else {}
        carried = carried_keys(node) | alias
        fields = [field for field in node.fields() if field.get_property("sw").name in ACCESS_WORDS]
        whole = _whole(carried, fields)
        rules = _rules(carried, fields)
        width = node.get_property("regwidth")
        entry = _at(chain)
        entry |= {"width": width} if width != self.width else {}
        entry |= {"access": rules.access} if rules.access != "rw" else {}
        entry |= _dimensions(chain, width // 8, carried) | texts(node)
        if "alias" in carried:
            entry.pop("count", None)  # it has the elements of the register that it names
        entry |= {"external": True} if node.external else {}
        entry |= {"reset": Hex(rules.reset)} if rules.reset and not rules.apart else {}
        entry |= {key: value for key, value in carried.items() if key not in (ORDER, "fields", "access")}
        if whole is not None:
            unknown = {"reset_mask": 0} if rules.unknown and _reset(whole) is None else {}
            return entry | unknown | said_by(whole) | carried_keys(whole)
        if "alias" in carried and carried.get("fields") == {}:
            return entry
        described = {field.inst_name: _field(field, rules) for field in fields}
        described |= mapping_in(carried, "fields", node)
        return Block(entry | {"fields": Block(ordered(described, names_in(carried, ORDER, node)))})


@dataclass(slots=True, frozen=True)
class _Rules:
    """What a register says for its fields.

    ``access`` and ``effects``: those that a field need not repeat. ``reset``: the reset values of all fields together.
    ``unknown``: a field without a reset value has an unknown one. ``apart``: each field states its reset value.
    """

    access: str
    effects: Mapping[str, Any]
    reset: int
    unknown: bool
    apart: bool


def _rules(carried: Mapping[str, Any], fields: Iterable[FieldNode]) -> _Rules:
    accesses = {_access(field) for field in fields}
    stated = not {"reset", "constant", "alias", "alternate"} & {*carried}
    resets = [(_reset(field) or 0) << field.low for field in fields] if stated else []
    reset = reduce(or_, resets, 0)
    mask = carried.get("reset_mask")
    return _Rules(
        carried.get("access", accesses.pop() if len(accesses) == 1 else "rw"),
        {key: carried[key] for key in EFFECTS if key in carried},
        reset,
        stated and mask is None,
        isinstance(mask, int) and bool(reset & ~mask),  # only a field may have a reset value outside of the mask
    )


def addressable(node: Node) -> list[AddressableNode]:
    """Return the children of a component that have an address."""
    from systemrdl.node import AddressableNode

    return [child for child in node.children() if isinstance(child, AddressableNode)]


def ordered(parts: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    """Return the parts in that order; those that it does not name come last."""
    return {name: parts[name] for name in (*(name for name in order if name in parts), *parts)}


def texts(node: Node) -> dict[str, Any]:
    """Return ``title`` and ``description`` of a component."""
    stated = node.list_properties()
    title = {"title": node.get_property("name")} if "name" in stated else {}
    return title | ({"description": node.get_property("desc")} if "desc" in stated else {})


def _whole(carried: Mapping[str, Any], fields: Sequence[FieldNode]) -> FieldNode | None:
    """Return one field for the whole register, for a register without fields."""
    alone = carried.get("fields") == {} and [field.inst_name for field in fields] == [WHOLE]
    return fields[0] if alone and fields[0].width == fields[0].parent.get_property("regwidth") else None


def _access(field: FieldNode) -> str:
    return ACCESS_WORDS[field.get_property("sw").name]


def chain_of(node: AddressableNode) -> Chain:
    """Return the register files that have only the outer dimensions of a component, and the component."""
    inner = addressable(node)
    outer = len(inner) == 1 and carried_keys(node).get(OUTER) == inner[0].inst_name
    return (node, *chain_of(inner[0])) if outer else (node,)


def _at(chain: Chain) -> dict[str, Any]:
    return {"at": Hex(sum(node.raw_address_offset for node in chain))}


def _dimensions(chain: Chain, size: int, carried: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``count`` and ``stride``, without strides that follow from the element's size or have no effect."""
    counts, strides = _sizes(chain)
    if not counts:
        return {}
    alone = counts == [1] and "count" not in carried
    dense = alone or strides == [size * prod(counts[place + 1 :]) for place in range(len(counts))]
    many = len(counts) > 1
    return {"count": counts if many else counts[0]} | ({} if dense else {"stride": strides if many else strides[0]})


def _sizes(chain: Chain) -> tuple[list[int], list[Hex]]:
    """Return the number of elements and the distance in bytes of each dimension, the outermost first."""
    counts: list[int] = []
    strides: list[Hex] = []
    for node in chain:
        sizes = node.array_dimensions or []
        counts += sizes
        strides += [Hex((node.array_stride or 0) * prod(sizes[place + 1 :])) for place in range(len(sizes))]
    return counts, strides


def repetition_of(chain: Chain) -> dict[str, Any]:
    """Return ``count`` and ``stride`` of a component, empty if it is no array."""
    counts, strides = _sizes(chain)
    if len(counts) > 1:
        return {"count": counts, "stride": strides}
    return {"count": counts[0], "stride": strides[0]} if counts else {}


def _reset(field: FieldNode) -> int | None:
    """Return the reset value of a field if it is a number, not another part's value."""
    value = field.get_property("reset")
    return value if isinstance(value, int) else None


def said_by(node: FieldNode) -> dict[str, Any]:
    """Return what the field's properties of SystemRDL say in the description language."""
    said: dict[str, Any] = {}
    for construct in FIELD_CONSTRUCTS:
        said |= construct.read(node)
    return said


def _field(node: FieldNode, rules: _Rules) -> Any:
    entry: dict[str, Any] = {"bits": node.low if node.width == 1 else f"{node.high}:{node.low}"}
    entry |= {"access": _access(node)} if _access(node) != rules.access else {}
    reset = _reset(node)
    if reset is None:
        entry |= {"reset": "unknown"} if rules.unknown else {}
    elif rules.apart and reset:
        entry |= {"reset": Hex(reset)}
    entry |= {
        key: value for key, value in said_by(node).items() if key not in rules.effects or rules.effects[key] != value
    }
    entry |= texts(node) | carried_keys(node)
    return entry["bits"] if len(entry) == 1 else entry
