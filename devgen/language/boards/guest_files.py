"""Checks the guest: its files, the place of its image in RAM, and the address at which it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from devgen.common.guarded_files import RefusedFile, open_regular
from devgen.common.machine_map import ENTRY_LIMITS, START_TABLES, ram_parts
from devgen.language.board_guest import BoardGuest, BoardKernel
from devgen.language.boards.board_under_check import BoardUnderCheck, Tree
from devgen.language.boards.guest_forms import wrong_image, wrong_kernel
from devgen.language.boards.kernel_room import START, pc_room, virt_room
from devgen.language.diagnostics import codes_placements as kinds
from devgen.language.diagnostics.codes_board import BAD_RAM

FILES = ("image", "kernel", "initrd")
"""Keys of `guest` that name a file."""
KERNEL_RAM = 2 << 20
"""Least bytes of RAM with which a Linux kernel can be loaded on a PC."""


def check_guest(board: BoardUnderCheck) -> None:
    """Report a missing guest, files that cannot be read, and an image or entry that cannot work."""
    spec, guest = board.tree.get("guest"), board.board.guest
    if not isinstance(spec, dict):
        if board.board.machine.type != "bus" and not board.was_cut(board.tree, ["guest"]):
            board.at_key(kinds.NO_GUEST, board.tree, "board")
        return
    if board.board.machine.type == "bus":
        return
    files = {key: found for key in FILES if key in spec and (found := _look(board, spec, key)) is not None}
    if isinstance(guest, BoardKernel):
        _check_kernel(board, spec, files)
    elif guest is not None and guest.load is not None:
        _check_place(board, spec, guest, guest.load, files["image"].size if "image" in files else None)
    elif guest is not None and "load" not in spec and "image" in files:
        _check_form(board, spec, "image", wrong_image(files["image"].head, board.board.machine.type))


def _check_kernel(board: BoardUnderCheck, spec: Tree, files: dict[str, _File]) -> None:
    machine = board.board.machine
    if "kernel" in files:
        _check_form(board, spec, "kernel", wrong_kernel(files["kernel"].head, machine.type))
    tree = board.tree.get("machine", {})
    node, key = (tree, "ram") if "ram" in tree else (spec, "kernel")
    if machine.type == "pc" and machine.ram < KERNEL_RAM:
        board.at_value(BAD_RAM, node, key, size=machine.ram, reason="a kernel needs 2 MiB or more")
    elif "kernel" in files and ("initrd" in files) == ("initrd" in spec):
        _check_room(board, node, key, files)


def _check_room(board: BoardUnderCheck, node: Tree, key: str, files: dict[str, _File]) -> None:
    """Report a kernel and an initial RAM disk that do not fit into RAM, at the key ``key`` of ``node``."""
    machine, kernel = board.board.machine, files["kernel"]
    initrd = files["initrd"].size if "initrd" in files else 0
    find_room = pc_room if machine.type == "pc" else virt_room
    room = find_room(kernel.head, kernel.size, initrd, ram_parts(machine.type, machine.ram)[0][1])
    if room is not None and not room.is_enough:
        what = f"the kernel and the initrd of {initrd:#x} bytes need" if initrd else "the kernel needs"
        board.at_value(
            kinds.NO_ROOM, node, key, what=what, needed=-(-room.needed >> 20), there=f"{room.there / (1 << 20):g}"
        )


def _check_form(board: BoardUnderCheck, spec: Tree, key: str, fault: tuple[str, str] | None) -> None:
    if fault is not None:
        board.at_value(
            kinds.WRONG_GUEST_FILE, spec, key, key=key, path=Path(spec[key]), found=fault[0], wanted=fault[1]
        )


@dataclass(slots=True, frozen=True)
class _File:
    """A file of the guest: its size in bytes, and its first bytes."""

    size: int
    head: bytes


def _look(board: BoardUnderCheck, spec: Tree, key: str) -> _File | None:
    """Return a file with contents, or None after reporting why it cannot be used."""
    name: str = spec[key]
    if "\0" in name:
        return None  # reported by `board_guest.py`
    try:
        with open_regular(board.path.parent / name) as file:
            size, head = os.fstat(file.fileno()).st_size, file.read(START)
    except OSError as error:
        reason = error.what if isinstance(error, RefusedFile) and error.what else error.strerror or str(error)
        reason = f"it is {reason}" if isinstance(error, RefusedFile) and error.what else reason
        board.at_value(kinds.BAD_GUEST_FILE, spec, key, key=key, path=Path(name), reason=reason)
        return None
    if not size:
        board.at_value(kinds.BAD_GUEST_FILE, spec, key, key=key, path=Path(name), reason="it is empty")
        return None
    return _File(size, head)


def _check_place(board: BoardUnderCheck, spec: Tree, guest: BoardGuest, load: int, size: int | None) -> None:
    """Check an image that is loaded at ``load``; an ELF file says its addresses itself."""
    machine, mode = board.board.machine, guest.mode or "real"
    entry, limit = load if guest.entry is None else guest.entry, ENTRY_LIMITS[mode]
    if machine.type == "pc" and limit <= entry < machine.ram:
        key = "entry" if "entry" in spec else "load"
        board.at_value(kinds.BAD_ENTRY, spec, key, entry=f"{entry:#x}", mode=mode, limit=f"{limit:#x}")
    if size:
        _check_image(board, spec, load, size, entry, mode)


def _check_image(board: BoardUnderCheck, spec: Tree, load: int, size: int, entry: int, mode: str) -> None:
    start, length = ram_parts(board.board.machine.type, board.board.machine.ram)[0]
    ram, end = start + length, load + size
    if not start <= load < ram:
        return  # reported by `board_guest.py`
    if end > ram:
        board.at_value(kinds.IMAGE_TOO_LARGE, spec, "load", size=f"{size:#x}", load=f"{load:#x}", ram=f"{ram:#x}")
    image = f"{load:#x}..{end - 1:#x}"
    for start, length in START_TABLES[mode] if board.board.machine.type == "pc" else ():
        if load < start + length and start < end:
            tables = f"{start:#x}..{start + length - 1:#x}"
            board.at_value(kinds.IMAGE_IN_TABLES, spec, "load", load=image, tables=tables, mode=mode)
            break
    if "entry" in spec and not load <= entry < end and entry < ram:
        board.at_value(kinds.ENTRY_OUTSIDE_IMAGE, spec, "entry", entry=f"{entry:#x}", image=image)
