"""Regions: the register banks with their registers, RAM and ROM, doorbells and coalesced ranges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.language import model
from devgen.plan.access_plan import CoalescedRange
from devgen.plan.device_plan import DoorbellPlan, RegionPlan
from devgen.plan.registers import RegisterKey
from devgen.targets.python.imports import imported
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.lower_stmt import StatementLowering
from devgen.targets.python.module import Entry, Method, Region, Register
from devgen.targets.python.python_literals import hexadecimal, string
from devgen.targets.python.source_tree import (
    PASS,
    Block,
    Line,
    Node,
    Statement,
    binary,
    call,
    comprehension,
    keyword,
    listing,
)

_HEX_A_LINE: Final = 96


@dataclass(slots=True, frozen=True)
class RegionLowering:
    """Lowers the regions of one device, whose ``registers`` are lowered already."""

    lowering: Lowering
    registers: dict[RegisterKey, Register]

    def region(self, plan: RegionPlan) -> Region:
        """One region."""
        region = plan.region
        text = region.contents.hex()
        return Region(
            name=string(region.name),
            size=hexadecimal(region.size),
            is_bank=region.kind == "registers",
            access=_access(region.access),
            decode="" if region.decode == "lanes" else region.decode,
            reserved="" if region.reserved == "zeros" else region.reserved,
            registers=tuple(self.registers[register.register.key].entry for register in plan.registers),
            contents=tuple(text[at : at + _HEX_A_LINE] for at in range(0, len(text), _HEX_A_LINE)),
            length=hexadecimal(len(region.contents)),
            window=self.lowering.symbols.attribute("window", region.name) if plan.has_window else "",
            is_config=region.space == "config",
            added=None if region.space in ("config", "indirect") else _added(region),
            extras=(*self._doorbells(region), *map(self._coalesced, plan.coalesced)),
        )

    def ring(self, plan: DoorbellPlan) -> Entry:
        """Return the method that runs when a doorbell rings."""
        bell = plan.doorbell
        body = StatementLowering(self.lowering).statements(plan.rung) or (PASS,)
        parameters = ("count: int",) if bell.count is None else ("index: int", "count: int")
        method = Method(self.lowering.symbols.attribute("ring", bell.name), parameters, body)
        return Entry(bell.name, bell.description, method)

    # --- doorbells and coalescing ------------------------------------------------------------

    def _doorbells(self, region: model.Region) -> Iterator[Statement]:
        for bell in region.doorbells:
            ring = Node(f"self.{self.lowering.symbols.attribute('ring', bell.name)}")
            match = Node("None" if bell.match is None else hexadecimal(bell.match))
            at, length = Node(hexadecimal(bell.offset, 3)), Node(str(bell.length))
            if bell.count is None:
                yield _doorbell(Node(string(bell.name)), at, length, match, ring)
            else:
                where = binary("+", at, binary("*", Node("index"), Node(hexadecimal(bell.stride))))
                bound = call("partial", (ring, Node("index")), imported("partial"))
                name = Node(f'f"{bell.name}[{{index}}]"')
                yield Block(Line(f"for index in range({bell.count}):"), (_doorbell(name, where, length, match, bound),))

    def _coalesced(self, part: CoalescedRange) -> Line:
        """One range, or one an element where an array's size is a property's or its elements lie apart."""
        offset, size = Node(hexadecimal(part.offset, 3)), Node(str(part.size))
        if part.count is None:
            pair = listing("(", (offset, Node(hexadecimal(part.size))), ")")
            return Line("", call("region.coalesced.append", (pair,)))
        count = self.lowering.value(part.count)
        if part.stride == part.size:
            pair = listing("(", (offset, binary("*", count, size)), ")")
            return Line("", call("region.coalesced.append", (pair,)))
        where = binary("+", offset, binary("*", Node("index"), Node(hexadecimal(part.stride))))
        element = listing("(", (where, size), ")")
        turns = Node(f"for index in range({self.lowering.number(part.count).text})")
        return Line("", comprehension("region.coalesced.extend", "(", (element, turns), ")"))


def _doorbell(*arguments: Node) -> Line:
    return Line("", call("self.add_doorbell", (Node("region"), *arguments)))


def _added(region: model.Region) -> Node:
    """The call that adds a region: at a place of its BAR, or in a space where a board places it."""
    name, size = string(region.name), hexadecimal(region.size)
    if region.kind == "registers":
        made = call("MemoryRegion.io", (Node(name), Node(size), Node("bank")), imported("MemoryRegion"))
    else:
        memory = Node("memory") if region.contents else call("RamBlock", (Node(size),), imported("RamBlock"))
        made = call(f"MemoryRegion.{region.kind}", (Node(name), Node(size), memory), imported("MemoryRegion"))
    place = []
    if region.bar is not None:
        place = [keyword("bar", Node('"rom"' if region.bar == "rom" else str(region.bar)))]
        place += [keyword("offset", Node(hexadecimal(region.offset)))] if region.offset else []
    elif region.space == "pio":
        place = [Node('space="pio"')]
    return call("self.add_region", (made, *place))


def _access(rule: model.AccessRule) -> str:
    words = [f"valid={rule.valid}", f"implemented={rule.implemented}"]
    if rule.endian != "little":
        words.append(f'endian="{rule.endian}"')
    if rule.unaligned:
        words.append("unaligned=True")
    return ", ".join(words)
