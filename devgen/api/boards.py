"""Runs a board: its guest on KVM or the emulator, with its devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Final, TextIO

from devgen.api.accelerators import Accel, Host, choose_accel, make_host
from devgen.api.board_configuration import AnyBoard, board_configuration, with_actions, with_media, with_streams
from devgen.api.descriptions import BoardDescription
from devgen.api.guest_options import GuestOptions, with_guest
from devgen.api.observing import Watch, watch
from devgen.errors import ArgumentError
from devgen.runtime.base.faults import MachineError, RuntimeFault, suggest
from devgen.runtime.device.device import Device
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import MachineConfig
from devgen.runtime.machine.project_devices import project_registry
from devgen.runtime.machine.run_result import RunResult
from devgen.runtime.machine.stream_backends import socket_paths
from devgen.runtime.observe.access_counts import AccessCounts
from devgen.runtime.observe.recorder import Recorder

LONGEST_RUN: Final = 1_000_000_000.0
"""Most seconds, about thirty years: system calls accept timeouts of at most a few hundred years."""


class Board:
    """A board that is ready to run: `machine`, and the host that runs its guest. Use as a context, or ``close`` it.

    ``board``: a file, the name of a board that comes with devgen, a loaded board, or a `MachineConfig`. ``accel``:
    "kvm", "emulator", or "auto", which uses KVM if /dev/kvm can run the guest. ``streams``: DEVICE.STREAM →
    ``stdio``, ``pty``, ``socket:PATH``, ``file:PATH``, ``input:PATH``, ``random``, ``memory`` or ``null``, in place
    of the board's backend. ``on_event``: DEVICE.EVENT → ``exit``, ``reset``, ``panic``, ``log``, ``ignore``,
    ``run:COMMAND`` or ``qmp:SOCKET:COMMAND``, in place of the board's action. ``media``: DEVICE.MEDIUM → file, in
    place of the board's. ``guest``: another kernel, more processors, other RAM. ``registry``: where devices are
    looked up; by default the project at or above the current folder. ``log`` is called with lines about accesses to
    addresses without a device, which otherwise go to the module `logging`.

    Raises:
        FileError: there is no such board.
        DescriptionError: the board's file has errors.
        ArgumentError: a stream or an event of a device that the board does not have, an unknown accelerator.
        RuntimeFault: a device is unknown, the devices do not fit together, there is no guest, or KVM does not work.
    """

    def __init__(
        self,
        board: AnyBoard,
        *,
        accel: Accel = "auto",
        streams: Mapping[str, str] | None = None,
        media: Mapping[str, str | PathLike[str]] | None = None,
        on_event: Mapping[str, str] | None = None,
        guest: GuestOptions | None = None,
        registry: Registry | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        options = guest or GuestOptions()
        config = with_guest(board_configuration(board, registry, other_guest=options.replaces_guest), options)
        config = with_media(with_streams(config, streams or {}), media or {})
        self.config = with_actions(config, on_event or {})
        with _named(board, config.name):
            if config.type == "bus":
                raise MachineError("a machine of type bus has no processor: use the board on a bench (BoardBench)")
            self.accel, self.why = choose_accel(accel, config.type)
            """The host's name, "kvm" or "emulator", and the reason for the choice."""
            if config.guest is None:
                raise MachineError("the board has no guest to run")
            self.machine = Machine(self.config, registry or project_registry(), log=log)
            try:
                self.host: Host = make_host(self.accel, self.machine)
            except BaseException:
                self.machine.close()
                raise

    def run(self, timeout: float | None = None) -> RunResult:
        """Run the guest until it ends, a device ends the run, ``stop`` is called, or ``timeout`` seconds have passed.

        After a timeout or a stop, ``run`` can be called again to continue. Raises ArgumentError for a timeout that is
        not above 0.
        """
        if timeout is not None and not (isfinite(timeout) and 0 < timeout <= LONGEST_RUN):
            raise ArgumentError(
                "timeout", f"{timeout!r} is not a number of seconds above 0 and up to {LONGEST_RUN:.0f}"
            )
        return self.host.run(timeout)

    def stop(self) -> None:
        """End ``run``, from another thread."""
        self.host.stop()

    def device(self, name: str) -> Device:
        """Return the device of that name on the board. Raises ArgumentError."""
        device = self.machine.devices.get(name)
        if device is None:
            known = ", ".join(self.machine.devices) or "none"
            raise ArgumentError(
                "device", f"the board has no device '{name}'{suggest(name, self.machine.devices)}; it has {known}"
            )
        return device

    def sent(self, device: str, stream: str) -> bytes:
        """Return the bytes that a stream with backend ``memory`` has sent so far. Raises ArgumentError."""
        backend = self.machine.backends.get((device, stream))
        data = getattr(backend, "data", None)
        if not isinstance(data, bytearray):
            raise ArgumentError(
                "stream", f"{device}.{stream} is not kept: connect it with streams={{'{device}.{stream}': 'memory'}}"
            )
        return bytes(data)

    @property
    def sockets(self) -> list[Path]:
        """The paths of the sockets of its streams."""
        return socket_paths(self.machine.backends.values())

    def watch(self, what: Watch) -> AbstractContextManager[None]:
        """Trace the devices while the context lasts. Raises ArgumentError, FileError, MissingPackageError."""
        return watch(self.machine, what, self.host.program_counter)

    def count_accesses(self) -> AccessCounts:
        """Count the guest's accesses by device and region, until the result is closed or its context ends."""
        return AccessCounts(self.machine, (self.machine.memory, self.machine.io))

    def record(self, device: str, file: TextIO) -> Recorder:
        """Record a device until the recorder's ``close``; `replay_trace` reads the file. Raises ArgumentError."""
        return Recorder(self.machine, self.device(device), file)

    def close(self) -> None:
        """Release the host, the devices, streams and RAM."""
        self.host.close()
        self.machine.close()

    def __enter__(self) -> Board:
        """Return the board; the context closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


@contextmanager
def _named(board: AnyBoard, name: str) -> Iterator[None]:
    """Prefix an error without a place in a file with the board's name."""
    match board:
        case BoardDescription():
            shown = str(board.sources[0])
        case MachineConfig():
            shown = name
        case _:
            shown = str(board)
    try:
        yield
    except RuntimeFault as error:
        error.where = error.where or shown
        raise
    except OSError as error:
        raise MachineError(f"{shown}: {error}") from error


def run_board(
    board: AnyBoard,
    *,
    accel: Accel = "auto",
    timeout: float | None = None,
    streams: Mapping[str, str] | None = None,
    media: Mapping[str, str | PathLike[str]] | None = None,
    on_event: Mapping[str, str] | None = None,
    guest: GuestOptions | None = None,
    watch: Watch | None = None,
    registry: Registry | None = None,
) -> RunResult:
    """Run a board to its end, or for ``timeout`` seconds; see `Board` for the arguments and `Watch` for ``watch``.

    Raises what `Board` and `Board.run` raise.
    """
    with Board(
        board, accel=accel, streams=streams, media=media, on_event=on_event, guest=guest, registry=registry
    ) as ready:
        if watch is None:
            return ready.run(timeout)
        with ready.watch(watch):
            return ready.run(timeout)
