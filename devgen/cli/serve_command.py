"""``devgen serve``: a PCI device for another VMM."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

import click

from devgen.cli.command_error import InputError
from devgen.cli.event_options import Events
from devgen.cli.project_devices import project_registry
from devgen.cli.state_file import check_place, read_state, write_state
from devgen.cli.stop_signals import Stopping
from devgen.cli.watch_options import TracingCommand, Watching, options, watch
from devgen.hosts.vfio_user import VfioUserServer
from devgen.hosts.vfio_user.gpio_socket import GpioLines
from devgen.hosts.vfio_user.served_streams import ServedStreams
from devgen.runtime.base.errors import RuntimeFault, StateError, suggest
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device
from devgen.runtime.device.properties import Property, PropertyValue

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


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
  devgen serve my-serial-card --socket card.sock --stream line=pty

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
    help="The UNIX socket to listen on; one that a dead server has left is replaced.",
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
    metavar="NAME=END",
    help="Connect a stream of the device to stdio, pty, socket:PATH, file:PATH or null; repeatable.",
)
@click.option(
    "--lines",
    metavar="END",
    help="Connect the device's GPIO lines to such an end: it takes and tells lines NAME=0, NAME=1; ? asks for all.",
)
@click.option(
    "--no-mmap",
    is_flag=True,
    help="Hand out none of the card's memory to map. QEMU posts the writes only of a card that has none mapped.",
)
@click.option(
    "--on-event",
    "actions",
    multiple=True,
    metavar="EVENT=ACTION",
    help="What an event of the device does: log (all do), ignore, or exit, which ends the server; repeatable.",
)
@click.option(
    "--save",
    type=_FILE,
    metavar="FILE",
    help="Write the device's state there when the server ends, and whenever it gets SIGUSR1.",
)
@click.option("--restore", type=_FILE, metavar="FILE", help="Begin with the state that --save has written.")
@options
def command(
    device: str,
    path: Path,
    settings: Sequence[str],
    streams: Sequence[str],
    lines: str | None,
    no_mmap: bool,
    actions: Sequence[str],
    save: Path | None,
    restore: Path | None,
    watching: Watching,
) -> int:
    """Serve a PCI device to another VMM, over vfio-user.

    DEVICE is the name of a device as `devgen list` knows it. One client is served at a time; when it has gone, the
    device keeps its state and takes the next. Ctrl-C ends the server. The exit code is 1 if an
    event of another code than 0 has ended it, else 0.
    """
    try:
        device_class = project_registry().find(device)
        properties = parse_properties(device_class, settings)
        events = Events(device_class, _named("--on-event", "EVENT=ACTION, as PANIC=exit", actions))
        state = None if restore is None else read_state(restore)
        with (
            Stopping() as stopping,
            VfioUserServer(
                device_class, path, properties, on_event=events.hear, on_client=_client, mapped=not no_mmap
            ) as server,
        ):
            events.stop = server.stop
            stopping.server = server
            if restore is not None:
                _restore(server, restore, state)
            with (
                ServedStreams(server, _named("--stream", "NAME=END, as serial=pty", streams)),
                nullcontext() if lines is None else GpioLines(server, lines),
                watch(server, watching),
                _saved(server, save),
            ):
                click.echo(f"devgen: {device} listens on {path}", err=True)
                stopping.run(server)
    except (RuntimeFault, OSError) as error:
        raise InputError(str(error)) from error
    return 1 if events.code else 0


def parse_properties(device_class: type[Device], settings: Sequence[str]) -> dict[str, PropertyValue]:
    """Property values from ``name=value`` words, in the types that the device declares.

    Raises:
        InputError: a word without `=`, a property that the device does not have, or a value of another type.
    """
    known = {declared.name: declared for declared in device_class.PROPERTIES}
    values: dict[str, PropertyValue] = {}
    for name, text in _named("-p", "NAME=VALUE", settings).items():
        word = f"{name}={text}"
        if name not in known:
            shown = ", ".join(known) or "none"
            raise InputError(
                f"-p {word}: {device_class.NAME} has no such property{suggest(name, known)}; it has {shown}"
            )
        values[name] = _parse(known[name], text)
    return values


def _named(option: str, form: str, words: Sequence[str]) -> dict[str, str]:
    """The words ``NAME=TEXT`` given to an option; of two for one name the last counts."""
    found = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (name and equals):
            raise InputError(f"{option} {word}: write {form}")
        found[name] = text
    return found


def _parse(declared: Property, text: str) -> PropertyValue:
    if declared.type == "string":
        return text
    if declared.type == "bool":
        if text not in ("true", "false"):
            raise InputError(f"-p {declared.name}={text}: it is true or false")
        return text == "true"
    try:
        return int(text, 0)
    except ValueError:
        raise InputError(f"-p {declared.name}={text}: it is a number, such as 12 or 0x1c") from None


def _client(line: str) -> None:
    click.echo(f"devgen: {line}", err=True)


def _restore(server: VfioUserServer, path: Path, state: Json) -> None:
    try:
        server.load_state(state, new_bus=True)
    except StateError as error:
        raise InputError(f"{path}: {error}") from None


@contextmanager
def _saved(server: VfioUserServer, path: Path | None) -> Iterator[None]:
    """Save the device's state when SIGUSR1 says so, and in the end."""
    if path is None:
        yield
        return
    check_place(path)

    def save() -> None:
        try:
            write_state(path, server.save_state())
        except InputError as error:  # the guest goes on; there may be room the next time
            click.echo(f"devgen: {error}", err=True)
        else:
            click.echo(f"devgen: saved to {path}", err=True)

    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: server.soon(save))
    try:
        yield
        write_state(path, server.save_state())
    except KeyboardInterrupt:
        click.echo(f"devgen: broken off; nothing is saved to {path}", err=True)
        raise
    finally:
        signal.signal(signal.SIGUSR1, before)
