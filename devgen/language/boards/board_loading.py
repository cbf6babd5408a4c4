"""From a path to a checked board."""

from __future__ import annotations

from pathlib import Path

from devgen.language.board import BoardBuilder, BoardResult
from devgen.language.boards.known_devices import DeviceFinder
from devgen.language.diagnostics import codes_placements as kinds
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Mark
from devgen.language.reading.foreign_files import is_foreign
from devgen.language.reading.regular_file import read_text
from devgen.language.reading.schema_check import validate
from devgen.language.reading.source_map import Sources
from devgen.language.reading.waivers import apply_waivers
from devgen.language.reading.yaml_tree import load_tree

OTHER_FILES = {"device": "device", "fragment": "fragment"}
"""A key that tells that a file is no board, and what the file describes."""


def load_board_file(path: Path, devices: DeviceFinder | None = None, *, other_guest: bool = False) -> BoardResult:
    """Load and check one board: by itself, and whole if ``devices`` finds the devices that it places.

    ``other_guest``: a run replaces the guest that the board names, or its RAM, so it is not checked.
    """
    sources = Sources()
    sink = Diagnostics(lines=sources.line)
    text = read_text(path, Mark(str(path), 1, 1), sink)
    tree = load_tree(sources.add(str(path), text), sources, sink) if text is not None else None
    board = None
    if tree is not None and not is_foreign(tree, sources, sink) and not _is_other(tree, sources, sink):
        sources.keep.append(tree)
        if validate(tree, "board", sources, sink):
            builder = BoardBuilder(tree, path, sources, sink)
            built = builder.build()
            if devices is not None:
                from devgen.language.boards.whole_check import check_whole

                check_whole(built, tree, path, sources, sink, devices, other_guest=other_guest)
            builder.check(built)
            board = built
    apply_waivers(sources.files, sink, str(path))
    return BoardResult(None if sink.failed else board, sink.finish(), [path])


def _is_other(tree: dict[str, object], sources: Sources, sink: Diagnostics) -> bool:
    """Report a file that describes a device or a fragment, which would break every rule of a board."""
    for key, what in OTHER_FILES.items():
        if key in tree:
            mark = sources.key_mark(tree, key)
            sink.add(kinds.NOT_A_BOARD, mark, length=len(key), what=what, name=tree[key])
            return True
    return False
