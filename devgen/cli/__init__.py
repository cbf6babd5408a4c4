"""The ``devgen`` command: parses arguments, calls the public API, prints.

It uses only public names of `devgen`, so that a script can do everything that the command does. Each command is a
module, ``NAME_command``, that is imported when the command is invoked: a build does not import the emulator. The other
modules are options that several commands share. For example, ``devgen check devices/ --format json`` calls
``check_files`` and prints each diagnostic's ``json()``.

Exit codes: 0 success, 1 faulty input, 2 faulty command line. A user error is reported as one line on standard error,
never as a traceback.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import sys
from typing import Final, NoReturn

import click

from devgen import ArgumentError, DevgenError, __version__

# Each command is a module that is imported when the command is invoked: a build must not import the emulator.
COMMANDS: Final = {
    "build": "Compile device descriptions into Python classes.",
    "check": "Report errors and warnings in device and board descriptions.",
    "diff": "Compare two versions of descriptions; report what breaks drivers.",
    "explain": "Explain a diagnostic's code.",
    "export": "Export descriptions as SystemRDL, SVD or IP-XACT.",
    "import": "Import SVD, SystemRDL or IP-XACT files as descriptions.",
    "list": "List the devices that boards and tests can use.",
    "lsp": "Serve an editor (language server protocol).",
    "new": "Start a device description, or a whole project.",
    "qemu": "Boot a small Linux in stock QEMU with devices.",
    "record": "Run a board and record one device's trace.",
    "replay": "Replay traces against devices and compare.",
    "run": "Run a board: its guest with its devices.",
    "serve": "Serve a device to another VMM (vfio-user).",
}

_SHORT: Final = ("build", "check", "list", "new")
"""Commands that end by themselves in bounded memory: they need no cycle collector."""

OPTIONS: Final = {
    "accel": "--accel",
    "as_pci": "--as-pci",
    "attach": "--attach",
    "device": "--device",
    "include_dirs": "-I",
    "parameters": "--param",
    "pci_id": "--pci-id",
    "peripherals": "--peripheral",
    "memory": "--memory",
    "on_event": "--on-event",
    "output": "-o",
    "only": "--trace-filter",
    "properties": "-p",
    "snapshot_every": "--snapshot-every",
    "streams": "--stream",
    "timeout": "--timeout",
    "top": "--top",
    "trace": "--trace",
}
"""Argument of the API → the option that sets it: for messages."""


class LazyGroup(click.Group):
    """A group whose commands are imported when one is invoked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names, in alphabetical order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in _SHORT:
            gc.enable()
        command = importlib.import_module(f"devgen.cli.{cmd_name}_command").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command as click does, and suggest a similar name for a misspelled command."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from devgen.common.near_names import nearest

            near = nearest(args[0], COMMANDS)
            hint = f" Did you mean '{near}'?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their one-line help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: devgen new mydevice",
)
@click.version_option(__version__, prog_name="devgen")
def cli() -> None:
    """Describe a virtual device once, in YAML; get a device that runs on KVM, an emulator or a test bench."""


def main() -> None:
    """Entry point of the ``devgen`` command."""
    # Commands create many long-lived objects and few cycles: collect rarely, not at exit, and short ones not at all.
    gc.set_threshold(50_000)
    gc.disable()
    _print_any_path()
    atexit.register(gc.freeze)
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ArgumentError as error:
        _fail(f"{OPTIONS.get(error.argument, error.argument)} {error.message}")
    except DevgenError as error:
        _fail(str(error))
    except BrokenPipeError:
        # The reader of the output has closed it, so nothing can be reported.
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error))
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> NoReturn:
    """Print an error and end. Control characters, which the name of a file may have, are shown and not sent."""
    shown = "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in message
    )
    click.echo(f"devgen: {shown}", err=True)
    sys.exit(1)


def _print_any_path() -> None:
    """Print the invalid bytes of a path that is not UTF-8 as ``\\udcXX`` instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
