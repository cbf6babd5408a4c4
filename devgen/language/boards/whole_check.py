"""The checks that a whole board must pass, in the order of its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devgen.language.board import Board
from devgen.language.boards.address_map import check_addresses
from devgen.language.boards.bar_places import check_bars
from devgen.language.boards.board_under_check import BoardUnderCheck, Placed, Tree
from devgen.language.boards.device_buses import check_buses
from devgen.language.boards.guest_files import check_guest
from devgen.language.boards.interrupt_numbers import check_interrupt_numbers
from devgen.language.boards.known_devices import DeviceFinder, KnownDevice
from devgen.language.boards.machine_keys import check_backends, check_machine_keys
from devgen.language.boards.part_names import check_part_names
from devgen.language.boards.port_space import check_ports
from devgen.language.boards.property_values import check_properties
from devgen.language.diagnostics import codes_placements as kinds
from devgen.language.diagnostics.places import Related
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Mark
from devgen.language.reading.source_map import Sources
from devgen.language.reading.word_fixes import Suggestion, suggestion

CHECKS: tuple[Callable[[BoardUnderCheck], None], ...] = (
    check_machine_keys,
    check_guest,
    check_buses,
    check_part_names,
    check_interrupt_numbers,
    check_properties,
    check_ports,
    check_addresses,
    check_bars,
    check_backends,
)


def check_whole(
    board: Board,
    tree: Tree,
    path: Path,
    sources: Sources,
    sink: Diagnostics,
    devices: DeviceFinder,
    *,
    other_guest: bool = False,
) -> None:
    """Report everything that would keep the board from running, or that a run would ignore.

    ``other_guest``: the run has a guest of its own, so the board's is not checked.
    """
    placed = _placed(board, tree, sources, sink, devices)
    under_check = BoardUnderCheck(board, tree, path, sources, sink, placed)
    for check in CHECKS:
        if not (other_guest and check is check_guest):
            check(under_check)


def _placed(board: Board, tree: Tree, sources: Sources, sink: Diagnostics, devices: DeviceFinder) -> dict[str, Placed]:
    """Look up each device. Report those that are unknown, and those whose description has errors."""
    found = {}
    for placement in board.devices:
        spec = tree["devices"][placement.name]
        if "device" not in spec:
            continue
        known = devices.find(placement.device)
        mark = sources.value_mark(spec, "device")
        if known is not None and known.device is not None:
            found[placement.name] = Placed(placement, spec, known, known.device)
        elif known is not None:
            _report_broken(sink, placement.name, placement.device, mark, known)
        elif not devices.has(placement.device):
            _report_unknown(sink, sources, placement.device, mark, devices)
    return found


def _report_broken(sink: Diagnostics, name: str, device: str, mark: Mark, known: KnownDevice) -> None:
    fault = known.fault
    related = [] if fault is None else [Related(fault.span, fault.message, fault.excerpt)]
    sink.add(kinds.BROKEN_DEVICE, mark, length=len(device), name=name, device=device, related=related)


def _report_unknown(sink: Diagnostics, sources: Sources, device: str, mark: Mark, devices: DeviceFinder) -> None:
    meant: Suggestion = {"hint": "", "fixes": ()}
    if not sink.full:
        meant = suggestion(sources, mark, device, devices.names())
        meant["hint"] = " ".join(filter(None, (meant["hint"], devices.advice(device))))
    sink.add(kinds.UNKNOWN_DEVICE, mark, length=len(device), device=device, **meant)
