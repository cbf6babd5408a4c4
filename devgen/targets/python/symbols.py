"""Everything a description declares, by name, with its Python attribute: what expressions and statements refer to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from devgen.language import model
from devgen.language.ir import Expr, RegisterPlace
from devgen.language.typed_walk import Nodes, walk
from devgen.targets.python.python_literals import mask_of
from devgen.targets.python.python_names import Names

RegisterKey = tuple[str | None, str]
"""(register file or None, register): how a place names a register."""


METHODS: Final = ("read_", "write_", "value_", "written_")
"""What the names of a register's methods, and of the attribute with its write-once bits, begin with."""


@dataclass(slots=True, frozen=True)
class RegisterSymbol:
    """A register where expressions meet it.

    ``stem`` is what its methods' names end in. ``attribute`` is its storage, or where an alias' target is stored; None
    without storage. ``count`` is None for a
    single register; ``offset`` and ``stride`` are those of the first element in the region and to the next.
    ``bits`` are those that any field covers: the others always read 0.
    """

    model: model.Register
    file: str | None
    stem: str
    title: str
    attribute: str | None
    count: Expr | None
    offset: int
    stride: int
    region: str
    bits: int

    @property
    def key(self) -> RegisterKey:
        """How a place names it."""
        return self.file, self.model.name

    @property
    def shown(self) -> bool:
        """Whether a guest can read any bit of it."""
        accesses = [one.access for one in self.model.fields] or [self.model.access]
        return any(one in ("ro", "rw", "rw1") for one in accesses)

    @property
    def owns_storage(self) -> bool:
        """Whether the attribute is this register's own and can change."""
        return self.attribute is not None and self.model.alias is None and self.model.constant is None


@dataclass(slots=True)
class Symbols:
    """A device's declared things by name."""

    device: model.Device
    names: Names
    registers: dict[RegisterKey, RegisterSymbol] = field(default_factory=dict)
    attributes: dict[tuple[str, str], str] = field(default_factory=dict)
    counters: dict[str, model.Counter] = field(default_factory=dict)
    timers: dict[str, model.Timer] = field(default_factory=dict)
    functions: dict[str, model.Function] = field(default_factory=dict)
    actions: dict[str, model.Action] = field(default_factory=dict)
    lines: dict[tuple[str, str], model.Line] = field(default_factory=dict)

    def attribute(self, kind: str, name: str) -> str:
        """The attribute or method of a declared thing that is no register."""
        return self.attributes[kind, name]


def collect(device: model.Device) -> Symbols:
    """Name everything that ``device`` declares.

    Registers come first, since guests and tests ask for them by name.
    """
    symbols = Symbols(device, Names())
    placed = list(placed_registers(device))
    attributes = {_key(one): symbols.names.claim(_stem(one)) for one in placed}
    for kind, name in _declared(device):
        symbols.attributes[kind, name] = symbols.names.claim(name)
    _collect_registers(symbols, placed, attributes)
    symbols.counters = {one.name: one for one in device.counters}
    symbols.timers = {one.name: one for one in device.timers}
    symbols.functions = {one.name: one for one in device.functions}
    symbols.actions = {one.name: one for one in device.actions}
    symbols.lines |= {("interrupt", one.name): one for one in device.interrupts}
    symbols.lines |= {("gpio_out", one.name): one for one in device.gpio_out}
    return symbols


def _declared(device: model.Device) -> Iterator[tuple[str, str]]:
    groups: tuple[tuple[str, tuple[_Named, ...]], ...] = (
        ("property", device.properties),
        ("constant", device.constants),
        ("state", device.state),
        ("fifo", device.fifos),
        ("counter", device.counters),
        ("timer", device.timers),
        ("interrupt", device.interrupts),
        ("gpio_in", device.gpio_in),
        ("gpio_out", device.gpio_out),
        ("stream", device.streams),
        ("function", device.functions),
        ("action", device.actions),
    )
    for kind, group in groups:
        for one in group:
            yield kind, one.name


_Named = (
    model.Property
    | model.Constant
    | model.StateVar
    | model.Fifo
    | model.Counter
    | model.Timer
    | model.Line
    | model.GpioIn
    | model.Stream
    | model.Function
    | model.Action
)


@dataclass(slots=True, frozen=True)
class _Placed:
    """A register with where it stands: its region, its file, and what the file adds to it."""

    register: model.Register
    region: str
    file: model.RegisterFile | None


def placed_registers(device: model.Device) -> Iterator[_Placed]:
    """Every register of every region, members of files with their file."""
    for region in device.regions:
        for entry in region.entries:
            if isinstance(entry, model.RegisterFile):
                for register in entry.registers:
                    yield _Placed(register, region.name, entry)
            else:
                yield _Placed(entry, region.name, None)


def _collect_registers(symbols: Symbols, placed: list[_Placed], attributes: dict[RegisterKey, str]) -> None:
    by_key = {_key(one): one for one in placed}
    named = mentioned_registers(symbols.device)
    for one in placed:
        stem = symbols.names.claim_stem(_stem(one), METHODS)
        symbol = _symbol(one, stem, attributes, by_key)
        if symbol.attribute is not None and not symbol.shown and symbol.key not in named:
            # Nobody can ever see what is written there.
            symbol = replace(symbol, attribute=None)
        symbols.registers[symbol.key] = symbol


def mentioned_registers(device: model.Device) -> set[RegisterKey]:
    """The registers that some expression, statement or alias of the description names."""
    found: set[RegisterKey] = set()
    for one in placed_registers(device):
        register = one.register
        if register.alias is not None:
            found |= {(_key(one)[0], register.alias), (None, register.alias)}
    return found | _named(behaviour(device))


def behaviour(device: model.Device) -> tuple[Nodes, ...]:
    """Every expression and statement of the description."""
    return (
        *(hook for one in placed_registers(device) for hook in _hooks(one.register) if hook),
        *(one.on_expire for one in device.timers),
        *(one.match for one in device.timers),
        *(one.enable for one in device.counters),
        *(one.body for one in device.functions),
        *(one.body for one in device.actions),
        *(one.level for one in (*device.interrupts, *device.gpio_out)),
        *(one.on_input for one in device.gpio_in),
        *(part for one in device.streams for part in (one.on_receive, one.on_break, one.room)),
        *(bell.on_ring for region in device.regions for bell in region.doorbells),
        device.on_reset,
    )


def _hooks(register: model.Register) -> tuple[Nodes, ...]:
    window = None if register.window is None else register.window.at
    return register.read, register.write, register.before_read, register.on_read, register.on_write, window


def _named(node: Nodes) -> set[RegisterKey]:
    return {(one.file, one.register) for one in walk(node) if isinstance(one, RegisterPlace)}


def _symbol(
    one: _Placed, stem: str, attributes: dict[RegisterKey, str], by_key: dict[RegisterKey, _Placed]
) -> RegisterSymbol:
    register, file = one.register, one.file
    return RegisterSymbol(
        model=register,
        file=file.name if file else None,
        stem=stem,
        title=f"{file.name}.{register.name}" if file else register.name,
        attribute=_storage(one, attributes, by_key),
        count=file.count if file and file.count is not None else register.count,
        offset=register.offset + (file.offset if file else 0),
        stride=file.stride if file and file.count is not None else register.stride,
        region=one.region,
        bits=field_bits(register),
    )


def _storage(one: _Placed, attributes: dict[RegisterKey, str], by_key: dict[RegisterKey, _Placed]) -> str | None:
    """The attribute that holds the register's value; None when ``read`` replaces it or there is nothing to hold."""
    register = one.register
    if register.alias is not None:
        file = one.file.name if one.file else None
        target = by_key.get((file, register.alias)) or by_key.get((None, register.alias))
        return None if target is None or target.register.alias else _storage(target, attributes, by_key)
    if (
        register.intent is not None
        or register.window is not None
        or (register.read is not None and not _mentions(register.read, _key(one)))
    ):
        return None
    if register.constant is not None and len(register.constant) == 1:
        return None
    return attributes[_key(one)]


def _mentions(expr: Expr, key: RegisterKey) -> bool:
    return any(isinstance(node, RegisterPlace) and (node.file, node.register) == key for node in walk(expr))


def _key(one: _Placed) -> RegisterKey:
    return (one.file.name if one.file else None), one.register.name


def _stem(one: _Placed) -> str:
    return f"{one.file.name}_{one.register.name}" if one.file else one.register.name


def field_bits(register: model.Register) -> int:
    """The bits that fields cover; all of them in a register without fields."""
    if not register.fields:
        return mask_of(register.width)
    return sum(mask_of(one.width) << one.lsb for one in register.fields)
