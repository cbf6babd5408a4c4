"""`devgen serve` in a process of its own, and a project with a card of its own for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vfio_client import Client

ROOT = Path(__file__).resolve().parents[3]

CARD = """
device: serial-card
title: A card with a serial line, a button and a lamp
bus: pci
pci:
  vendor: 0x1b36
  device: 0x00f7
  class: 0x070000
  bars:
    0: {type: mem32, size: 4 KiB}
regions:
  registers:
    bar: 0
    size: 0x10
    access: {valid: 1..4, implemented: 1..4}
    registers:
      DATA: {at: 0x0, title: The last byte, on_write: "line.send(value[7:0])"}
      BUTTON: {at: 0x4, access: ro, title: Level of the button}
      LAMP: {at: 0x8, title: The lamp, fields: {ON: 0}}
streams:
  line: {description: The serial line., on_receive: DATA = value}
gpio_in:
  button: {on_input: BUTTON = value}
gpio_out:
  lamp: {level: LAMP.ON}
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "devgen", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@contextmanager
def serving(
    path: Path, *arguments: str, device: str = "dma-engine", folder: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A `devgen serve` that listens; it is told to end in the end, unless it has."""
    process = subprocess.Popen(
        command("serve", device, "--socket", str(path), *arguments),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=folder, env=environment(),
    )  # fmt: skip
    with process:
        assert process.stderr is not None
        try:
            said = ""
            while "listens on" not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
            yield process
        finally:
            running = process.poll() is None
            if running:
                process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
            assert not running or process.returncode == 0, errors


@contextmanager
def served(path: Path, *arguments: str, device: str = "dma-engine", folder: Path | None = None) -> Iterator[Client]:
    """A client of a `devgen serve` that has agreed on the version."""
    with serving(path, *arguments, device=device, folder=folder), Client(path) as client:
        client.hello()
        yield client
