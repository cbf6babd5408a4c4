"""Makes a machine's configuration from a board file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from devgen.api.catalogue import find_board
from devgen.api.descriptions import BoardDescription, load_board
from devgen.errors import ArgumentError
from devgen.language.board import Board, Placement
from devgen.language.board_guest import BoardGuest, BoardKernel
from devgen.runtime.base.faults import suggest
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, KernelConfig, MachineConfig

AnyBoard = str | PathLike[str] | BoardDescription | MachineConfig
"""A board file, the name of a board that comes with devgen, a loaded board, or a configuration made in Python."""


def board_configuration(
    board: AnyBoard, registry: Registry | None = None, *, other_guest: bool = False
) -> MachineConfig:
    """Return the configuration from which the runtime builds a machine. For the other arguments see ``load_board``.

    Raises:
        FileError: there is no such file or board.
        DescriptionError: the board has errors.
    """
    match board:
        case MachineConfig():
            return board
        case BoardDescription():
            return _configuration(board.board)
        case _:
            return _configuration(load_board(find_board(board), registry=registry, other_guest=other_guest).board)


def _configuration(board: Board) -> MachineConfig:
    return MachineConfig(
        name=board.name,
        title=board.title,
        ram=board.machine.ram,
        irqchip=board.machine.irqchip,
        pci=board.machine.pci,
        ecam=board.machine.ecam,
        pit=board.machine.pit,
        intx_gsis=board.machine.intx,
        devices=tuple(_placement(device) for device in board.devices),
        guest=_guest(board.guest),
        type=board.machine.type,
        cpus=board.machine.cpus,
        triple_fault=board.machine.triple_fault,
        on_reset=board.machine.on_reset,
    )


def _guest(guest: BoardGuest | BoardKernel | None) -> GuestConfig | KernelConfig | None:
    match guest:
        case BoardGuest():
            return GuestConfig(guest.image, guest.load, guest.entry, guest.mode)
        case BoardKernel():
            return KernelConfig(guest.kernel, guest.initrd, guest.cmdline)
    return None


def _placement(device: Placement) -> DevicePlacement:
    slot, function = device.slot or (None, 0)
    return DevicePlacement(
        name=device.name,
        device=device.device,
        at=dict(device.at),
        slot=slot,
        function=function,
        irq=dict(device.irq),
        wires=dict(device.wires),
        inputs=dict(device.inputs),
        properties=dict(device.properties),
        on_event=dict(device.on_event),
        streams=dict(device.streams),
        media=dict(device.media),
        overlaps=device.overlaps,
        where=f"{device.mark.file}:{device.mark.line}:{device.mark.column}",
    )


def with_streams(config: MachineConfig, streams: Mapping[str, str]) -> MachineConfig:
    """Return ``config`` with other backends for some streams, as ``{"uart.serial": "pty"}``.

    Raises:
        ArgumentError: a key that is no DEVICE.STREAM, or a device that the board does not have.
    """
    for place, backend in streams.items():
        device, stream = _split("streams", "DEVICE.STREAM", place, config)
        config = _changed(config, device, streams={stream: backend})
    return config


def with_media(config: MachineConfig, media: Mapping[str, str | PathLike[str]]) -> MachineConfig:
    """Return ``config`` with files as media, as ``{"disk.medium": "disk.img"}``.

    Raises:
        ArgumentError: a key that is no DEVICE.MEDIUM, or a device that the board does not have.
    """
    for place, path in media.items():
        device, medium = _split("media", "DEVICE.MEDIUM", place, config)
        config = _changed(config, device, media={medium: Path(path)})
    return config


def with_actions(config: MachineConfig, actions: Mapping[str, str]) -> MachineConfig:
    """Return ``config`` with other actions for some events, as ``{"rtc.RTC_CHANGE": "ignore"}``.

    Raises:
        ArgumentError: a key that is no DEVICE.EVENT, or a device that the board does not have.
    """
    for place, action in actions.items():
        device, event = _split("on_event", "DEVICE.EVENT", place, config)
        config = _changed(config, device, on_event={event: action})
    return config


def _split(argument: str, form: str, place: str, config: MachineConfig) -> tuple[str, str]:
    """Split ``place`` into device and part. Raises ArgumentError."""
    device, dot, part = place.rpartition(".")
    if not (dot and device and part):
        raise ArgumentError(argument, f"{place!r} is not of the form {form}")
    names = [placement.name for placement in config.devices]
    if device not in names:
        raise ArgumentError(argument, f"{place}: the board has no device '{device}'{suggest(device, names)}")
    return device, part


def _changed(config: MachineConfig, device: str, **added: Mapping[str, object]) -> MachineConfig:
    """Return ``config`` with entries added to mappings of a device's placement."""

    def change(placement: DevicePlacement) -> DevicePlacement:
        merged: dict[str, Any] = {key: {**getattr(placement, key), **entries} for key, entries in added.items()}
        return replace(placement, **merged) if placement.name == device else placement

    return replace(config, devices=tuple(map(change, config.devices)))
