"""``devgen serve``: serves a PCI device to another VMM."""

from __future__ import annotations

import json
import re
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from devgen import (
    DeviceServer,
    FileError,
    StateError,
    Watch,
    check_state_place,
    parse_properties,
    project_registry,
    read_state,
    write_state,
)
from devgen.cli.command_error import InputError
from devgen.cli.event_options import named_actions, served_option
from devgen.cli.pci_id_option import PCI_ID_FORM, parse_pci_id
from devgen.cli.stop_signals import Stopping, leave_hung_descriptors
from devgen.cli.watch_options import TracingCommand, options
from devgen.common.removal_after_kill import RemovalAfterKill

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


def _mode(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    """Parse the octal permission bits of ``--mode``. Raises click.BadParameter."""
    if not re.fullmatch("0?[0-7]{3}", value):
        raise click.BadParameter(f"{value!r} is not a mode; write it in octal, such as 0660")
    return int(value, 8)


def _pci_id(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Parse the ID of ``--pci-id``. Raises click.BadParameter."""
    if value is None:
        return None
    found = parse_pci_id(value)
    if found is None:
        raise click.BadParameter(f"{value!r} is not a PCI ID; {PCI_ID_FORM}")
    return found


@click.command(
    "serve",
    cls=TracingCommand,
    epilog="""\b
Examples:
  devgen serve edu --socket /tmp/edu.sock
  devgen serve edu --socket edu.sock -p dma_mask=0xffffffff
  devgen serve edu --socket edu.sock --trace           each access, by register and field
  devgen serve edu --socket edu.sock --trace=all --trace-output edu.log
  devgen serve edu --socket edu.sock --trace --trace-format json --trace-output edu.jsonl
  devgen replay edu.jsonl
  devgen serve edu --socket edu.sock --save edu.state --restore edu.state
  devgen serve nvme --socket disk.sock --medium medium=disk.img -p blocks=16384
  devgen serve my-serial-card --socket card.sock --stream line=pty
  devgen serve pl031 --socket rtc.sock --as-pci
  devgen serve i6300esb --socket dog.sock --on-event WATCHDOG=qmp:/tmp/qmp.sock:system_reset

Attach it to QEMU 10.1 or newer, whose memory must be shared:

\b
  qemu-system-x86_64 -machine q35,memory-backend=mem0 -m 1G \\
    -object memory-backend-memfd,id=mem0,size=1G,share=on \\
    -device '{"driver": "vfio-user-pci", "socket": {"type": "unix", "path": "/tmp/edu.sock"}}'""",
)
@click.argument("device")
@click.option(
    "--socket",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="PATH",
    help="The UNIX socket to listen on. A socket that a dead server left behind is replaced.",
)
@click.option(
    "--mode",
    callback=_mode,
    default="0600",
    show_default=True,
    metavar="OCTAL",
    help="Permissions of the socket, independent of the umask. Users with write permission can use the device.",
)
@click.option(
    "-p",
    "--property",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a property of the device; repeatable.",
)
@click.option(
    "--stream",
    "streams",
    multiple=True,
    metavar="NAME=BACKEND",
    help="Connect a stream to stdio, pty, socket:PATH, file:PATH, input:PATH, random or null; repeatable.",
)
@click.option(
    "--medium",
    "media",
    multiple=True,
    metavar="NAME=FILE",
    help="Keep a medium of the device in FILE, such as medium=disk.img; with -p read_only=true FILE is only read. "
    "Repeatable.",
)
@click.option(
    "--lines",
    metavar="BACKEND",
    help="Connect the GPIO lines to a backend as for --stream, as text lines NAME=0 and NAME=1; ? lists all lines.",
)
@click.option(
    "--no-mmap",
    is_flag=True,
    help="Do not let clients map the device's memory. QEMU posts writes only to a device without mapped memory.",
)
@click.option(
    "--without-msix",
    is_flag=True,
    help="Omit the device's MSI-X capability; it then uses MSI or INTx#. QEMU 11.1 aborts when a device with MSI-X is "
    "removed.",
)
@click.option(
    "--as-pci",
    is_flag=True,
    help="Serve a device of another bus inside a PCI function: regions as BARs, interrupt lines as INTA# and MSI-X.",
)
@click.option(
    "--pci-id",
    callback=_pci_id,
    metavar="VVVV:DDDD",
    help="With --as-pci: the function's vendor and device ID in hexadecimal. Default: 1af4:10f0, for experiments.",
)
@served_option
@click.option(
    "--save",
    type=_FILE,
    metavar="FILE",
    help="Write the device's state to FILE when the server ends, and on SIGUSR1.",
)
@click.option("--restore", type=_FILE, metavar="FILE", help="Start with the state in FILE, which --save has written.")
@options
def command(
    device: str,
    path: Path,
    mode: int,
    settings: Sequence[str],
    streams: Sequence[str],
    media: Sequence[str],
    lines: str | None,
    no_mmap: bool,
    without_msix: bool,
    as_pci: bool,
    pci_id: tuple[int, int] | None,
    actions: Sequence[str],
    save: Path | None,
    restore: Path | None,
    watching: Watch,
) -> int:
    """Serve a PCI device to another VMM, over vfio-user.

    DEVICE is the name of a device that `devgen list` shows. A device of another bus needs --as-pci. The server has one
    client at a time. When it disconnects, the device keeps its state, and the server accepts the next client.
    Ctrl-C, SIGTERM or SIGHUP ends the server. The exit code is 1 if an event with a code other than 0 ended the server,
    else 0.
    """
    device_class = project_registry().find(device)
    properties = parse_properties(device_class, _named("-p", "NAME=VALUE", settings))
    state = None if restore is None else read_state(restore)
    with (
        Stopping() as stopping,
        _restored_from(restore),
        DeviceServer(
            device_class, path, properties=properties, mapped=not no_mmap, msix=not without_msix, mode=mode,
            as_pci=as_pci, pci_id=pci_id, lines=lines, state=state,
            streams=_named("--stream", "NAME=BACKEND, as serial=pty", streams),
            media=_named("--medium", "NAME=FILE, as medium=disk.img", media),
            on_event=named_actions(actions, "EVENT=ACTION, as PANIC=exit"),
            log=_tell, on_client=lambda line: _tell(f"devgen: {line}"),
        ) as server,
        RemovalAfterKill(server.sockets),
        server.watch(watching),
        _saved(server, save),
    ):  # fmt: skip
        stopping.server = server
        if server.carriage is not None:
            _tell(f"devgen: {device}: {server.carriage}")
        _tell(f"devgen: {device} listens on {path}; QEMU 10.1 or newer attaches it with -device {qemu_device(path)}")
        stopping.run(server)
    code = 1 if server.code else 0
    leave_hung_descriptors(server, code)
    return code


def qemu_device(path: Path) -> str:
    """Return the value of QEMU's option ``-device`` that attaches the socket at ``path``, quoted for a shell."""
    socket = {"type": "unix", "path": str(path.absolute())}
    return shlex.quote(json.dumps({"driver": "vfio-user-pci", "socket": socket}))


def _tell(line: str) -> None:
    click.echo(line, err=True)


@contextmanager
def _restored_from(path: Path | None) -> Iterator[None]:
    """Prefix an error about a saved state with the name of its file."""
    try:
        yield
    except StateError as error:
        raise InputError(f"{path}: {error}") from None


def _named(option: str, form: str, words: Sequence[str]) -> dict[str, str]:
    """Parse the values ``NAME=TEXT`` of an option. The last value for a name takes precedence."""
    found = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (name and equals):
            raise InputError(f"{option} {word}: write {form}")
        found[name] = text
    return found


@contextmanager
def _saved(server: DeviceServer, path: Path | None) -> Iterator[None]:
    """Save the device's state on SIGUSR1 and at the end."""
    if path is None:
        yield
        return
    check_state_place(path)

    def save() -> None:
        try:
            write_state(path, server.save_state())
        except FileError as error:  # the guest continues; the next save may succeed
            click.echo(f"devgen: {error}", err=True)
        else:
            click.echo(f"devgen: saved to {path}", err=True)

    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: server.soon(save))
    try:
        yield
        write_state(path, server.save_state())
    except KeyboardInterrupt:
        click.echo(f"devgen: stopped before the end; nothing is saved to {path}", err=True)
        raise
    finally:
        signal.signal(signal.SIGUSR1, before)
