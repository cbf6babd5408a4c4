"""A register's methods: what a read gives and does, and what a write does, in the order the language promises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from devgen.language import ir, model
from devgen.language.typed_walk import names_local
from devgen.targets.python.dependencies import NOTHING, Analysis, Things
from devgen.targets.python.effect_formulas import (
    Lanes,
    Part,
    once_bits,
    parts_of,
    pulse_bits,
    read_statement,
    readable_bits,
    write_statement,
)
from devgen.targets.python.followers import Followers
from devgen.targets.python.lower_expr import Lowering, integer, value_method
from devgen.targets.python.lower_stmt import Statements
from devgen.targets.python.plan import Method
from devgen.targets.python.python_literals import docstring, hexadecimal, mask_of, sentence, split_paragraphs, string
from devgen.targets.python.symbols import RegisterSymbol


@dataclass(slots=True, frozen=True)
class RegisterCode:
    """A register's methods and the ``Reg(...)`` that ties them to addresses; ``written_once`` is a hidden attribute."""

    methods: tuple[Method, ...]
    entry: str


@dataclass(slots=True, frozen=True)
class RegisterLowering:
    """Lowers the registers of one device."""

    lowering: Lowering
    analysis: Analysis
    followers: Followers

    def lower(self, symbol: RegisterSymbol, region: model.Region) -> RegisterCode:
        """The methods of one register and its place in the bank of ``region``."""
        one = _Register(self, symbol, region, parts_of(symbol.model), Statements(self.lowering))
        methods = [method for method in (one.value_method(), one.read_method(), one.write_method()) if method]
        return RegisterCode(tuple(methods), one.entry({method.name for method in methods}))


@dataclass(slots=True, frozen=True)
class _Register:
    context: RegisterLowering
    symbol: RegisterSymbol
    region: model.Region
    parts: tuple[Part, ...]
    statements: Statements

    # --- the bank's entry --------------------------------------------------------------------

    def entry(self, methods: set[str]) -> str:
        symbol, register = self.symbol, self.symbol.model
        digits = max(3, len(f"{self.region.size - 1:x}"))
        words = [string(symbol.title), hexadecimal(symbol.offset, digits), str(register.width)]
        for name in (f"read_{symbol.stem}", f"write_{symbol.stem}"):
            words.append(f"self.{name}" if name in methods else "None")
        if symbol.count is not None:
            words += [f"count={self.context.lowering.number(symbol.count)}", f"stride={hexadecimal(symbol.stride)}"]
        if register.decode != self.region.decode:
            words.append(f'decode="{register.decode}"')
        if register.intent is not None:
            words.append(f'intent="{register.intent.value}"')
        if self._reads_lanes():
            words.append("read_mask=True")
        fixed = self._fixed()
        if fixed not in (None, "0"):
            words.append(f"reset={fixed}")
        if register.sizes is not None:
            words.append(f"sizes={register.sizes}")
        return f"Reg({', '.join(words)})"

    # --- reading -----------------------------------------------------------------------------

    def value_method(self) -> Method | None:
        """What ``read`` computes, apart where a read also does something."""
        name = value_method(self.symbol)
        if self.symbol.model.read is None or name == f"read_{self.symbol.stem}":
            return None
        doc = self._doc("Value of")
        return Method(name, self._index().rstrip(", "), "int", doc, (f"return {self._computed()}",))

    def read_method(self) -> Method | None:
        """What the bank calls for a read; None where nothing can be read."""
        if self._fixed() is not None:
            return None
        if not readable_bits(self.parts) and not self._has_read_hooks():
            return None
        if self.symbol.model.window is not None and self.symbol.model.access == "wo":
            return None
        lanes = [f"mask: int = {self._full()}"] if self._reads_lanes() else []
        parameters = ", ".join([*(["index: int"] if self._is_array() else []), *lanes])
        return Method(f"read_{self.symbol.stem}", parameters, "int", self._doc("Read"), tuple(self._read_body()))

    def _read_body(self) -> list[str]:
        before, on_read = self.symbol.model.before_read, self.symbol.model.on_read
        effects, shown = self._read_effects(), self._shown()
        analysis, followers = self.context.analysis, self.context.followers
        changed = analysis.writes((*before, *on_read)) | (self._own() if effects else NOTHING)
        hooks, end = self.statements.lines(on_read), followers.at_end(changed)
        first = [*self.statements.lines(before), *followers.after_store(analysis.writes(before))]
        if not hooks and not effects and not end:
            return [*first, f"return {shown}"]
        result = _unused_name("result", (*before, *on_read))
        return [*first, f"{result} = {shown}", *hooks, *effects, *end, f"return {result}"]

    def _read_effects(self) -> list[str]:
        target = self._target()
        return read_statement(target, self.parts, self._lanes()) if target else []

    def _shown(self) -> str:
        """What a read gives: the value, without bits that only a write can reach."""
        register = self.symbol.model
        if register.read is not None:
            name = value_method(self.symbol)
            own = name == f"read_{self.symbol.stem}"
            return self._computed() if own else f"self.{name}({'index' if self._is_array() else ''})"
        if register.window is not None:
            return self._through("read", register.window, "mask" if self._by_lanes() else "")
        value = self._stored()
        bits = readable_bits(self.parts)
        if bits == 0 or value == "0":
            return "0"
        return value if bits & self.symbol.bits == self.symbol.bits else f"{value} & {hexadecimal(bits)}"

    def _computed(self) -> str:
        assert self.symbol.model.read is not None
        return self.context.lowering.within(self.symbol.key).number(self.symbol.model.read)

    def _stored(self) -> str:
        register = self.symbol.model
        target = self._target()
        if target is not None:
            return target
        if register.intent is not None:
            return self.context.lowering.number(register.reset)
        if register.constant is None:
            return "0"
        if len(register.constant) > 1:
            return f"self.{self.symbol.attribute}[index]"
        return integer(register.constant[0], bits=True).text

    def _fixed(self) -> str | None:
        """The literal that a read always gives and that the bank can give by itself; None if there is none."""
        register = self.symbol.model
        if self._target() is not None or self._has_read_hooks() or not readable_bits(self.parts):
            return None
        if register.constant is not None and len(register.constant) > 1:
            return None
        if register.intent is None:
            return self._stored()
        return hexadecimal(register.reset.value) if isinstance(register.reset, ir.Int) else None

    def _reads_lanes(self) -> bool:
        """Whether a read must know its lanes: only then can it clear, or reach, what was read and no more."""
        if self.symbol.model.window is not None:
            return self._by_lanes()
        return self._by_lanes() and self._target() is not None and any(one.read for one in self.parts)

    def _has_read_hooks(self) -> bool:
        register = self.symbol.model
        computed = register.read is not None or register.window is not None
        return computed or bool(register.before_read) or bool(register.on_read)

    # --- writing -----------------------------------------------------------------------------

    def write_method(self) -> Method | None:
        """What the bank calls for a write; None where a write does nothing."""
        register = self.symbol.model
        body = self._write_body()
        if register.intent is not None or not body:
            return None
        parameters = f"{self._index()}value: int, mask: int = {self._full()}"
        return Method(f"write_{self.symbol.stem}", parameters, "None", self._doc("Write"), tuple(body))

    def _write_body(self) -> list[str]:
        register, followers = self.symbol.model, self.context.followers
        store, stored = self._store()
        hook = self.statements.lines(register.on_write)
        pulse = self._pulse()
        written = self.context.analysis.writes(register.on_write)
        changed = stored | written
        if not hook and not pulse:
            return [*self._old(), *store, *followers.at_end(changed)]
        early, end = followers.after_store(stored), followers.at_end(changed, written | (stored if pulse else NOTHING))
        return [*self._old(), *store, *early, *hook, *pulse, *end]

    def _store(self) -> tuple[list[str], Things]:
        """The default store, or the ``write`` hook in its place, and what it changes."""
        register = self.symbol.model
        if register.write is not None:
            return self.statements.lines(register.write), self.context.analysis.writes(register.write)
        if register.window is not None:
            lanes_written = ", mask" if self._by_lanes() else ""
            write = register.access != "ro"
            return [self._through("write", register.window, f"value{lanes_written}")] if write else [], NOTHING
        target = self._target()
        if target is None:
            return [], NOTHING
        lanes = self._lanes()
        once = once_bits(self.parts)
        if not once:
            lines = write_statement(target, self.parts, lanes, None)
            return lines, self._own() if lines else NOTHING
        return self._store_once(target, lanes, once), self._own()

    def _store_once(self, target: str, lanes: Lanes, once: int) -> list[str]:
        """A store that bits take part in only the first time they are written."""
        written = f"self.{written_attribute(self.symbol)}{'[index]' if self._is_array() else ''}"
        fresh = lanes.term("written", once, False)
        return [
            f"fresh = {fresh} & ~{written}",
            f"{written} |= fresh",
            *write_statement(target, self.parts, lanes, "fresh"),
        ]

    def _old(self) -> list[str]:
        register = self.symbol.model
        if not names_local((register.write or (), register.on_write), "old"):
            return []
        if register.read is not None:
            return [f"old = self.{value_method(self.symbol)}({'index' if self._is_array() else ''})"]
        return [f"old = {self._stored()}"]

    def _pulse(self) -> list[str]:
        bits = pulse_bits(self.parts)
        target = self._target()
        if not bits or target is None:
            return []
        return [f"{target} = 0" if bits & self.symbol.bits == self.symbol.bits else f"{target} &= ~{hexadecimal(bits)}"]

    def _through(self, verb: str, window: model.Window, argument: str) -> str:
        """The call that does to what is behind a window what is done to it."""
        lowering = self.context.lowering
        name = lowering.symbols.attribute("window", window.region)
        at, size = lowering.number(window.at), self.symbol.model.width // 8
        return f"self.{name}.{verb}({at}, {size}{', ' if argument else ''}{argument})"

    # --- shared ------------------------------------------------------------------------------

    def _target(self) -> str | None:
        """The register's storage; None where there is none that can change."""
        attribute = self.symbol.attribute
        if attribute is None or self.symbol.model.constant is not None:
            return None
        return f"self.{attribute}[index]" if self._is_array() else f"self.{attribute}"

    def _own(self) -> Things:
        return frozenset({("register", self.symbol.attribute)}) if self.symbol.attribute else NOTHING

    def _is_array(self) -> bool:
        return self.symbol.count is not None

    def _index(self) -> str:
        return "index: int, " if self._is_array() else ""

    def _by_lanes(self) -> bool:
        """Whether an access may touch some lanes only; else each one is of the whole register."""
        register, rule = self.symbol.model, self.region.access
        if register.decode == "lanes":
            aligned = self.symbol.offset % (register.width // 8) == 0 == self.symbol.stride % (register.width // 8)
            smallest = rule.valid[0] if aligned and not rule.unaligned else 1
            return register.width > 8 * min(smallest, rule.implemented[1])
        # The bank gives a wide register to a narrow bus in parts.
        return register.width > 8 * min(4, rule.implemented[1])

    def _lanes(self) -> Lanes:
        return Lanes("mask" if self._by_lanes() else None, self.symbol.model.width, self.symbol.bits)

    def _full(self) -> str:
        return hexadecimal(mask_of(self.symbol.model.width))

    def _doc(self, verb: str) -> tuple[str, ...]:
        register = self.symbol.model
        head = f"{verb} {self.symbol.title} ({hexadecimal(self.symbol.offset, 3)}, {register.access})"
        first = f"{head}: {sentence(register.title)}" if register.title else f"{head}."
        return docstring((first, *(split_paragraphs(register.description) if verb == "Read" else ())), 8)


def written_attribute(symbol: RegisterSymbol) -> str:
    """The hidden attribute with the write-once bits that have been written."""
    return f"written_{symbol.stem}"


def needs_written(symbol: RegisterSymbol) -> bool:
    """Whether the register has write-once bits to remember."""
    changes = symbol.attribute is not None and symbol.model.constant is None
    return changes and bool(once_bits(parts_of(symbol.model)))


def _unused_name(wanted: str, body: Iterable[ir.Stmt]) -> str:
    statements = tuple(body)
    while names_local(statements, wanted):
        wanted += "_"
    return wanted
