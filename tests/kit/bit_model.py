"""SystemRDL's side effects bit by bit: a model of registers that knows nothing of masks, and layouts to try it on."""

from __future__ import annotations

from dataclasses import dataclass

from codegen_models import field, register
from hypothesis import strategies as st

from devgen.language import model
from devgen.language.ir import Int

READABLE = ("ro", "rw", "rw1")
WRITE_EFFECTS = [None, "woclr", "woset", "wot", "wzs", "wzc", "wzt", "wclr", "wset"]


@dataclass
class Bit:
    """One bit of a register, with what reads and writes do to it."""

    access: str = "none"
    write: str | None = None
    read: str | None = None
    pulse: bool = False
    value: int = 0
    spent: bool = False

    def written(self, bit: int) -> None:
        once = self.access in ("rw1", "w1")
        if self.access in ("none", "ro") or (once and self.spent):
            return
        self.spent = True
        results = {
            None: bit,
            "woclr": 0 if bit else self.value,
            "woset": 1 if bit else self.value,
            "wot": self.value ^ bit,
            "wzs": self.value if bit else 1,
            "wzc": self.value if bit else 0,
            "wzt": self.value if bit else 1 - self.value,
            "wclr": 0,
            "wset": 1,
        }
        self.value = results[self.write]

    def shown(self) -> int:
        seen = self.value if self.access in READABLE else 0
        if self.access in READABLE and self.read is not None:
            self.value = 1 if self.read == "rset" else 0
        return seen


@st.composite
def layouts(draw: st.DrawFn) -> tuple[model.Register, list[Bit]]:
    width = draw(st.sampled_from([8, 16, 32, 64]))
    bits = [Bit() for _ in range(width)]
    fields, lsb = [], 0
    while lsb < width and len(fields) < 6:
        lsb += draw(st.integers(0, 3))
        size = draw(st.integers(1, 12))
        if lsb + size > width:
            break
        access = draw(st.sampled_from(["rw", "ro", "wo", "rw1", "w1"]))
        write = draw(st.sampled_from(WRITE_EFFECTS))
        read = draw(st.sampled_from([None, None, "rclr", "rset"]))
        pulse = draw(st.booleans()) and access in ("rw", "wo") and write is None
        reset = draw(st.integers(0, (1 << size) - 1))
        name = f"F{len(fields)}"
        made = field(
            name, lsb, size, access=access, write_effect=write, read_effect=read, singlepulse=pulse, reset=reset
        )
        fields.append(made)
        for at in range(size):
            bits[lsb + at] = Bit(access, write, read, pulse, reset >> at & 1)
        lsb += size
    reset = sum(one.reset << one.lsb for one in fields)
    if not fields:
        bits = [Bit("rw") for _ in range(width)]
    return register("R", width=width, fields=tuple(fields), reset=Int(reset)), bits


Layout = tuple[model.Register, list[Bit]]
Operation = tuple[str, int, int]


def play(bits: list[Bit], operation: Operation) -> int | None:
    """One access of the reference model; ``lanes`` has one bit a byte."""
    kind, value, lanes = operation
    touched = [one for at, one in enumerate(bits) if lanes >> at // 8 & 1]
    if kind == "read":
        return sum(one.shown() << at for at, one in enumerate(bits) if lanes >> at // 8 & 1)
    for at, one in enumerate(bits):
        if lanes >> at // 8 & 1:
            one.written(value >> at & 1)
    for one in bits:
        if one.pulse:
            one.value = 0
    assert touched
    return None


def mask_of_lanes(lanes: int, width: int) -> int:
    return sum(0xFF << 8 * lane for lane in range(width // 8) if lanes >> lane & 1)


OPERATIONS = st.tuples(st.sampled_from(["read", "write"]), st.integers(0, 2**64 - 1), st.integers(1, 255))
