"""The parts of an exported address map by their paths, and the values of their SystemRDL properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from devgen.exchange.rdl.devgen_maps import layers_of
from devgen.exchange.rdl.devgen_registers import Chain, addressable, chain_of, repetition_of
from devgen.exchange.rdl.rdl_paths import elements_of, origin_of

if TYPE_CHECKING:
    from systemrdl.node import AddrmapNode

Key: TypeAlias = tuple[str, ...]
"""The names of the region, the register files, the register and the field; empty for the device."""

_NOT_COMPARED: Final = frozenset(("hw", "ispresent"))
"""Properties that have no part in a description."""


@dataclass(slots=True, frozen=True)
class Part:
    """A component, after the register files that have only dimensions of its array (``chain``).

    ``node`` is systemrdl-compiler's node of the component.
    """

    key: Key
    node: Any
    chain: Chain = ()


@dataclass(slots=True, frozen=True)
class Parts:
    """All parts of a device by their keys."""

    by_key: Mapping[Key, Part]
    keys: Mapping[str, Key]
    """The key of each part by its path in SystemRDL."""

    @staticmethod
    def of(top: AddrmapNode) -> Parts:
        """Return the parts of a device's address map."""
        parts = {part.key: part for part in _parts(top)}
        return Parts(parts, {origin_of(part.node): part.key for part in parts.values()})

    def value(self, part: Part, name: str) -> Any:
        """Return a property's value in a form that can be compared with that of another compilation."""
        if name == _COUNT:
            return repetition_of(part.chain)
        if name == _ALIAS:
            return part.node.alias_primary.inst_name if getattr(part.node, "is_alias", False) else None
        return self._comparable(part.node.get_property(name))

    def names(self, part: Part) -> set[str]:
        """Return the properties that are stated for a part."""
        own = {_COUNT} if part.chain else set()
        own |= {_ALIAS} if getattr(part.node, "is_alias", False) else set()
        return own | {*part.node.list_properties(include_udp=False)} - _NOT_COMPARED

    def _comparable(self, value: Any) -> Any:
        from systemrdl.node import Node, SignalNode
        from systemrdl.rdltypes.builtin_enums import BuiltinEnum
        from systemrdl.rdltypes.references import PropertyReference
        from systemrdl.rdltypes.user_enum import UserEnum

        if isinstance(value, SignalNode):
            return value.inst_name
        if isinstance(value, Node):
            return self.keys.get(origin_of(value), (origin_of(value),)), elements_of(value)
        if isinstance(value, PropertyReference):
            return self._comparable(value.node), value.name
        if isinstance(value, BuiltinEnum):
            return value.name
        if isinstance(value, type) and issubclass(value, UserEnum):
            return tuple((label.name, int(label.value), label.rdl_name, label.rdl_desc) for label in value)
        return value


_COUNT: Final = "count"
_ALIAS: Final = "alias"


def _parts(top: AddrmapNode) -> Iterator[Part]:
    yield Part((), top)
    for region, layers in layers_of(top).items():
        for layer in layers:
            if layer is not top:
                yield Part((region,), layer)
            yield from _members(layer, (region,))


def _members(parent: Any, path: Key) -> Iterator[Part]:
    from systemrdl.node import RegfileNode, RegNode

    for child in addressable(parent):
        if not isinstance(child, RegNode | RegfileNode):
            continue
        chain = chain_of(child)
        node = chain[-1]
        key = (*path, node.inst_name)
        yield Part(key, node, chain)
        if isinstance(node, RegNode):
            for field in node.fields():
                yield Part((*key, field.inst_name), field)
        else:
            yield from _members(node, key)
