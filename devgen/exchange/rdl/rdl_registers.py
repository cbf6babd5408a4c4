"""Registers, groups and fields of an elaborated SystemRDL tree."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from devgen.exchange.array_shapes import array_of
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.rdl.carried_keys import PROPERTY, carried_keys
from devgen.exchange.rdl.compiling import place_of
from devgen.exchange.rdl.rdl_hardware import UnsayableError, hardware_side, lock_of
from devgen.exchange.rdl.rdl_paths import origin_of
from devgen.exchange.rdl.rdl_properties import ACCESS, HARDWARE, READ_EFFECTS, UNSAID, WRITE_EFFECTS
from devgen.exchange.register_map import Dimension, Field, Group, Label, Labels, Register, Source

if TYPE_CHECKING:
    from systemrdl.node import AddressableNode, FieldNode, Node, RegNode

_USUAL: Final = frozenset(
    ("sw", "hw", "reset", "name", "desc", "encode", "onread", "onwrite", "regwidth", "accesswidth", "singlepulse")
)
"""Properties that need no report; most parts have no others, and a look at each one takes time."""


_EFFECTS: Final = frozenset(("onread", "onwrite", "rclr", "rset", "woclr", "woset"))
"""``onread`` and ``onwrite``, and the booleans that also set them (9.6.1)."""


@dataclass(slots=True, frozen=True)
class RegisterReader:
    """Turns the children of a node into members of a peripheral or group."""

    findings: Findings

    def members(self, parent: AddressableNode, path: str) -> list[Register | Group]:
        """Return registers and groups in the order of their addresses."""
        from systemrdl.node import AddrmapNode, MemNode, RegfileNode, RegNode

        found: list[Register | Group] = []
        for node in parent.children():
            part = f"{path}.{node.inst_name}"
            if isinstance(node, RegNode):
                found.append(self._register(node, part))
            elif isinstance(node, RegfileNode | AddrmapNode):
                found.append(self._group(node, part))
            elif isinstance(node, MemNode):
                text = f"a memory of {node.total_size} bytes; describe it as a region with `ram: true`"
                self._say(Outcome.LEFT_OUT, node, part, text)
        return found

    def _group(self, node: AddressableNode, part: str) -> Group:
        self._report(node, part)
        return Group(
            node.inst_name,
            node.raw_address_offset,
            tuple(self.members(node, part)),
            place_of(node.inst_src_ref),
            _words(node),
            self._dimension(node, part),
            title=title_of(node),
        )

    def _dimension(self, node: AddressableNode, part: str) -> Dimension | None:
        if not node.is_array:
            return None
        dimension, text = array_of(node.array_dimensions or [1], node.array_stride or 0)
        if text:
            self._say(Outcome.CORRECTED, node, part, text)
        return dimension

    def _register(self, node: RegNode, part: str) -> Register:
        self._report(node, part)
        origin = origin_of(node)
        children = node.fields()
        found = (self._field(child, part, f"{origin}.{child.inst_name}") for child in children)
        fields = [field for field in found if field is not None]
        if node.is_alias:
            fields = [
                replace(field, lock=None, hardware=()) for field in fields
            ]  # they are those of the primary register
        width = node.get_property("regwidth")
        reset, known = _resets(children, width)
        return Register(
            node.inst_name,
            node.raw_address_offset,
            width,
            place_of(node.inst_src_ref),
            _words(node),
            title_of(node),
            "rw",
            reset,
            known,
            tuple(fields),
            dimension=self._dimension(node, part),
            alias=node.alias_primary.inst_name if node.is_alias else "",
        )

    def _field(self, node: FieldNode, path: str, origin: str) -> Field | None:
        part = f"{path}.{node.inst_name}"
        side = hardware_side(node)
        self._report(node, part, side.said)
        if side.problem:
            self._say(Outcome.TO_DO, node, part, f"no hardware's side for {side.problem} (SystemRDL 2.0, 9.5 to 9.9)")
        access = node.get_property("sw").name
        if access == "na":
            self._say(Outcome.LEFT_OUT, node, part, "software cannot access the field (sw=na)")
            return None
        reset = node.get_property("reset") if "reset" in node.inst.properties else None
        if reset is not None and not isinstance(reset, int):
            self._say(Outcome.TO_DO, node, part, "its reset value is another part's value; write a `reset` expression")
        return Field(
            node.inst_name,
            node.high,
            node.low,
            place_of(node.inst_src_ref),
            _words(node),
            ACCESS[access],
            self._effect(node, "onread", READ_EFFECTS, part),
            self._effect(node, "onwrite", WRITE_EFFECTS, part),
            self._labels(node),
            "singlepulse" in node.inst.properties and bool(node.get_property("singlepulse")),
            origin=origin,
            lock=self._lock(node, part),
            title=title_of(node),
            hardware=tuple(side.keys.items()),
        )

    def _lock(self, node: FieldNode, part: str) -> Source | None:
        """Return the source of `swwe` or `swwel`; report one that the language cannot say."""
        try:
            return lock_of(node)
        except UnsayableError as error:
            self._say(Outcome.TO_DO, node, part, f"{error} (SystemRDL 2.0, 9.6); write its lock as `write_enable`")
            return None

    def _effect(self, node: FieldNode, key: str, words: dict[str, str], part: str) -> str | None:
        value = None if _EFFECTS.isdisjoint(node.inst.properties) else node.get_property(key)
        if value is None:
            return None
        if value.name not in words:
            self._say(Outcome.TO_DO, node, part, f"{key} = {value.name}: write its behaviour")
        return words.get(value.name)

    def _labels(self, node: FieldNode) -> tuple[Labels, ...]:
        encode = node.get_property("encode") if "encode" in node.inst.properties else None
        if encode is None:
            return ()
        labels = [
            Label(member.name, int(member.value), None, _spaced(member.rdl_desc), _spaced(member.rdl_name))
            for member in encode
        ]
        return (Labels(tuple(labels), name=encode.type_name or ""),)

    def _report(self, node: Node, part: str, said: Container[str] = ()) -> None:
        self._report_properties(node, part, said)
        if carried_keys(node):
            text = "the property devgen: it has an effect only in an address map whose property devgen names a device"
            self._say(Outcome.LEFT_OUT, node, part, text)
        if node.external:
            self._say(Outcome.TO_DO, node, part, "external: the behaviour is to be written")

    def _report_properties(self, node: Node, part: str, said: Container[str] = ()) -> None:
        """Report the properties that are set and do not come over; ``said`` came over."""
        for name in node.inst.properties:
            if name in _USUAL or name in said or node.get_property(name) in (None, False):
                continue
            if name in HARDWARE:
                text = f"{name} (SystemRDL 2.0, {HARDWARE[name]}): the hardware's side; write its behaviour"
                self._say(Outcome.TO_DO, node, part, text)
            elif name in UNSAID:
                self._say(Outcome.LEFT_OUT, node, part, f"{name} (SystemRDL 2.0, {UNSAID[name]})")
        self.report_user_properties(node, part)

    def report_user_properties(self, node: Node, part: str) -> None:
        """Report the user-defined properties that are not devgen's."""
        if _USUAL.issuperset(node.inst.properties):
            return
        for name in node.list_properties(include_native=False):
            if name != PROPERTY:
                self._say(Outcome.LEFT_OUT, node, part, f"the user-defined property {name}")

    def _say(self, outcome: Outcome, node: Node, part: str, text: str) -> None:
        self.findings.add(outcome, place_of(node.inst_src_ref), part, text)


def _resets(fields: Iterable[FieldNode], width: int) -> tuple[int, int]:
    """Return the register's reset value, and ones in the bits where it is known (9.5: no `reset`, no known value)."""
    reset, known = 0, (1 << width) - 1
    for field in fields:
        value, mask = field.get_property("reset"), ((1 << field.width) - 1) << field.low
        if isinstance(value, int):
            reset |= (value << field.low) & mask
        else:
            known &= ~mask
    return reset, known


def _words(node: Node) -> str:
    return _spaced(node.get_property("desc")) if "desc" in node.inst.properties else ""


def _spaced(text: str | None) -> str:
    return " ".join((text or "").split())


def title_of(node: Node) -> str:
    """Return the name of a component, unless it is the one of its instance."""
    if "name" not in node.inst.properties:
        return ""
    name = _spaced(node.get_property("name"))
    return "" if name == node.inst_name else name
