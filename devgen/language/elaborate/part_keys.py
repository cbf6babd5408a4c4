"""Properties, constants, state, FIFOs, functions, actions, events and streams."""

from __future__ import annotations

from typing import Any

from devgen.language.diagnostics import codes_parts as kinds
from devgen.language.diagnostics import codes_values as value_kinds
from devgen.language.diagnostics.reporting import SourceText
from devgen.language.elaborate.elaboration import COUNT_LIMIT, Context, Tree, entries
from devgen.language.ir import BOOL, Int, Range
from devgen.language.model import Constant, Deviation, Event, Fifo, Property, StateVar, Stream
from devgen.language.reading.quantities import size, value_range
from devgen.language.scope import (
    ActionEntry,
    ConstantEntry,
    EventEntry,
    FifoEntry,
    FunctionEntry,
    PropertyEntry,
    StateEntry,
    StreamEntry,
)

_UNBOUNDED = Range(None, None)
_BYTE = Range.unsigned(8)

BYTES_LIMIT = 65536
"""Most bytes of a property."""

BYTES_OF_STATE = 1 << 24
"""Most elements of an array of bytes, which may be a storage medium."""

# --- constants ---------------------------------------------------------------------------


def build_constants(ctx: Context, tree: Tree) -> tuple[Constant, ...]:
    """Declare the constants for behaviour, sizes and start values."""
    declared = entries(tree, "constants")
    for name, value in declared.items():
        ctx.claim(name, "a constant", declared)
        for scope in (ctx.scope, ctx.static):
            scope.declare(ConstantEntry(name, value))
    return tuple(Constant(name, value) for name, value in declared.items())


# --- properties --------------------------------------------------------------------------


def build_properties(ctx: Context, tree: Tree) -> tuple[Property, ...]:
    """Build the properties and declare them."""
    declared = entries(tree, "properties")
    return tuple(_property(ctx, declared, name, spec) for name, spec in declared.items())


def _property(ctx: Context, parent: Tree, name: str, spec: Tree) -> Property:
    ctx.claim(name, "a property", parent)
    kind = spec.get("type", "int")
    bounds = _property_range(ctx, name, spec) if kind == "int" else BOOL if kind == "bool" else _UNBOUNDED
    if kind != "int":
        for key in ("range", "width", "clamp"):
            if key in spec:
                ctx.not_here(spec, key, f"the property is a {kind}" if kind != "bytes" else "the property is bytes")
    length = _property_size(ctx, name, kind, spec)
    if "default" in spec:
        _check_default(ctx, name, kind, spec, bounds, length)
    for scope in (ctx.scope, ctx.static):
        scope.declare(PropertyEntry(name, kind, bounds, Int(length) if kind == "bytes" else None))
    default = spec.get("default", "" if kind == "bytes" else 0)
    return Property(name, kind, default, bounds, spec.get("clamp", False), spec.get("description", ""), length)


def _property_size(ctx: Context, name: str, kind: str, spec: Tree) -> int:
    """Return the size in bytes of a bytes property, or 0 for another type."""
    if kind != "bytes":
        if "size" in spec:
            ctx.not_here(spec, "size", f"the property is a {kind}, not bytes")
        return 0
    if "size" not in spec:
        ctx.needs(spec, f"the property '{name}'", "size")
        return 1
    length = size(spec["size"]) or 1
    if length > BYTES_LIMIT:
        ctx.at_value(kinds.BYTES_TOO_LONG, spec, "size", size=length, limit=BYTES_LIMIT)
    return min(length, BYTES_LIMIT)


def _property_range(ctx: Context, name: str, spec: Tree) -> Range:
    if "range" in spec and "width" in spec:
        ctx.contradiction(spec, "width", "range", "each of them gives the bounds")
    if "range" in spec:
        low, high = value_range(spec["range"]) or (0, 0)
        if low > high:
            ctx.at_value(value_kinds.BAD_RANGE, spec, "range", found=spec["range"], low=low, high=high)
            return Range(high, low)
        return Range(low, high)
    if "width" in spec:
        return Range.unsigned(spec["width"])
    ctx.needs_one(spec, f"the property '{name}'", "range", "width")
    return Range.unsigned(64)


def _check_default(ctx: Context, name: str, kind: str, spec: Tree, bounds: Range, length: int) -> None:
    default = spec["default"]
    wanted: dict[str, type] = {"int": int, "bool": bool, "string": str, "bytes": str}
    if type(default) is not wanted[kind] or (kind == "bytes" and not _is_hex(default, length)):
        told = f"hexadecimal text of at most {length} bytes"
        expected = {"int": "a number", "bool": "true or false", "string": "a text", "bytes": told}[kind]
        ctx.at_value(kinds.BAD_DEFAULT, spec, "default", found=default, name=name, expected=expected)
    elif isinstance(default, int) and kind == "int" and not Range(default, default).within(bounds):
        expected = f"in {bounds.lo}..{bounds.hi}"
        ctx.at_value(kinds.BAD_DEFAULT, spec, "default", found=default, name=name, expected=expected)


def _is_hex(text: object, length: int) -> bool:
    try:
        return isinstance(text, str) and len(bytes.fromhex(text)) <= length
    except ValueError:
        return False


# --- state -------------------------------------------------------------------------------


def build_state(ctx: Context, tree: Tree, retain: bool) -> tuple[StateVar, ...]:
    """Build the hidden state and declare it."""
    declared = entries(tree, "state")
    return tuple(_state(ctx, declared, name, spec, retain) for name, spec in declared.items())


def _state(ctx: Context, parent: Tree, name: str, spec: Tree, retain: bool) -> StateVar:
    ctx.claim(name, "state", parent)
    width = spec.get("width", 64)
    count = ctx.count(spec, limit=BYTES_OF_STATE if width == 8 else COUNT_LIMIT)
    ctx.scope.declare(StateEntry(name, width, count))
    reset = ctx.start_value(spec, "reset", width, count)
    is_medium = width == 8 and count is not None and spec.get("retain") is True
    return StateVar(name, width, reset, count, spec.get("retain", retain), spec.get("description", ""), is_medium)


# --- FIFOs -------------------------------------------------------------------------------


def build_fifos(ctx: Context, tree: Tree, retain: bool) -> tuple[Fifo, ...]:
    """Build the FIFOs and declare them."""
    declared = entries(tree, "fifos")
    return tuple(_fifo(ctx, declared, name, spec, retain) for name, spec in declared.items())


def _fifo(ctx: Context, parent: Tree, name: str, spec: Tree, retain: bool) -> Fifo:
    ctx.claim(name, "a FIFO", parent)
    width, depth = spec.get("width", 8), ctx.count(spec, "depth") or Int(1)
    if depth.range.lo == 0:
        ctx.at_value(value_kinds.NOT_POSITIVE, spec, "depth", key="depth", low=0)
    ctx.scope.declare(FifoEntry(name, width, depth))
    return Fifo(name, depth, width, spec.get("retain", retain), spec.get("description", ""))


# --- functions and actions ---------------------------------------------------------------


def declare_routines(ctx: Context, tree: Tree) -> None:
    """Declare functions and actions; behaviour's ``finish`` compiles them when all their calls are known."""
    functions, actions = entries(tree, "functions"), entries(tree, "actions")
    if not functions and not actions:
        return
    from devgen.language.behaviour import parse_signature

    ctx.behaves = True
    for signature, body in functions.items():
        head = parse_signature(ctx.sources.key_text(functions, signature), ctx.static, ctx.sink)
        if head is not None:
            ctx.claim(head.name, "a function", functions, signature)
            text = ctx.sources.text(functions, signature, body)
            ctx.scope.declare(FunctionEntry(head.name, head.parameters, text, ctx.mark(functions, signature)))
    for signature, body in actions.items():
        head = parse_signature(ctx.sources.key_text(actions, signature), ctx.static, ctx.sink)
        if head is not None:
            ctx.claim(head.name, "an action", actions, signature)
            texts = routine_texts(ctx, actions, signature, body)
            ctx.scope.declare(ActionEntry(head.name, head.parameters, texts, ctx.mark(actions, signature)))


def routine_texts(ctx: Context, node: Tree, key: str, body: Any) -> tuple[SourceText, ...]:
    """Return the texts of statements under ``key``: one, or those of a list."""
    if isinstance(body, list):
        return tuple(ctx.sources.text(body, index, text) for index, text in enumerate(body))
    return (ctx.sources.text(node, key, body),)


# --- events and streams ------------------------------------------------------------------


def build_events(ctx: Context, tree: Tree) -> tuple[Event, ...]:
    """Build the events and declare them."""
    declared = entries(tree, "events")
    events = []
    for name, widths in declared.items():
        ctx.claim(name, "an event", declared)
        parameters = tuple(widths.items())
        ctx.scope.declare(EventEntry(name, parameters))
        events.append(Event(name, parameters, ""))
    return tuple(events)


def build_deviations(ctx: Context, tree: Tree, properties: tuple[Property, ...]) -> tuple[Deviation, ...]:
    """Build the list of differences from the datasheet; each property that it names must be one of type bool."""
    switches = {declared.name for declared in properties if declared.type == "bool"}
    declared = entries(tree, "deviations")
    deviations = []
    for name, body in declared.items():
        entry = {"text": body} if isinstance(body, str) else body
        switch = entry.get("property", "")
        if switch and switch not in switches:
            ctx.at_value(kinds.DEVIATION_PROPERTY, entry, "property", name=switch, deviation=name)
        deviations.append(Deviation(name, " ".join(entry.get("text", "").split()), switch))
    return tuple(deviations)


def declare_streams(ctx: Context, tree: Tree) -> None:
    """Declare the byte streams."""
    declared = entries(tree, "streams")
    for name in declared:
        ctx.claim(name, "a stream", declared)
        ctx.scope.declare(StreamEntry(name))


def build_streams(ctx: Context, tree: Tree) -> tuple[Stream, ...]:
    """Compile the behaviour of the streams and build them."""
    for spec in entries(tree, "streams").values():
        if "room" in spec and "on_receive" not in spec:
            ctx.not_here(spec, "room", "the stream has no `on_receive`, so it takes no bytes")
    return tuple(
        Stream(
            name,
            ctx.statements(spec, "on_receive", ctx.scope.hook(value=_BYTE), ("receive", name)),
            spec.get("description", ""),
            ctx.statements(spec, "on_break", ctx.scope.hook(), ("break", name)),
            ctx.expression(spec, "room", ctx.scope.hook(), Range.unsigned(64), ("room", name)),
            ctx.statements(spec, "on_writable", ctx.scope.hook(), ("writable", name)),
        )
        for name, spec in entries(tree, "streams").items()
    )
