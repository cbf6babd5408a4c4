"""Address maps drawn at random, as SystemRDL: what the description language can say too."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from devgen.exchange.rdl_export.rdl_component import Component, Enum, EnumEntry, definition
from devgen.exchange.rdl_export.rdl_names import string

NAMES = st.sampled_from(["CTRL", "reg", "field", "DATA", "default", "T1", "X"])
WORDS = st.lists(st.sampled_from(["a", '"b"', "c\\", "`d", "'e'", "{f}: #", "g."]), min_size=1, max_size=4).map(
    " ".join
)


def some(draw: st.DrawFn, chance: int = 3) -> bool:
    return draw(st.integers(0, chance)) == 0


def texts(draw: st.DrawFn) -> list[tuple[str, str]]:
    return [(key, string(draw(WORDS))) for key in ("name", "desc") if some(draw)]


@st.composite
def fields(draw: st.DrawFn, width: int) -> list[tuple[Component, tuple[Enum, ...]]]:
    found: list[tuple[Component, tuple[Enum, ...]]] = []
    low = draw(st.integers(0, 2))
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        high = low + draw(st.integers(0, 9))
        if high >= width:
            break
        found.append(draw(field(name, high, low)))
        low = high + 1 + draw(st.integers(0, 2))
    return found or [draw(field("ALL", width - 1, 0))]


@st.composite
def field(draw: st.DrawFn, name: str, high: int, low: int) -> tuple[Component, tuple[Enum, ...]]:
    """A field, and the enumeration that its register declares for it."""
    access = draw(st.sampled_from(["rw", "r", "w", "rw1", "w1"]))
    effects: list[tuple[str, str]] = []
    if some(draw) and access in ("rw", "r", "rw1"):
        effects.append(("onread", draw(st.sampled_from(["rclr", "rset"]))))
    if some(draw) and access != "r":
        effects.append(("onwrite", draw(st.sampled_from(["woclr", "woset", "wot", "wzs", "wzc", "wzt", "wclr"]))))
    elif some(draw) and access != "r" and high == low:
        effects.append(("singlepulse", "true"))
    most = (1 << (high - low + 1)) - 1
    pulse = ("singlepulse", "true") in effects
    reset = "" if some(draw) and not pulse else f" = {draw(st.integers(0, 0 if pulse else most))}"
    enums: tuple[Enum, ...] = ()
    encode: list[tuple[str, str]] = []
    if some(draw):
        values = draw(st.lists(st.integers(0, most), min_size=1, max_size=3, unique=True))
        labels = draw(st.lists(NAMES, min_size=len(values), max_size=len(values), unique=True))
        entries = [
            EnumEntry(label, value, draw(WORDS) if some(draw) else "", draw(WORDS) if some(draw) else "")
            for label, value in zip(labels, values, strict=True)
        ]
        enums, encode = (Enum(f"{name}_e", tuple(entries)),), [("encode", f"{name}_e")]
    properties = [("sw", access), ("hw", "r" if access in ("w", "w1") else "rw"), *effects]
    return Component("field", name, f"[{high}:{low}]{reset}", (*texts(draw), *properties, *encode)), enums


@st.composite
def register(draw: st.DrawFn, name: str, offset: int) -> tuple[Component, int]:
    width = draw(st.sampled_from([8, 16, 32, 64]))
    size = width // 8
    array, end = draw(place(size, offset))
    properties = (*texts(draw), ("regwidth", str(width)))
    found = draw(fields(width))
    enums = tuple(enum for _, enums in found for enum in enums)
    return Component("reg", name, array, properties, enums, tuple(component for component, _ in found)), end


@st.composite
def place(draw: st.DrawFn, size: int, offset: int) -> tuple[str, int]:
    """What follows a name, and the end of all elements."""
    counts = draw(st.lists(st.integers(2, 3), min_size=1, max_size=2)) if some(draw) else []
    if not counts:
        return f" @ {offset:#x}", offset + size
    stride = size * draw(st.integers(1, 2))
    total = stride
    for count in counts:
        total *= count
    return "".join(f"[{count}]" for count in counts) + f" @ {offset:#x} += {stride:#x}", offset + total


@st.composite
def members(draw: st.DrawFn, depth: int = 0) -> tuple[tuple[Component, ...], int]:
    found: list[Component] = []
    offset = 0
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        offset = -(-offset // 8) * 8
        if depth < 2 and some(draw):
            inner, size = draw(members(depth + 1))
            array, offset = draw(place(-(-size // 8) * 8, offset))
            found.append(Component("regfile", name, array, tuple(texts(draw)), (), inner))
        else:
            component, offset = draw(register(name, offset))
            found.append(component)
    return tuple(found), offset


@st.composite
def address_maps(draw: st.DrawFn) -> str:
    """The text of a file."""
    inner, _ = draw(members())
    properties: list[Any] = [*texts(draw), *([("bigendian", "true")] if some(draw) else [])]
    return definition(Component("addrmap", "drawn", "", tuple(properties), (), inner))
