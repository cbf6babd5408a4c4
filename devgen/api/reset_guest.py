"""Assembles a guest that compares registers with their reset values, so that a new board needs no assembler."""

from __future__ import annotations

from collections.abc import Sequence

from devgen.common.quick_dataclass import dataclass


@dataclass(slots=True, frozen=True)
class ResetCheck:
    """A register to read: name, offset in bytes, width in bits, reset value. ``big``: its bytes are in big order."""

    name: str
    offset: int
    width: int
    value: int
    big: bool = False

    @property
    def seen(self) -> int:
        """The value that a processor with little order reads."""
        size = self.width // 8
        return int.from_bytes(self.value.to_bytes(size, "big"), "little") if self.big else self.value


def reset_guest(base: int, checks: Sequence[ResetCheck]) -> bytes:
    """Return 32-bit code that exits with 0 if all registers have their values, else with the number of the first wrong.

    The source is ``guest-imported.S.j2``. Encodings: Intel SDM, volume 2: MOV moffs (A0, A1), CMP imm (3C, 3D),
    JE rel8 (74), OUT imm8 (E6), HLT (F4), JMP rel8 (EB); 66 is the prefix for 16 bits.
    """
    code = b""
    leave = b"\xb0%b\xe6\xf4\xf4\xeb\xfd"  # mov al, code; out 0xf4, al; hlt; jmp to the hlt
    for number, check in enumerate(checks, 1):
        prefix = b"\x66" if check.width == 16 else b""
        move, compare = (b"\xa0", b"\x3c") if check.width == 8 else (b"\xa1", b"\x3d")
        code += prefix + move + (base + check.offset).to_bytes(4, "little")
        code += prefix + compare + check.seen.to_bytes(check.width // 8, "little")
        wrong = leave % bytes((number,))
        code += b"\x74" + bytes((len(wrong),)) + wrong
    return code + leave % b"\0"
