"""Boots a small Linux in stock QEMU, with devices that this process serves."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Final

from devgen.api.serving import DeviceServer
from devgen.errors import ArgumentError
from devgen.qemu import qemu_program, small_linux
from devgen.qemu.guest import BOOT, MEMORY, Guest, GuestConfig, GuestFailed, Sink
from devgen.qemu.kernel_modules import drivers, pci_modalias, virtio_modalias
from devgen.qemu.machines import KINDS, MOST_CARDS, Architecture, card_address
from devgen.qemu.run_folder import RunFolder
from devgen.runtime.device.device import Device
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.project_devices import project_registry
from devgen.runtime.pci import PciDevice

AnyPath = str | PathLike[str]

PATIENCE: Final = 30.0
"""Seconds to wait for the socket of a server that another process started."""


@dataclass(slots=True, frozen=True)
class QemuDevice:
    """A device to serve to a `QemuGuest`.

    ``device``: a name that `devgen list` shows, or a class. ``properties``: the device's. ``pci_id``: vendor and device
    ID of the PCI function around a device of another bus, see `DeviceServer`.
    """

    device: str | type[Device]
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    pci_id: tuple[int, int] | None = None


@dataclass(slots=True, frozen=True)
class ScriptResult:
    """How a script ended: its exit status (128 + n: signal n), and what it wrote."""

    status: int
    out: str
    errors: str


class QemuGuest:
    """A Linux that has booted in stock QEMU, with ``devices``. Use as a context, or ``close`` it.

    QEMU of 10.1 or newer and Debian's kernel are found, or fetched into the user's cache. Each device is served by a
    thread of this process; one of another bus is inside a PCI function. The kernel's own drivers for the devices are
    loaded. In the guest, ``$DEV0``, ``$DEV1``, ... are the devices' folders in sysfs. QEMU dies with the thread that
    makes this object.

    ``devices``: names, or `QemuDevice` for more than a name. ``attach``: sockets of servers that run elsewhere, further
    cards. ``modules``: names of kernel modules to load, or paths of your own. ``files``: path in the guest → content,
    or a path to take it from. ``arch``: ``x86_64`` or ``aarch64``. ``memory``: of the guest, as ``256M`` or ``2G``.
    ``arguments``: QEMU's further arguments. ``terminal``: QEMU has this process's standard input and output, for
    ``shell``. ``kernel_log``: a file for the kernel's messages. ``boot_seconds``: the most that the boot may take.
    ``log``: called with each line about downloads, devices and their events. ``registry``: where names are looked up.

    Raises:
        ArgumentError: too many devices, a socket without a listening server, an unknown architecture.
        RuntimeFault: an unknown or stale device, or a wrong property.
        QemuError: QEMU or the kernel is neither installed nor downloadable, or the guest does not boot.
    """

    def __init__(
        self,
        devices: Sequence[str | QemuDevice] = (),
        *,
        attach: Sequence[AnyPath] = (),
        modules: Iterable[AnyPath] = (),
        files: Mapping[str, bytes | Path] | None = None,
        arch: Architecture = "x86_64",
        memory: str = MEMORY,
        arguments: Sequence[str] = (),
        terminal: bool = False,
        kernel_log: AnyPath | None = None,
        boot_seconds: float = BOOT,
        log: Callable[[str], Any] | None = None,
        registry: Registry | None = None,
    ) -> None:
        if arch not in KINDS:
            raise ArgumentError("arch", f"{arch!r} is not one of {', '.join(KINDS)}")
        if re.fullmatch("[1-9][0-9]{0,6}[MG]", memory) is None:
            raise ArgumentError("memory", f"{memory!r} is no size; write it as 256M or 2G")
        if len(devices) + len(attach) > MOST_CARDS:
            raise ArgumentError("devices", f"{len(devices) + len(attach)} devices; a guest has at most {MOST_CARDS}")
        self._say = log or _say_nothing
        cards = [device if isinstance(device, QemuDevice) else QemuDevice(device) for device in devices]
        known = registry or project_registry()
        classes = [known.find(card.device) if isinstance(card.device, str) else card.device for card in cards]
        with ExitStack() as stack:
            folder = stack.enter_context(RunFolder()).path
            servers = [
                stack.enter_context(self._server(folder / f"card{number}", card, device_class))
                for number, (card, device_class) in enumerate(zip(cards, classes, strict=True))
            ]
            command = qemu_program.get(None, arch, self._say)
            linux = small_linux.get(KINDS[arch].debian, self._say)
            sockets = [*(server.path for server in servers), *_listening(map(Path, attach))]
            found = drivers(linux, [alias for server in servers for alias in _modaliases(server.device)])
            config = GuestConfig(
                linux,
                command,
                arch,
                sockets,
                [*found, *map(_module, modules)],
                {"/etc/profile": _profile(len(sockets)), **(files or {})},
                memory,
                None,
                arguments,
                terminal,
                None if kernel_log is None else Path(kernel_log),
            )
            for server in servers:
                server.start()
            self.guest = stack.enter_context(Guest(folder, config, boot_seconds))
            self.servers = tuple(servers)
            self._cleanup = stack.pop_all()

    def _server(self, path: Path, card: QemuDevice, device_class: type[Device]) -> DeviceServer:
        carried = not issubclass(device_class, PciDevice)
        server = DeviceServer(
            device_class, path, properties=card.properties, as_pci=carried, pci_id=card.pci_id, log=self._say
        )
        number = int(path.name.removeprefix("card"))
        where = f"{server.device.name} is {card_address(number)} in the guest"
        self._say(f"{where}, {server.carriage}" if carried else where)
        return server

    def run(self, script: str, out: Sink, errors: Sink, *, timeout: float | None = None) -> int:
        """Run ``script`` in the guest's shell; return its exit status, 128 + n if signal n ended it.

        ``out`` and ``errors`` are called with its standard output and standard error, as bytes, as they come. Its
        standard input is empty. ``timeout``: seconds that it may take; the guest cannot be used after a QemuTimeLimit.

        Raises:
            QemuError: QEMU has ended, the kernel has panicked, or the script takes too long (`QemuTimeLimit`).
        """
        return self.guest.run(script, out, errors, seconds=timeout)

    def sh(self, script: str, *, timeout: float | None = 60) -> ScriptResult:
        """Run ``script`` as ``run`` does; return its exit status and what it wrote."""
        out, errors = bytearray(), bytearray()
        status = self.run(script, out.extend, errors.extend, timeout=timeout)
        return ScriptResult(status, out.decode(errors="replace"), errors.decode(errors="replace"))

    def shell(self, rows: int = 24, columns: int = 80) -> int:
        """Run a shell at the terminal; return its exit status, or 0 if the user ends QEMU. Raises QemuError."""
        return self.guest.terminal(rows, columns)

    def power_off(self) -> None:
        """Flush the guest's disks and power it off. ``log`` is called with the reason of a failure."""
        try:
            self.guest.power_off()
        except GuestFailed as error:
            self._say(str(error).partition("\n")[0])

    def close(self) -> None:
        """End QEMU and the servers, remove all files. Raises the exception of a server that has failed."""
        self._cleanup.close()

    def __enter__(self) -> QemuGuest:
        """Return the guest; the context closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def _say_nothing(_line: str) -> None:
    """Discard a line."""


def _modaliases(device: Device) -> list[str]:
    """Return the modaliases of a served device: its PCI function's, and that of the virtio device behind it."""
    assert isinstance(device, PciDevice)  # a server's device is one
    identity, subsystem = (
        (device.PCI.vendor, device.PCI.device),
        (device.PCI.subsystem_vendor, device.PCI.subsystem_device),
    )
    virtio = virtio_modalias(identity)
    return [pci_modalias(identity, subsystem, device.PCI.class_code), *([virtio] if virtio else [])]


def _module(module: AnyPath) -> str | Path:
    """Return a module's name, or its path if it is given as one."""
    if isinstance(module, str) and "/" not in module and not module.endswith(".ko"):
        return module
    return Path(module)


def _profile(cards: int) -> bytes:
    """Return what the guest's shells read first."""
    return "".join(f"export DEV{n}=/sys/bus/pci/devices/{card_address(n)}\n" for n in range(cards)).encode()


def _listening(sockets: Iterable[Path]) -> list[Path]:
    """Wait for the sockets of servers; return their absolute paths. Raises ArgumentError if one does not come."""
    found = []
    end = time.monotonic() + PATIENCE
    for path in sockets:
        while not path.is_socket():
            if time.monotonic() > end or path.exists():
                raise ArgumentError("attach", f"{path}: nobody listens there; start `devgen serve` first")
            time.sleep(0.05)
        found.append(path.absolute())
    return found
