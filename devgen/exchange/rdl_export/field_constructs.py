"""The keys of a field that SystemRDL can say: one entry for each construct, in both directions.

A construct says its keys of one field as properties of SystemRDL; it returns the keys that
it cannot say for this field, which are carried in ``devgen``. It also reads its keys back from a field. A construct
that the language gets later is one more entry here; without an entry, its keys are carried.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devgen.exchange.rdl.rdl_properties import READ_EFFECTS, WRITE_EFFECTS
from devgen.exchange.rdl_export.bits import Bits
from devgen.exchange.rdl_export.field_references import field_reference, lock_reference
from devgen.exchange.rdl_export.field_values import read_values, say_values
from devgen.exchange.rdl_export.rdl_names import number
from devgen.exchange.rdl_export.said import Said
from devgen.language.ir import Int

if TYPE_CHECKING:
    from systemrdl.node import FieldNode

ACCESS: Final = {"rw": "rw", "ro": "r", "wo": "w", "rw1": "rw1", "w1": "w1"}
"""``access`` → ``sw`` (9.4.1)."""

ACCESS_WORDS: Final = {word: access for access, word in ACCESS.items()}
"""``sw`` → ``access``; ``na`` is not there: software cannot reach the field."""

_LIMITS: Final = ("enable", "mask", "haltenable", "haltmask")

_COUNTER: Final = (
    *("incr", "decr", "incrvalue", "decrvalue", "incrsaturate", "decrsaturate", "incrthreshold", "decrthreshold"),
    *("overflow", "underflow"),
)

SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "intr": ("intr", "intr type", "next"),
    "next": ("next",),
    "we": ("we", "wel"),
    "sticky": ("sticky", "stickybit"),
    **{name: (name,) for name in (*_LIMITS, "hwset", "hwclr")},
    # two are other names of incrsaturate, incrthreshold
    "counter": ("counter", *_COUNTER, "saturate", "threshold", "incrwidth", "decrwidth"),
}
"""Keys of what hardware does to a field → the properties of SystemRDL that say them."""


@dataclass(slots=True, frozen=True)
class Construct:
    """``keys`` of a field; ``say`` says them in SystemRDL, and ``read`` reads them from there.

    A construct without keys shows other tools what the property ``devgen`` has as well.
    """

    keys: tuple[str, ...]
    say: Callable[[Bits], Said]
    read: Callable[[FieldNode], dict[str, Any]]


def _access(bits: Bits) -> Said:
    return Said({"sw": ACCESS[bits.access]})


def _read_effect(bits: Bits) -> Said:
    """``onread`` needs a field that software can read (9.6.1)."""
    if bits.read_effect is None:
        return Said()
    readable = bits.access not in ("wo", "w1")
    return Said({"onread": bits.read_effect}) if readable else Said({}, {"read_effect": bits.read_effect})


def _write_effect(bits: Bits) -> Said:
    """``onwrite`` needs a field that software can write (9.6.1)."""
    if bits.write_effect is None:
        return Said()
    return (
        Said({"onwrite": bits.write_effect}) if bits.access != "ro" else Said({}, {"write_effect": bits.write_effect})
    )


def _singlepulse(bits: Bits) -> Said:
    """``singlepulse`` is for one bit that software can write (9.6.1); nothing else can write it then."""
    if not bits.singlepulse:
        return Said()
    says = bits.width == 1 and bits.access != "ro"
    return Said({"singlepulse": "true", "hw": "r"}) if says else Said({}, {"singlepulse": True})


def _lock(bits: Bits) -> Said:
    return Said({}, {}, lock_reference(bits.lock))


def _interrupt(bits: Bits) -> Said:
    """``intr`` with its type, what it samples and what limits it (9.9); without ``sticky`` each bit is sticky."""
    hardware = bits.hardware
    if hardware is None or not hardware.intr:
        return Said()
    kind = "nonsticky" if hardware.sticky is None else hardware.edge
    sticky = {"sticky": "true"} if hardware.sticky == "field" else {}
    references = field_reference("next", hardware.source)
    for name in _LIMITS:
        references |= field_reference(name, getattr(hardware, name))
    return Said({f"{kind} intr": "", **sticky}, {}, references)


def _set_and_clear(bits: Bits) -> Said:
    """``hwset`` and ``hwclr`` (9.7). One that is ``true`` is not said: SystemRDL's ``true`` is an input of hardware."""
    if bits.hardware is None:
        return Said()
    references = field_reference("hwset", bits.hardware.hwset) | field_reference("hwclr", bits.hardware.hwclr)
    return Said({}, {}, references)


def _counter(bits: Bits) -> Said:
    """``counter`` with its numbers, its fields, and its outputs ``overflow`` and ``underflow`` (9.8)."""
    if bits.hardware is None or bits.hardware.counter is None:
        return Said()
    properties = {"counter": "true"}
    references: dict[str, str] = {}
    for hook in bits.hardware.counter:
        if hook.name in ("overflow", "underflow"):
            properties[hook.name] = "true"
        elif isinstance(hook.form, Int) and hook.name not in ("incr", "decr"):
            properties[hook.name] = number(hook.form.value, bits.width)
        else:
            references |= field_reference(hook.name, hook)
    return Said(properties, {}, references)


def _effect(key: str, name: str, words: Container[str]) -> Callable[[FieldNode], dict[str, Any]]:
    """Return a reader of an effect; those that only a text explains (``ruser``, ``wuser``) are not read."""

    def read(field: FieldNode) -> dict[str, Any]:
        value = field.get_property(name)
        return {key: value.name} if value is not None and value.name in words else {}

    return read


def _read_singlepulse(field: FieldNode) -> dict[str, Any]:
    return {"singlepulse": True} if field.get_property("singlepulse") else {}


def _nothing(field: FieldNode) -> dict[str, Any]:
    """``access`` is read with the register, whose access it may be; what has no keys is read from the property."""
    return {}


FIELD_CONSTRUCTS: Final = (
    Construct(("access",), _access, _nothing),
    Construct(("read_effect",), _read_effect, _effect("read_effect", "onread", READ_EFFECTS)),
    Construct(("write_effect",), _write_effect, _effect("write_effect", "onwrite", WRITE_EFFECTS)),
    Construct(("singlepulse",), _singlepulse, _read_singlepulse),
    Construct(("values", "read_values", "write_values"), say_values, read_values),
    Construct((), _lock, _nothing),
    Construct((), _interrupt, _nothing),
    Construct((), _set_and_clear, _nothing),
    Construct((), _counter, _nothing),
)
