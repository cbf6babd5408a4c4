"""``devgen qemu``: devices in stock QEMU with a small Linux, in one command."""

from __future__ import annotations

import logging
import os
import signal
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import click

from devgen import (
    ArgumentError,
    DevgenError,
    QemuDevice,
    QemuGuest,
    QemuTimeLimit,
    parse_properties,
    project_registry,
)
from devgen.cli import OPTIONS
from devgen.cli.command_error import InputError
from devgen.cli.pci_id_option import PCI_ID_FORM, parse_pci_id
from devgen.cli.seconds_option import Seconds

OWN_FAILURE: Final = 125
LATE: Final = 124
"""Exit codes of devgen's own: QEMU, its guest or an argument failed; the time limit is over."""

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


class QemuCommand(click.Command):
    """A command that keeps the words behind ``--`` for QEMU."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what is before ``--``."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta["qemu"] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])


@click.command(
    "qemu",
    cls=QemuCommand,
    epilog="""\b
Examples:
  devgen qemu nvme                                           a shell in the guest; Ctrl-D ends it
  devgen qemu nvme --sh 'cat /sys/block/nvme0n1/size'
  devgen qemu nvme pci-idio-16 -p nvme.blocks=16384 --sh 'gpiodetect; ls /dev/nvme*'
  devgen qemu pl031 --sh 'echo 1 >$DEV0/enable; devmem $(head -n 1 $DEV0/resource | cut -c 1-18) 32'
  devgen qemu edu --module ./my-driver.ko --file test.sh --sh 'sh /test.sh' --timeout 60
  devgen serve edu --socket edu.sock --trace & devgen qemu --attach edu.sock
  devgen qemu edu -- -smp 2 -device nvme,serial=1,drive=d -drive if=none,id=d,file=disk.img,format=raw

\b
Exit codes: that of CMD; 124 after --timeout; 125 if devgen, QEMU or the kernel fails, with a line
that begins with `devgen:`; 2 for a wrong option; 128 + n after signal n.""",
)
@click.argument("devices", nargs=-1)
@click.option(
    "-p",
    "--property",
    "settings",
    multiple=True,
    metavar="[DEVICE.]NAME=VALUE",
    help="Set a property of the only device, or of DEVICE; repeatable.",
)
@click.option(
    "--pci-id",
    "identities",
    multiple=True,
    metavar="[DEVICE=]VVVV:DDDD",
    help="Vendor and device ID, in hexadecimal, of the PCI function around a device of another bus; repeatable. "
    "Default: 1af4:10f0, which is for experiments.",
)
@click.option(
    "--sh",
    "script",
    metavar="CMD",
    help="Run CMD in the guest's shell, then end; - reads CMD from stdin. Default: a shell at the terminal.",
)
@click.option(
    "--attach", type=_FILE, multiple=True, metavar="SOCKET", help="Attach a running `devgen serve`; repeatable."
)
@click.option(
    "--module",
    "modules",
    multiple=True,
    metavar="NAME",
    help="Load this module of Debian's kernel, or your .ko file; repeatable.",
)
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="PATH[:GUEST]",
    help="Copy a file into the guest, by default into /; repeatable.",
)
@click.option(
    "--arch",
    type=click.Choice(["x86_64", "aarch64"]),
    default="x86_64",
    show_default=True,
    help="The processor of the guest.",
)
@click.option(
    "--memory", default="256M", show_default=True, metavar="SIZE", help="The guest's memory, such as 512M or 2G."
)
@click.option(
    "--timeout",
    type=Seconds(),
    metavar="SECONDS",
    help="End CMD after this time; needs --sh. Default: no limit. The boot may take 120 s.",
)
@click.option("--kernel-log", type=_FILE, metavar="FILE", help="Write the kernel's messages to FILE.")
@click.pass_context
def command(
    context: click.Context,
    devices: Sequence[str],
    settings: Sequence[str],
    identities: Sequence[str],
    script: str | None,
    attach: Sequence[Path],
    modules: Sequence[str],
    files: Sequence[str],
    arch: str,
    memory: str,
    timeout: float | None,
    kernel_log: Path | None,
) -> int:
    """Boot a small Linux in stock QEMU with DEVICEs, and run CMD or a shell in it.

    QEMU (10.1 or newer) and Debian's kernel are found, or downloaded into your cache the first time. DEVICE is the name
    of a device that `devgen list` shows. Each DEVICE is served and attached; one of another bus than PCI is put inside
    a PCI function. The kernel's drivers for the devices are loaded. In the guest, $DEV0, $DEV1, ... are the devices'
    folders in sysfs. Arguments after -- are passed to QEMU.
    """
    terminal = script is None
    if terminal and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("a shell needs a terminal; give --sh CMD, or --sh - to read CMD from standard input")
    if terminal and timeout is not None:
        raise click.UsageError("--timeout needs --sh")
    text = sys.stdin.read() if script == "-" else script
    try:
        with _signals(), _terminal(terminal), _logged():
            guest = QemuGuest(
                _devices(devices, settings, identities),
                attach=attach,
                modules=modules,
                files=dict(_file(word) for word in files),
                arch=arch,  # type: ignore[arg-type]  # one of the choices
                memory=memory,
                arguments=context.meta["qemu"],
                terminal=terminal,
                kernel_log=kernel_log,
                log=_tell,
            )
            with guest:
                code = _shell(guest) if text is None else guest.run(text, _write(1), _write(2), timeout=timeout)
                guest.power_off()
                return code
    except BrokenPipeError:
        return 128 + signal.SIGPIPE  # the reader of the output has closed it
    except _Signalled as error:
        return 128 + error.number
    except QemuTimeLimit as error:
        _tell(str(error))
        return LATE
    except ArgumentError as error:
        _tell(f"{OPTIONS.get(error.argument, error.argument)} {error.message}")
        return OWN_FAILURE
    except (DevgenError, OSError) as error:
        _tell(str(error))
        return OWN_FAILURE


class _Signalled(BaseException):
    """A signal asks the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _devices(names: Sequence[str], settings: Sequence[str], identities: Sequence[str]) -> list[QemuDevice]:
    """Return the devices with their properties and PCI IDs. Raises InputError, ArgumentError, RegistryError."""
    texts: dict[str, dict[str, str]] = {name: {} for name in names}
    for word in settings:
        place, equals, value = word.partition("=")
        device, dot, name = place.rpartition(".")
        if not (equals and name):
            raise InputError(f"-p {word}: write NAME=VALUE, or DEVICE.NAME=VALUE")
        if not dot and len(texts) != 1:
            raise InputError(f"-p {word}: say whose property it is: -p DEVICE.{word}")
        if dot and device not in texts:
            raise InputError(f"-p {word}: {device} is not one of the devices")
        texts[device if dot else names[0]][name] = value
    registry = project_registry()
    values = {name: parse_properties(registry.find(name), given) for name, given in texts.items()}
    given = dict(_identity(names, word) for word in identities)
    return [QemuDevice(name, values[name], given.get(name)) for name in names]


def _identity(names: Sequence[str], word: str) -> tuple[str, tuple[int, int]]:
    """Return the device and the ID that a ``--pci-id`` names. Raises InputError."""
    place, equals, text = word.rpartition("=")
    identity = parse_pci_id(text)
    if identity is None:
        raise InputError(f"--pci-id {word}: {PCI_ID_FORM}")
    if not equals and len(set(names)) != 1:
        raise InputError(f"--pci-id {word}: say whose ID it is: --pci-id DEVICE={text}")
    if equals and place not in names:
        raise InputError(f"--pci-id {word}: {place} is not one of the devices")
    return place or names[0], identity


def _file(word: str) -> tuple[str, Path]:
    """Parse ``PATH[:GUEST]``. Raises InputError."""
    path, _, place = word.partition(":")
    place = place or f"/{Path(path).name}"
    if not Path(path).is_file() or not place.startswith("/"):
        raise InputError(f"--file {word}: write PATH:GUEST, an existing file and its absolute path in the guest")
    return place, Path(path)


def _shell(guest: QemuGuest) -> int:
    size = os.get_terminal_size()
    return guest.shell(size.lines or 24, size.columns or 80)


def _write(descriptor: int) -> Callable[[bytes], None]:
    """Return a function that writes bytes to a descriptor of this process."""

    def write(data: bytes) -> None:
        while data:
            data = data[os.write(descriptor, data) :]

    return write


def _tell(line: str) -> None:
    click.echo(f"devgen: {line}", err=True)


@contextmanager
def _logged() -> Iterator[None]:
    """Print lines of the module `logging`, such as those about accesses without an effect, as `_tell` does."""
    logger, handler = logging.getLogger("devgen"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("devgen: %(message)s"))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def _signals() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP end the command in order, with everything that it has started."""

    def hear(number: int, _frame: FrameType | None) -> None:
        raise _Signalled(number)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _terminal(used: bool) -> Iterator[None]:
    """Restore the terminal's mode, which QEMU changes."""
    if not used:
        yield
        return
    before = termios.tcgetattr(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
