"""Regions: the register banks with their registers, RAM and ROM, doorbells and coalesced ranges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from devgen.language import ir, model
from devgen.targets.python.dependencies import Analysis
from devgen.targets.python.followers import Followers
from devgen.targets.python.line_breaking import enclosed, indented
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.lower_stmt import Statements
from devgen.targets.python.plan import Method
from devgen.targets.python.python_literals import WIDTH, docstring, hexadecimal, sentence, string
from devgen.targets.python.symbols import RegisterSymbol

_HEX_A_LINE: Final = 96


@dataclass(slots=True, frozen=True)
class RegionLowering:
    """Lowers the regions of one device. ``entries`` are the ``Reg(...)`` texts of each region, in order."""

    lowering: Lowering
    analysis: Analysis
    followers: Followers
    entries: dict[str, list[str]]
    registers: dict[str, list[RegisterSymbol]]

    def setup(self, region: model.Region) -> list[str]:
        """The constructor's statements for one region."""
        extras = [*self._doorbells(region), *self._coalesced(region)]
        made = {"registers": self._bank, "ram": self._memory, "rom": self._memory}[region.kind](region)
        *before, expression = made
        if region.space == "config":
            return [*before, "self.config.add_bank(bank)"]
        window = self.lowering.symbols.attributes.get(("window", region.name))
        if window is not None:
            before.append(f"self.{window} = Window(bank)")
        if region.space == "indirect":
            return before
        place = self._place(region)
        call = f"self.add_region({expression}{place})"
        return [*before, f"region = {call}" if extras else call, *extras]

    def methods(self, region: model.Region) -> list[Method]:
        """What ringing each doorbell does."""
        return [self._ring(one) for one in region.doorbells]

    # --- what is behind a region -------------------------------------------------------------

    def _bank(self, region: model.Region) -> list[str]:
        name, size = string(region.name), hexadecimal(region.size)
        lines = ["bank = RegisterBank(", f"    {name},", f"    {size},", f"    {_access(region.access)},"]
        if region.decode != "lanes":
            lines.append(f'    decode="{region.decode}",')
        if region.reserved != "zeros":
            lines.append(f'    reserved="{region.reserved}",')
        entries = self.entries.get(region.name, [])
        if entries:
            lines += indented(enclosed("registers=(", entries, "),", WIDTH - 12))
        return [*lines, "    log=self.log,", ")", f"MemoryRegion.io({name}, {size}, bank)"]

    def _memory(self, region: model.Region) -> list[str]:
        name, size = string(region.name), hexadecimal(region.size)
        if not region.contents:
            return [f"MemoryRegion.{region.kind}({name}, {size}, RamBlock({size}))"]
        text = region.contents.hex()
        pieces = [f'    "{text[at : at + _HEX_A_LINE]}"' for at in range(0, len(text), _HEX_A_LINE)]
        fill = [f"memory.view[: {hexadecimal(len(region.contents))}] = bytes.fromhex(", *pieces, ")"]
        return [f"memory = RamBlock({size})", *fill, f"MemoryRegion.{region.kind}({name}, {size}, memory)"]

    def _place(self, region: model.Region) -> str:
        if region.bar is None:
            return ', space="pio"' if region.space == "pio" else ""
        bar = '"rom"' if region.bar == "rom" else str(region.bar)
        return f", bar={bar}" + (f", offset={hexadecimal(region.offset)}" if region.offset else "")

    # --- doorbells ---------------------------------------------------------------------------

    def _doorbells(self, region: model.Region) -> Iterator[str]:
        for one in region.doorbells:
            ring = f"self.{self.lowering.symbols.attribute('ring', one.name)}"
            match = "None" if one.match is None else hexadecimal(one.match)
            at = hexadecimal(one.offset, 3)
            if one.count is None:
                yield f"self.add_doorbell(region, {string(one.name)}, {at}, {one.length}, {match}, {ring})"
            else:
                where = f"{at} + index * {hexadecimal(one.stride)}"
                name = f'f"{one.name}[{{index}}]"'
                yield f"for index in range({one.count}):"
                yield f"    self.add_doorbell(region, {name}, {where}, {one.length}, {match}, partial({ring}, index))"

    def _ring(self, one: model.Doorbell) -> Method:
        body = Statements(self.lowering).lines(one.on_ring)
        body += self.followers.at_end(self.analysis.writes(one.on_ring))
        doc = docstring((f"{one.name} was rung ``count`` times.", sentence(one.description)), 8)
        parameters = "count: int" if one.count is None else "index: int, count: int"
        name = self.lowering.symbols.attribute("ring", one.name)
        return Method(name, parameters, "None", doc, tuple(body or ["pass"]))

    # --- coalescing --------------------------------------------------------------------------

    def _coalesced(self, region: model.Region) -> Iterator[str]:
        """One range for neighbours; a loop where an array's size is a property's or its elements lie apart."""
        fixed: list[tuple[int, int]] = []
        for symbol in self.registers.get(region.name, []):
            if not symbol.model.coalesce:
                continue
            size = symbol.model.width // 8
            match symbol.count:
                case None:
                    fixed.append((symbol.offset, size))
                case ir.Int(count) if symbol.stride == size:
                    fixed.append((symbol.offset, size * count))
                case count if symbol.stride == size:
                    length = f"{self.lowering.value(count).at(10)} * {size}"
                    yield f"region.coalesced.append(({hexadecimal(symbol.offset, 3)}, {length}))"
                case count:
                    element = f"({hexadecimal(symbol.offset, 3)} + index * {hexadecimal(symbol.stride)}, {size})"
                    yield f"region.coalesced.extend({element} for index in range({self.lowering.number(count)}))"
        for offset, size in merged(fixed):
            yield f"region.coalesced.append(({hexadecimal(offset, 3)}, {hexadecimal(size)}))"


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """(offset, size) ranges in ascending order, those that touch joined."""
    result: list[tuple[int, int]] = []
    for offset, size in sorted(ranges):
        if result and offset <= sum(result[-1]):
            start, length = result[-1]
            result[-1] = (start, max(length, offset + size - start))
        else:
            result.append((offset, size))
    return result


def _access(rule: model.AccessRule) -> str:
    words = [f"valid={rule.valid}", f"implemented={rule.implemented}"]
    if rule.endian != "little":
        words.append(f'endian="{rule.endian}"')
    if rule.unaligned:
        words.append("unaligned=True")
    return f"Access({', '.join(words)})"
