"""Registers drawn at random: every key that concerns an export, in layouts that the language accepts."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Spec = dict[str, Any]

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and "\r" not in text
)
NAMES = st.sampled_from(
    ["CTRL", "reg", "field", "default", "VALUE", "DATA", "enum", "T1", "na", "Count", "order", "hw"]
)
ACCESS = st.sampled_from(["rw", "rw", "ro", "wo", "rw1", "w1"])
WRITE_EFFECTS = st.sampled_from(["woclr", "woset", "wot", "wzc", "wzs", "wzt", "wclr", "wset"])


def some(draw: st.DrawFn, chance: int = 3) -> bool:
    return draw(st.integers(0, chance)) == 0


@st.composite
def fields(draw: st.DrawFn, width: int, access: str) -> Spec:
    found: Spec = {}
    low = 0
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        low += draw(st.integers(0, 3))
        bits = draw(st.integers(1, 9))
        if low + bits > width:
            break
        found[name] = draw(field(low, bits, access))
        low += bits
    order = draw(st.permutations(list(found)))
    return {name: found[name] for name in order}


@st.composite
def field(draw: st.DrawFn, low: int, bits: int, access: str) -> Any:
    spec: Spec = {"bits": f"{low + bits - 1}:{low}"}
    if some(draw):
        access = spec["access"] = draw(ACCESS)
    if some(draw):
        spec["reset"] = draw(st.one_of(st.integers(0, (1 << bits) - 1), st.just("unknown")))
    if some(draw) and access not in ("wo", "w1"):
        spec["read_effect"] = draw(st.sampled_from(["rclr", "rset"]))
    if some(draw) and access != "ro":
        spec["write_effect"] = draw(WRITE_EFFECTS)
    if some(draw):
        spec["values"] = draw(labels(bits))
    if some(draw):
        spec["volatile"] = True
    return spec | draw(texts())


@st.composite
def labels(draw: st.DrawFn, bits: int) -> Spec:
    numbers = draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=1, max_size=3, unique=True))
    names = draw(st.lists(NAMES, min_size=len(numbers), max_size=len(numbers), unique=True))
    found: Spec = {}
    for name, number in zip(names, numbers, strict=True):
        found[name] = {"value": number} | draw(texts()) if some(draw) else number
    if some(draw):
        found["OTHERS"] = "default"
    return found


@st.composite
def texts(draw: st.DrawFn) -> Spec:
    title = {"title": draw(TEXTS)} if some(draw, 4) else {}
    return title | ({"description": draw(TEXTS)} if some(draw, 4) else {})


@st.composite
def register(draw: st.DrawFn) -> tuple[Spec, int]:
    """A register without its offset, and the bytes that it takes."""
    width = draw(st.sampled_from([8, 16, 32, 64]))
    access = draw(ACCESS)
    spec: Spec = {"width": width, "access": access} | draw(texts())
    if some(draw, 1):
        found = draw(fields(width, access))
        spec |= {"fields": found} if found else {}
    elif some(draw):
        spec["reset"] = draw(st.one_of(st.integers(0, (1 << width) - 1), st.just("n"), st.just("n + 1")))
    if some(draw) and access != "ro" and "fields" not in spec:
        spec["write_effect"] = draw(WRITE_EFFECTS)
    if some(draw) and not isinstance(spec.get("reset"), str):
        spec["reset_mask"] = draw(st.integers(0, (1 << width) - 1)) | spec.get("reset", 0)
    if some(draw) and access != "ro" and "fields" not in spec:
        spec["on_write"] = draw(st.sampled_from(["s = 1", "s = 1\nt = 2\n", ["s = 2", "t = 1"]]))
    size = width // 8
    if not some(draw, 2):
        return spec, size
    stride = size + draw(st.sampled_from([0, 0, 1, size]))
    count = draw(st.integers(2, 3))
    if some(draw):
        outer = draw(st.integers(2, 3))
        gap = stride * count + draw(st.sampled_from([0, 0, 4]))
        return spec | {"count": [outer, count], "stride": [gap, stride]}, gap * outer
    return spec | {"count": count, "stride": stride}, stride * count


@st.composite
def members(draw: st.DrawFn, names: st.SearchStrategy[str] = NAMES, depth: int = 0) -> tuple[Spec, int]:
    """Registers and register files with their offsets, and the bytes that all of them take."""
    found: Spec = {}
    offset = 0
    for name in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        offset += draw(st.integers(0, 5))
        if depth < 2 and some(draw):
            inner, size = draw(members(NAMES, depth + 1))
            count = draw(st.integers(2, 3))
            spec: Spec = {"count": count, "stride": size + draw(st.integers(0, 3)), "registers": inner}
            found[name] = {"at": offset} | spec
            offset += spec["stride"] * count
            continue
        spec, size = draw(register())
        found[name] = {"at": offset} | spec
        if some(draw):
            found[f"{name}_2"] = {"at": offset} | draw(second(name, spec))
        offset += size
    order = draw(st.permutations(list(found)))
    return {name: found[name] for name in order}, max(offset, 1)


@st.composite
def second(draw: st.DrawFn, name: str, spec: Spec) -> Spec:
    """A second register with the bytes of another one."""
    shape = {key: spec[key] for key in ("width", "count", "stride") if key in spec}
    if some(draw, 1):
        return shape | {"when": "n > 2"}
    return shape | {"access": spec["access"], "alternate": name}


@st.composite
def devices(draw: st.DrawFn) -> Spec:
    """A device with one or two regions."""
    regions: Spec = {}
    pools = {"regs": NAMES, "reg": st.sampled_from(["X", "boolean", "Z"])}
    for name in draw(st.lists(st.sampled_from([*pools]), min_size=1, max_size=2, unique=True)):
        registers, size = draw(members(pools[name]))
        access = {"access": {"valid": "1..8", "implemented": draw(st.sampled_from(["1..1", "1..4", "1..8"]))}}
        regions[name] = {"space": "mmio", "size": size + 8, **access, "registers": registers}
    tree: Spec = {"device": "drawn-device", "bus": "sysbus"} | draw(texts())
    tree["properties"] = {"n": {"type": "int", "default": 1, "range": "0..3"}}
    return tree | {"state": {"s": {"width": 8}, "t": {"width": 8}}, "regions": regions}
