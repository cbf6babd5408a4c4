"""Checks that each device is placed as its bus needs: at addresses, or in a PCI slot."""

from __future__ import annotations

from devgen.language.boards.board_under_check import BoardUnderCheck, Placed
from devgen.language.diagnostics import codes_placements as kinds
from devgen.language.diagnostics.codes_board import NO_PCI
from devgen.language.diagnostics.places import Related
from devgen.language.model import Bus

HOST_BRIDGE = "pci-host-bridge"
"""The name of the device that a machine with a PCI bus has in slot 0."""


def check_buses(board: BoardUnderCheck) -> None:
    """Report `slot` and `at` of devices on another bus, missing slots and addresses, and the host bridge's slot."""
    for placed in board.placed.values():
        if placed.device.bus is Bus.PCI:
            _check_card(board, placed)
        else:
            _check_addresses(board, placed)
    _check_host_bridge(board)


def _check_card(board: BoardUnderCheck, placed: Placed) -> None:
    spec = placed.spec
    if "at" in spec:
        reason = f"'{placed.device.name}' is a PCI device, and the guest assigns its addresses"
        hint = "" if "slot" in spec else "place it with `slot`, a number from 1 to 31"
        _report_other(board, placed, "at", reason, hint)
    if {"slot", "at"} & spec.keys() or board.was_cut(spec, ["slot"]):
        return
    if board.board.machine.pci:
        board.at_device(kinds.NO_SLOT, placed.name, name=placed.name, related=[_bus(placed)])
    else:
        board.at_device(NO_PCI, placed.name, name=placed.name, related=[_bus(placed)])


def _check_addresses(board: BoardUnderCheck, placed: Placed) -> None:
    spec, at = placed.spec, placed.entries("at")
    if "slot" in spec:
        reason = f"'{placed.device.name}' is on bus {placed.device.bus} and has no slot"
        _report_other(board, placed, "slot", reason, "" if at else _needed(placed))
    regions = {region.name for region in placed.device.regions}
    if "slot" in spec or board.was_cut(spec, ["at"]) or at.keys() - regions:
        return  # what is missing is meant by what is wrong, which has been reported
    for region in placed.device.regions:
        missing = region.space in ("mmio", "pio") and region.name not in at and not board.was_cut(at, [region.name])
        if missing:
            related = [placed.known.related("the region is declared here", "regions", region.name)]
            board.at_device(
                kinds.NO_ADDRESS,
                placed.name,
                name=placed.name,
                part=region.name,
                device=placed.device.name,
                hint="" if at else _needed(placed),
                related=related,
            )


def _check_host_bridge(board: BoardUnderCheck) -> None:
    if not board.board.machine.pci:
        return
    for placement in board.board.devices:
        if placement.name == HOST_BRIDGE:
            board.at_device(kinds.RESERVED_PLACE, placement.name, what=f"the name '{HOST_BRIDGE}'")
        placed = board.placed.get(placement.name)
        if placement.slot == (0, 0) and (placed is None or placed.device.bus is Bus.PCI):
            spec = board.tree["devices"][placement.name]
            board.at_value(kinds.RESERVED_PLACE, spec, "slot", what="slot 0, function 0,")


def _report_other(board: BoardUnderCheck, placed: Placed, key: str, reason: str, hint: str) -> None:
    values = {"key": key, "name": placed.name, "reason": reason, "hint": hint, "related": [_bus(placed)]}
    board.at_key(kinds.OTHER_BUS, placed.spec, key, **values)


def _needed(placed: Placed) -> str:
    names = [region.name for region in placed.device.regions if region.space in ("mmio", "pio")]
    addresses = ", ".join(f"{name}: ADDRESS" for name in names)
    return f"place it with `at: {{{addresses}}}`" if names else ""


def _bus(placed: Placed) -> Related:
    return placed.known.related(f"'{placed.device.name}' is on bus {placed.device.bus}", "bus")
