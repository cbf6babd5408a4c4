"""What is compared of each kind of part, and which change of it breaks a driver or a board."""

from __future__ import annotations

from typing import Final

from devgen.comparison import judgements as judge
from devgen.comparison.judgements import Attribute, always

_SPREAD: Final = Attribute(("stride",), always("stride changed", "breaking"), judge.hexadecimal)
_COUNT: Final = Attribute(
    ("count",), judge.fewer_breaks("number of elements reduced", "number of elements raised"), judge.elements
)
_EFFECTS: Final = (
    Attribute(("access",), judge.access_changed),
    Attribute(("read_effect",), always("effect of a read changed", "breaking"), judge.or_none),
    Attribute(("write_effect",), always("effect of a write changed", "breaking"), judge.or_none),
    Attribute(("singlepulse",), always("singlepulse changed", "breaking")),
)

_CONSTRAINT: Final = Attribute(
    ("write_constraint",),
    always("values that may be written changed", "breaking"),
    lambda constraint: "any" if constraint is None else constraint.text,
)

REGION: Final = (
    Attribute(("kind",), always("kind changed", "breaking")),
    Attribute(("space",), always("address space changed", "breaking")),
    Attribute(("bar", "offset"), always("moved", "breaking"), lambda place: f"BAR {place[0]}+{place[1]:#x}"),
    Attribute(("size",), judge.fewer_breaks("shrunk", "enlarged"), judge.hexadecimal),
    Attribute(("valid",), judge.sizes_changed, judge.size_range),
    Attribute(("implemented",), always("implemented access sizes changed", "behaviour"), judge.size_range),
    Attribute(("endian",), always("byte order changed", "breaking")),
    Attribute(("unaligned",), judge.lost_breaks("unaligned accesses changed")),
    Attribute(("decode",), always("decoded addresses changed", "behaviour")),
    Attribute(("reserved",), always("value of unused offsets changed", "behaviour")),
    Attribute(("contents",), always("contents changed", "behaviour"), lambda contents: f"{len(contents)} bytes"),
)
REGION_OTHERS: Final = ("name", "description", "registers", "files", "doorbells")
"""What is compared elsewhere, or says nothing to a driver."""

REGISTER: Final = (
    Attribute(("region", "offset"), always("moved", "breaking"), lambda place: f"{place[0]}+{place[1]:#x}"),
    Attribute(("width",), judge.fewer_breaks("narrowed", "widened"), judge.bits),
    _COUNT,
    _SPREAD,
    *_EFFECTS,
    Attribute(("reset",), always("reset value changed", "breaking"), judge.start_value),
    Attribute(("reset_mask",), always("bits with a known reset changed", "behaviour"), judge.or_none),
    _CONSTRAINT,
    Attribute(("protection",), always("protection changed", "breaking"), judge.or_none),
    Attribute(("resets",), always("reset values changed", "breaking"), judge.listed),
    Attribute(("constant",), always("constant value changed", "breaking"), judge.listed),
    Attribute(("alias",), always("shared storage changed", "behaviour"), judge.or_none),
    Attribute(("alternate",), always("register at the same bytes changed", "behaviour"), judge.or_none),
    Attribute(("intent",), judge.intent_changed, lambda intent: intent or "modelled"),
    Attribute(
        ("retain",), always("value through a reset changed", "behaviour"), lambda kept: "kept" if kept else "reset"
    ),
    Attribute(("coalesce",), always("coalescing changed", "behaviour")),
    Attribute(("decode",), always("decoded addresses changed", "behaviour")),
    Attribute(("sizes",), judge.sizes_changed, judge.size_range),
    Attribute(("halves",), always("handling of halves changed", "behaviour")),
)
REGISTER_OTHERS: Final = (
    "name",
    "path",
    "parts",
    "file",
    "title",
    "description",
    "fields",
    "outputs",
    "hooks",
    "window",
    "when",
    "write_enable",
    "external",
    "volatile",
)

FIELD: Final = (
    Attribute(("lsb",), always("moved", "breaking"), lambda lsb: f"bit {lsb}"),
    Attribute(("width",), judge.fewer_breaks("narrowed", "widened"), judge.bits),
    *_EFFECTS,
    Attribute(("reset",), always("reset value changed", "breaking"), judge.hexadecimal),
    _CONSTRAINT,
    Attribute(
        ("hardware",),
        always("hardware's side changed", "behaviour"),
        lambda hardware: "none" if hardware is None else hardware.text,
    ),
)
FIELD_OTHERS: Final = (
    "name",
    "path",
    "title",
    "description",
    "msb",
    "mask",
    "values",
    "enumeration",
    "alternate",
    "stored",
    "reset_known",
    "write_enable",
    "volatile",
)

DOORBELL: Final = (
    Attribute(("region", "offset"), always("moved", "breaking"), lambda place: f"{place[0]}+{place[1]:#x}"),
    Attribute(("length",), always("size of a ring changed", "breaking")),
    Attribute(("match",), always("value that rings changed", "breaking"), judge.hexadecimal),
    _COUNT,
    _SPREAD,
)
DOORBELL_OTHERS: Final = ("name", "description", "on_ring")

LINE: Final = (
    _COUNT,
    Attribute(("reset",), always("level at reset changed", "breaking")),
    Attribute(("intx",), always("INTx# changed", "breaking")),
    Attribute(("vector",), always("vector changed", "breaking"), judge.or_none),
    Attribute(("pme",), always("power management event changed", "behaviour")),
)
LINE_OTHERS: Final = ("name", "description", "level", "external")

INPUT: Final = (_COUNT,)
INPUT_OTHERS: Final = ("name", "description", "on_input")

PROPERTY: Final = (
    Attribute(("type",), always("type changed", "breaking")),
    Attribute(("default",), always("default changed", "behaviour")),
    Attribute(("least",), judge.bound_changed(raised_breaks=True), judge.or_none),
    Attribute(("greatest",), judge.bound_changed(raised_breaks=False), judge.or_none),
    Attribute(("clamp",), judge.lost_breaks("clamping changed")),
    Attribute(("size",), always("number of bytes changed", "breaking")),
)
PROPERTY_OTHERS: Final = ("name", "description")

BAR: Final = (
    Attribute(("type",), always("type changed", "breaking")),
    Attribute(("size",), judge.fewer_breaks("shrunk", "enlarged"), judge.hexadecimal),
    Attribute(("prefetchable",), always("prefetchable changed", "behaviour")),
)
BAR_OTHERS: Final = ("index", "regions")

CAPABILITY: Final = (
    Attribute(("extended",), always("list changed", "breaking")),
    Attribute(("offset",), always("moved", "compatible"), judge.hexadecimal),
    Attribute(("size",), judge.fewer_breaks("shrunk", "enlarged"), judge.hexadecimal),
    Attribute(("contents",), always("contents changed", "breaking"), lambda contents: contents[:32].hex(" ")),
)
CAPABILITY_OTHERS: Final = ("kind", "name", "settings")

PCI: Final = (
    Attribute(("vendor",), always("vendor ID changed", "breaking"), judge.hexadecimal),
    Attribute(("device",), always("device ID changed", "breaking"), judge.hexadecimal),
    Attribute(("revision",), always("revision ID changed", "behaviour"), judge.hexadecimal),
    Attribute(("class_code",), always("class code changed", "breaking"), judge.hexadecimal),
    Attribute(("subsystem_vendor",), always("subsystem vendor ID changed", "breaking"), judge.hexadecimal),
    Attribute(("subsystem_device",), always("subsystem device ID changed", "breaking"), judge.hexadecimal),
    Attribute(("interrupt_pin",), always("interrupt pin changed", "breaking")),
)
PCI_OTHERS: Final = ("bars", "capabilities")

COUNTER: Final = (
    Attribute(("clock",), always("clock changed", "behaviour")),
    Attribute(("rate",), always("rate changed", "behaviour")),
    Attribute(("width",), always("width changed", "behaviour"), judge.bits),
    Attribute(("reset",), always("reset value changed", "behaviour"), judge.start_value),
    Attribute(("phase",), always("phase changed", "behaviour")),
    _COUNT,
    Attribute(("retain",), always("value through a reset changed", "behaviour")),
)
COUNTER_OTHERS: Final = ("name", "description", "enable", "period")

TIMER: Final = (
    Attribute(("clock",), always("clock changed", "behaviour")),
    Attribute(("counter",), always("counter changed", "behaviour"), judge.or_none),
    Attribute(("align",), always("alignment changed", "behaviour")),
    Attribute(("due",), always("expiry changed", "behaviour")),
    _COUNT,
    Attribute(("retain",), always("state through a reset changed", "behaviour")),
)
TIMER_OTHERS: Final = ("name", "description", "match", "on_expire")

FIFO: Final = (
    Attribute(("depth",), judge.fewer_breaks("depth reduced", "depth raised"), judge.elements),
    Attribute(("width",), always("width changed", "behaviour"), judge.bits),
    Attribute(("retain",), always("entries through a reset changed", "behaviour")),
)
FIFO_OTHERS: Final = ("name", "description")

KEY: Final = (
    Attribute(("register", "field"), always("moved", "breaking"), lambda place: ".".join(filter(None, place))),
    Attribute(("values",), always("values changed", "breaking"), judge.listed),
    Attribute(("wrong",), always("effect of a wrong value changed", "breaking")),
    Attribute(("within",), always("limit of the sequence changed", "breaking"), lambda limit: limit or "none"),
    Attribute(("open_for",), always("limit of the open key changed", "breaking"), lambda limit: limit or "none"),
    Attribute(("frequency",), always("clock of the limits changed", "breaking"), lambda rate: rate or "none"),
    Attribute(("closed_by",), always("registers that lock again changed", "breaking"), ", ".join),
)
KEY_OTHERS: Final = ("name", "description", "on_open", "on_wrong", "on_expire")

STATE: Final = (
    Attribute(("width",), always("width changed", "behaviour"), judge.bits),
    Attribute(("count",), always("number of elements changed", "behaviour"), judge.elements),
    Attribute(("reset",), always("reset value changed", "behaviour"), judge.start_value),
    Attribute(("retain",), always("value through a reset changed", "behaviour")),
)
STATE_OTHERS: Final = ("name", "description")

CONSTANT: Final = (Attribute(("value",), always("value changed", "behaviour"), judge.hexadecimal),)
CONSTANT_OTHERS: Final = ("name",)

ROUTINE: Final = (Attribute(("signature",), always("signature changed", "behaviour")),)
ROUTINE_OTHERS: Final = ("name", "parameters", "body")

STREAM_OTHERS: Final = ("name", "description", "on_receive", "on_break", "room", "on_writable")

EVENT: Final = (
    Attribute(
        ("parameters",),
        always("values changed", "behaviour"),
        lambda values: ", ".join(f"{value.name}: {value.width} bits" for value in values),
    ),
    Attribute(("error",), always("message changed", "compatible")),
)
EVENT_OTHERS: Final = ("name",)
