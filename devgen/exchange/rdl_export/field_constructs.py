"""The keys of a field that SystemRDL can say: one entry for each construct.

A construct says its keys of one field as properties of SystemRDL; keys that it cannot say for this field it hands on,
to be carried along. A construct that the language gets later is one more entry here, and one reader in
``devgen.exchange.rdl.rdl_registers``; until it is there, its keys are carried like all that SystemRDL cannot say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from devgen.exchange.rdl_export.bits import Bits
from devgen.exchange.rdl_export.said import Said

ACCESS: Final = {"rw": "rw", "ro": "r", "wo": "w", "rw1": "rw1", "w1": "w1"}
"""``access`` → ``sw`` (9.4.1)."""


@dataclass(slots=True, frozen=True)
class Construct:
    """``keys`` of a field, and what SystemRDL says of them."""

    keys: tuple[str, ...]
    say: Callable[[Bits], Said]


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
    """``singlepulse`` is for one bit that software can write (9.6.1)."""
    if not bits.singlepulse:
        return Said()
    says = bits.width == 1 and bits.access != "ro"
    return Said({"singlepulse": "true"}) if says else Said({}, {"singlepulse": True})


FIELD_CONSTRUCTS: Final = (
    Construct(("access",), _access),
    Construct(("read_effect",), _read_effect),
    Construct(("write_effect",), _write_effect),
    Construct(("singlepulse",), _singlepulse),
)
