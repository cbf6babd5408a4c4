"""Checks the guest: its files, the place of its image in RAM, and the address at which it starts."""

from __future__ import annotations

import os
from pathlib import Path

from devgen.common.guarded_files import RefusedFile, open_regular
from devgen.common.machine_map import ENTRY_LIMITS, LOW_RAM, START_TABLES
from devgen.language.board import BoardGuest
from devgen.language.boards.board_under_check import BoardUnderCheck, Tree
from devgen.language.diagnostics import codes_placements as kinds

FILES = ("image",)
"""Keys of `guest` that name a file."""


def check_guest(board: BoardUnderCheck) -> None:
    """Report a missing guest, files that cannot be read, and an image or entry that cannot work."""
    spec, guest = board.tree.get("guest"), board.board.guest
    if guest is None or not isinstance(spec, dict):
        if not board.was_cut(board.tree, ["guest"]):
            board.at_key(kinds.NO_GUEST, board.tree, "board")
        return
    sizes = {key: _size(board, spec, key) for key in FILES if key in spec}
    _check_entry(board, spec, guest)
    size = sizes.get("image")
    if size:
        _check_image(board, spec, guest, size)


def _size(board: BoardUnderCheck, spec: Tree, key: str) -> int | None:
    """Return the size of a file in bytes, or None after reporting why it cannot be used."""
    name: str = spec[key]
    if "\0" in name:
        return None  # reported by `board.py`
    try:
        with open_regular(board.path.parent / name) as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        reason = error.what if isinstance(error, RefusedFile) and error.what else error.strerror or str(error)
        reason = f"it is {reason}" if isinstance(error, RefusedFile) and error.what else reason
        board.at_value(kinds.BAD_GUEST_FILE, spec, key, key=key, path=Path(name), reason=reason)
        return None
    if not size:
        board.at_value(kinds.BAD_GUEST_FILE, spec, key, key=key, path=Path(name), reason="it is empty")
    return size


def _check_entry(board: BoardUnderCheck, spec: Tree, guest: BoardGuest) -> None:
    limit = ENTRY_LIMITS[guest.mode]
    if limit <= guest.entry < board.board.machine.ram:
        key = "entry" if "entry" in spec else "load"
        board.at_value(kinds.BAD_ENTRY, spec, key, entry=f"{guest.entry:#x}", mode=guest.mode, limit=f"{limit:#x}")


def _check_image(board: BoardUnderCheck, spec: Tree, guest: BoardGuest, size: int) -> None:
    ram, end = min(board.board.machine.ram, LOW_RAM), guest.load + size
    if guest.load >= ram:
        return  # reported by `board.py`
    if end > ram:
        board.at_value(kinds.IMAGE_TOO_LARGE, spec, "load", size=f"{size:#x}", load=f"{guest.load:#x}", ram=f"{ram:#x}")
    image = f"{guest.load:#x}..{end - 1:#x}"
    for start, length in START_TABLES[guest.mode]:
        if guest.load < start + length and start < end:
            tables = f"{start:#x}..{start + length - 1:#x}"
            board.at_value(kinds.IMAGE_IN_TABLES, spec, "load", load=image, tables=tables, mode=guest.mode)
            break
    if "entry" in spec and not guest.load <= guest.entry < end and guest.entry < ram:
        board.at_value(kinds.ENTRY_OUTSIDE_IMAGE, spec, "entry", entry=f"{guest.entry:#x}", image=image)
