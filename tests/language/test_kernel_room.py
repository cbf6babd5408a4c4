"""A kernel and an initial RAM disk that do not fit into the board's RAM, found from the sizes, as a run finds them."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest

from devgen import Board, DevgenError
from devgen.language import load_board
from devgen.language.boards.known_devices import DescribedDevices

MIB = 1 << 20
PC = "pc"
VIRT = "virt"


def bzimage(init_size: int = 3 * MIB, limit: int = 0x7FFF_FFFF) -> bytes:
    head = bytearray(1024)
    head[0x1F1] = 1
    struct.pack_into("<4sH", head, 0x202, b"HdrS", 0x20F)
    struct.pack_into("<I", head, 0x22C, limit)
    head[0x234] = 1
    struct.pack_into("<HI", head, 0x236, 1, 255)
    struct.pack_into("<QI", head, 0x258, MIB, init_size)
    return bytes(head) + b"\xf4" * 64


def vmlinux(size: int) -> bytes:
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, MIB, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 120, 0, MIB, 8, size, 8) + b"\xf4" * 8


def image(size: int) -> bytes:
    return struct.pack("<IIQQQ24xI4x", 0x14000010, 0, 0, size, 0b1010, 0x644D5241) + b"kernel"


NEEDS = "the kernel and the initrd of {:#x} bytes need {} MiB of RAM or more, and {} MiB are there for them"

CASES: list[tuple[str, bytes, int, int, str]] = [
    (PC, bzimage(), 4 * MIB, 8, ""),  # to the last byte
    (PC, bzimage(), 4 * MIB + 1, 8, NEEDS.format(4 * MIB + 1, 9, 8)),
    (PC, bzimage(limit=6 * MIB - 1), 3 * MIB, 64, NEEDS.format(3 * MIB, 7, 6)),  # the header's limit, not the RAM
    (PC, bzimage() + bytes(8 * MIB), 0, 8, "the kernel needs 10 MiB of RAM or more, and 8 MiB are there for them"),
    (PC, vmlinux(3 * MIB), 4 * MIB, 8, ""),
    (PC, vmlinux(3 * MIB), 5 * MIB, 8, NEEDS.format(5 * MIB, 9, 8)),
    (PC, vmlinux(8 * MIB), 0, 8, "the kernel needs 9 MiB of RAM or more, and 8 MiB are there for them"),
    (VIRT, image(3 * MIB), 2 * MIB, 8, ""),
    (VIRT, image(3 * MIB), 2 * MIB + 1, 8, NEEDS.format(2 * MIB + 1, 10, 8)),
    (VIRT, gzip.compress(image(7 * MIB)), 0, 8, "the kernel needs 10 MiB of RAM or more, and 8 MiB are there for them"),
]


def board(folder: Path, machine: str, kernel: bytes, initrd: int, ram: int) -> Path:
    (folder / "kernel").write_bytes(kernel)
    (folder / "initrd").write_bytes(b"i" * initrd)
    disk = ", initrd: initrd" if initrd else ""
    path = folder / "board.yaml"
    path.write_text(f"board: b\nmachine:\n  type: {machine}\n  ram: {ram} MiB\nguest: {{kernel: kernel{disk}}}\n")
    return path


@pytest.mark.parametrize(("machine", "kernel", "initrd", "ram", "message"), CASES)
def test_files_that_do_not_fit_are_found_by_the_check(
    tmp_path: Path, machine: str, kernel: bytes, initrd: int, ram: int, message: str
) -> None:
    found = load_board(board(tmp_path, machine, kernel, initrd, ram), devices=DescribedDevices([])).diagnostics
    expected = [("DG1030", 4, message)] if message else []
    assert [(one.code, one.mark.line, one.message) for one in found] == expected


def test_other_ram_of_a_run_is_not_checked_against_the_board(tmp_path: Path) -> None:
    from devgen import GuestOptions

    path = board(tmp_path, PC, bzimage(), 5 * MIB, 8)
    with pytest.raises(DevgenError, match="DG1030"):
        Board(path, accel="emulator")
    with Board(path, accel="emulator", guest=GuestOptions(ram="16 MiB")):
        pass
