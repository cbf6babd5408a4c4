"""``devgen serve``: a PCI device for another VMM."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Literal

import click

from devgen.cli.errors import InputError
from devgen.cli.project import project_registry
from devgen.cli.watching import TracingCommand, Watching, options, watch
from devgen.runtime.device import Device, Property, PropertyValue
from devgen.runtime.errors import RuntimeFault, suggest
from devgen.runtime.observe import Level
from devgen.runtime.vfio_user import VfioUserServer


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
@options
def command(
    device: str,
    path: Path,
    settings: Sequence[str],
    level: Level | None,
    form: Literal["text", "json"],
    globs: tuple[str, ...],
    trace_output: Path | None,
    vcd: Path | None,
) -> int:
    """Serve a PCI device to another VMM, over vfio-user.

    DEVICE is the name of a device as `devgen list` knows it. One client is served at a time; when it has gone, the
    device keeps its state and takes the next. Ctrl-C ends the server.
    """
    watching = Watching(level, form, globs, trace_output, vcd)
    try:
        device_class = project_registry().find(device)
        properties = parse_properties(device_class, settings)
        with (
            VfioUserServer(device_class, path, properties, on_event=_event, on_client=_client) as server,
            watch(server, watching),
            stopped_by_signals(server),
        ):
            click.echo(f"devgen: {device} listens on {path}", err=True)
            server.run()
    except (RuntimeFault, OSError) as error:
        raise InputError(str(error)) from error
    return 0


def parse_properties(device_class: type[Device], settings: Sequence[str]) -> dict[str, PropertyValue]:
    """Property values from ``name=value`` words, in the types that the device declares.

    Raises:
        InputError: a word without `=`, a property that the device does not have, or a value of another type.
    """
    known = {declared.name: declared for declared in device_class.PROPERTIES}
    values: dict[str, PropertyValue] = {}
    for word in settings:
        name, equals, text = word.partition("=")
        if not equals:
            raise InputError(f"-p {word}: write NAME=VALUE")
        if name not in known:
            shown = ", ".join(known) or "none"
            raise InputError(
                f"-p {word}: {device_class.NAME} has no such property{suggest(name, known)}; it has {shown}"
            )
        values[name] = _parse(known[name], text)
    return values


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


def _event(device: str, event: str, values: dict[str, int]) -> None:
    shown = "".join(f" {name}={value:#x}" for name, value in values.items())
    click.echo(f"{device}: {event}{shown}", err=True)


@contextmanager
def stopped_by_signals(server: VfioUserServer) -> Iterator[None]:
    """Let Ctrl-C and a polite kill end the server in order, so that its socket goes with it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
