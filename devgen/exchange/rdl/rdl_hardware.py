"""The hardware's side of a field of SystemRDL: locks, interrupts, set and clear, counters (2.0, 9.5 to 9.9).

A property that names another field or an output becomes a `Source` with its path; a property without a reference is a
port of the hardware, and becomes a `Source` with the port's name, which an input of the device drives.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from devgen.exchange.rdl.rdl_paths import elements_of, origin_of
from devgen.exchange.rdl.rdl_properties import HARDWARE
from devgen.exchange.register_map import Source

if TYPE_CHECKING:
    from systemrdl.node import FieldNode, Node

_LIMITS: Final = ("enable", "mask", "haltenable", "haltmask")
_COUNTER: Final = (
    *("incr", "decr", "incrvalue", "decrvalue", "incrsaturate", "decrsaturate", "incrthreshold", "decrthreshold"),
    *("saturate", "threshold", "overflow", "underflow", "counter", "incrwidth", "decrwidth"),
)
_OUTPUTS: Final = {
    "saturate": "incrsaturate",
    "threshold": "incrthreshold",
    **{name: name for name in ("incrsaturate", "decrsaturate", "incrthreshold", "decrthreshold", "intr", "halt")},
    **{name: name for name in ("anded", "ored", "xored")},
}
_VALUES: Final = ("next", "hwset", "hwclr", "we", "wel", "incr", "decr", "swwe", "swwel", *_LIMITS)
"""Properties whose references mean what drives them."""
_WRAPS: Final = ("overflow", "underflow")
_EDGES: Final = ("posedge", "negedge", "bothedge")


_NATIVE: Final = frozenset(HARDWARE)


@dataclass(slots=True)
class HardwareSide:
    """What came over of a field: keys of the description with sources in them, and the properties that these say.

    ``problem``: why nothing came over though something is there.
    """

    keys: dict[str, Any] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    problem: str = ""


class UnsayableError(Exception):
    """A property has a value that the description language does not have."""


def hardware_side(node: FieldNode) -> HardwareSide:
    """Return the hardware's side of a field."""
    if _NATIVE.isdisjoint(node.inst.properties):
        return HardwareSide()
    try:
        side = HardwareSide()
        if node.get_property("counter"):
            _counter(node, side)
        elif node.get_property("intr"):
            _interrupt(node, side)
        elif node.get_property("next") is not None or node.get_property("sticky") or node.get_property("stickybit"):
            _next(node, side)
        _set_and_clear(node, side)
        _refuse(node, side)
    except UnsayableError as error:
        return HardwareSide(problem=str(error))
    if side.keys:
        side.said.add("precedence")
    return side


def _refuse(node: FieldNode, side: HardwareSide) -> None:
    """Refuse what the language does not combine with the keys that were found."""
    if not side.keys:
        return
    if node.get_property("singlepulse"):
        raise UnsayableError("singlepulse with a hardware's side")
    for name in ("hwenable", "hwmask"):
        if node.get_property(name):
            raise UnsayableError(name)


def _interrupt(node: FieldNode, side: HardwareSide) -> None:
    kind = getattr(node.get_property("intr type"), "name", "level")
    source, wrapped = _taken(node, "next")
    sticky = "field" if node.get_property("sticky") else "bit" if node.get_property("stickybit") else False
    if source is None:
        side.keys["intr"] = True
    else:
        side.keys["intr"] = {kind: source} if kind in _EDGES else source
    if wrapped is not None:
        side.keys["wraps"] = wrapped
    if sticky != "bit":
        side.keys["sticky"] = sticky
    if not sticky and (kind in _EDGES or node.get_property("sw").name != "r"):
        raise UnsayableError("a nonsticky interrupt with edges, or that software writes")
    for name in _LIMITS:
        if node.get_property(name) is not None:
            side.keys[name] = _source(node.get_property(name), node, name, node.width)
    side.said |= {"intr", "next", "sticky", "stickybit", *_LIMITS}


def _next(node: FieldNode, side: HardwareSide) -> None:
    """A field that takes a value: with `we`, sticky, or always if software only reads it."""
    if node.get_property("next") is None:
        side.keys["next"] = Source(port="next", width=node.width)
    else:
        side.keys["next"] = _source(node.get_property("next"), node, "next", node.width)
    for name in ("we", "wel"):
        if node.get_property(name):
            side.keys["we"] = replace(_source(node.get_property(name), node, name, 1), negated=name == "wel")
    if node.get_property("sticky") or node.get_property("stickybit"):
        side.keys["sticky"] = "field" if node.get_property("sticky") else "bit"
    elif "we" not in side.keys and node.get_property("sw").name != "r":
        raise UnsayableError("next of a field that software writes")
    side.said |= {"next", "we", "wel", "sticky", "stickybit"}


def _set_and_clear(node: FieldNode, side: HardwareSide) -> None:
    for name in ("hwset", "hwclr"):
        if not node.get_property(name):
            continue
        source, wrapped = _taken(node, name)
        if wrapped is None:
            side.keys[name] = source
        elif name == "hwclr" or node.width > 1 or "wraps" in side.keys:
            raise UnsayableError(f"{name} by {wrapped.output}")
        else:
            side.keys["wraps"] = wrapped
        side.said.add(name)


def _counter(node: FieldNode, side: HardwareSide) -> None:
    for name in ("next", "we", "wel"):
        if node.get_property(name):
            raise UnsayableError(f"a counter with {name}")
    if node.get_property("sw").name in ("w", "w1"):
        raise UnsayableError("a counter that software cannot read")
    keys: dict[str, Any] = {}
    for name, counts in (("incr", node.is_up_counter), ("decr", node.is_down_counter)):
        if counts:
            source, wrapped = _taken(node, name)
            keys |= {} if source is None else {name: source}
            if wrapped is not None:
                side.keys["wraps"] = wrapped
    for name, width in (("incrvalue", "incrwidth"), ("decrvalue", "decrwidth")):
        bits = node.get_property(width)
        if bits:  # an input of this width has the amount (9.8.2)
            keys[name] = Source(port=name, width=bits, owner=origin_of(node))
        value = node.get_property(name)
        if value not in (None, 1):
            keys[name] = _value(value, node, name)
    for name in ("incrsaturate", "decrsaturate", "incrthreshold", "decrthreshold"):
        value = node.get_property(name)
        if value not in (None, False):
            keys[name] = _value(value, node, name)
    side.keys["counter"] = keys or True
    side.said |= {*_COUNTER}


def _value(value: Any, node: FieldNode, name: str) -> Any:
    return value if isinstance(value, bool | int) else _source(value, node, name, node.width)


def _taken(node: FieldNode, name: str) -> tuple[Source | None, Source | None]:
    """Return the source of a field; None and the output of a counter, if the field is set when the counter wraps."""
    from systemrdl.rdltypes.references import PropertyReference

    value = node.get_property(name)
    if isinstance(value, PropertyReference) and value.name in _WRAPS:
        if any(elements_of(value.node)):
            raise UnsayableError(f"{name} by {value.name} of an element of an array")
        return None, Source(origin_of(value.node), value.name)
    return _source(value, node, name, 1 if name != "next" else node.width), None


def lock_of(node: FieldNode) -> Source | None:
    """Return what must be 1 for software to write a field (`swwe`, and `swwel` the other way round, 9.6).

    Raises:
        UnsayableError: the description language cannot say it.
    """
    for name in ("swwe", "swwel"):
        value = node.get_property(name) if name in node.inst.properties else None
        if value is not None and value is not False:
            source = _source(value, node, name, 1)
            return replace(source, negated=name == "swwel")
    return None


def _source(value: Any, node: Node, name: str, width: int, depth: int = 8) -> Source:
    """Return what a property names. None or True: the field has a port of this name."""
    from systemrdl.node import FieldNode as Named
    from systemrdl.node import SignalNode
    from systemrdl.rdltypes.references import PropertyReference

    if value is None or value is True:
        return Source(port=name, width=width, owner=origin_of(node))
    if isinstance(value, Named):
        return Source(origin_of(value), elements=elements_of(value))
    if isinstance(value, SignalNode):
        return Source(port=value.inst_name, width=value.width, signal=True)
    if isinstance(value, PropertyReference) and value.name in _OUTPUTS:
        width = getattr(value.node, "width", 1)
        return Source(origin_of(value.node), _OUTPUTS[value.name], width=width, elements=elements_of(value.node))
    if isinstance(value, PropertyReference) and value.name in _VALUES and depth:
        target = value.node
        stated = target.get_property(value.name)
        if not any(elements_of(target)) and stated is not False:
            return _source(stated, target, value.name, value.width or 1, depth - 1)
    raise UnsayableError(f"{name} by {getattr(value, 'name', 'a value')}")
