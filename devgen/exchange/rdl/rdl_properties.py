"""SystemRDL's words for access and effects, and the properties that an import reports."""

from __future__ import annotations

from typing import Final

from devgen.exchange.register_map import AccessWord

ACCESS: Final[dict[str, AccessWord]] = {"rw": "rw", "r": "ro", "w": "wo", "rw1": "rw1", "w1": "w1"}
"""``sw`` (9.4.1) → access; ``na`` is not there: software cannot reach the field."""

READ_EFFECTS: Final = {"rclr": "rclr", "rset": "rset"}
"""``onread`` (9.6.1); ``ruser`` has a meaning that only a text explains."""

WRITE_EFFECTS: Final = {name: name for name in ("woset", "woclr", "wot", "wzs", "wzc", "wzt", "wclr", "wset")}
"""``onwrite`` (9.6.1); ``wuser`` has a meaning that only a text explains."""

HARDWARE: Final = {
    "hwclr": "9.7",
    "hwset": "9.7",
    "we": "9.7",
    "wel": "9.7",
    "hwenable": "9.7",
    "hwmask": "9.7",
    "next": "9.5",
    "anded": "9.7",
    "ored": "9.7",
    "xored": "9.7",
    "swmod": "9.6",
    "swacc": "9.6",
    "counter": "9.8",
    "overflow": "9.8",
    "underflow": "9.8",
    "incr": "9.8",
    "decr": "9.8",
    "incrvalue": "9.8",
    "decrvalue": "9.8",
    "incrwidth": "9.8",
    "decrwidth": "9.8",
    "incrsaturate": "9.8",
    "decrsaturate": "9.8",
    "incrthreshold": "9.8",
    "decrthreshold": "9.8",
    "saturate": "9.8",
    "threshold": "9.8",
    "intr": "9.9",
    "enable": "9.9",
    "mask": "9.9",
    "haltenable": "9.9",
    "haltmask": "9.9",
    "sticky": "9.9",
    "stickybit": "9.9",
    "paritycheck": "9.10",
    "precedence": "9.10",
    "resetsignal": "9.5",
}
"""Properties of the hardware's side → their clause. What they do is behaviour."""

UNSAID: Final = {
    "errextbus": "10.6",
    "shared": "10.6",
    "bridge": "13.4",
    "littleendian": "13.4",
    "msb0": "13.4",
    "lsb0": "13.4",
    "rsvdset": "13.4",
    "rsvdsetX": "13.4",
    "donttest": "5.2",
    "dontcompare": "5.2",
}
"""Other properties that do not come over → their clause."""
