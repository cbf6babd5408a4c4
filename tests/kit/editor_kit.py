"""Texts with a cursor for the tests of the editor, and the files of a small project."""

from __future__ import annotations

from pathlib import Path

from devgen.editor.editor import Editor
from devgen.editor.source_file import SourceFile, Span

CURSOR = "§"

TIMER = """\
device: tick
title: A timer
bus: sysbus
include: [common.yaml]
properties:
  fast: {type: bool, default: false, description: Runs at twice the rate.}  # devgen: allow DG0760 because of its name
constants: {LIMIT: 8}
state:
  credits: {width: 8, reset: 3, description: Not visible.}
counters:
  ticks: {clock: virtual, frequency: 1 MHz, width: 32}
timers:
  alarm: {counter: ticks, match: MATCH, on_expire: STATUS.DONE = 1}
functions:
  half(n): n // 2
actions:
  spend(amount): |
    left: int = credits - amount
    if left > 0:
        credits = u8(left)
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      CTRL:
        at: 0x00
        title: Control
        reset: 0x02
        fields:
          ENABLE: 0
          MODE: {bits: '3:1', values: {IDLE: 0, RUN: 1}, description: What it does next.}
        on_write: |
          if CTRL.ENABLE and CTRL.MODE == CTRL.MODE.RUN:
              alarm.arm()
      MATCH: {at: 0x04, on_write: alarm.arm()}
      STATUS: {at: 0x08, access: ro, fields: {DONE: 0, class: 1}, on_read: '`if`(STATUS.`class`)'}
      SPEND: {at: 0x0c, access: wo, on_write: 'spend(value[7:0])'}
      CHANNEL:
        at: 0x100
        count: 4
        stride: 0x10
        registers:
          COUNT: {at: 0x0, on_write: 'LAST = COUNT'}
          LAST: {at: 0x4}
interrupts:
  intr: {level: STATUS.DONE & half(VERSION)}
gpio_in:
  button: {count: 2, on_input: 'CHANNEL[index].LAST = value'}
gpio_out:
  led: {level: CTRL.ENABLE}
events:
  DONE: {cause: 8}  # devgen: allow DG0760 because the editor looks at names
streams:
  out: {}  # devgen: allow DG0760 because the editor looks at names
"""
TIMER = TIMER.replace("  spend(amount)", "  '`if`(c)': credits = c[0:0]\n  spend(amount)")

COMMON = """\
fragment: common
regions:
  registers:
    registers:
      VERSION: {at: 0xff0, access: ro, constant: 1, description: The version.}
"""

BOARD = """\
board: bench
machine: {ram: 1 MiB}
devices:
  first: {device: tick, at: {registers: 0xfe000000}, irq: {intr: 10}, wires: {led: 'second.button[1]'}}
  second: {device: tick, at: {registers: 0xfe001000}, properties: {fast: true}, on_event: {DONE: log}}
guest: {image: guest.bin, load: 0x7000}
"""

FILES = {"tick.yaml": TIMER, "common.yaml": COMMON, "bench.yaml": BOARD}


def make_project(folder: Path) -> Path:
    """Write the files of the project."""
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "guest.bin").write_bytes(b"\xf4")  # hlt
    return folder


def cursor(text: str) -> tuple[str, int]:
    """Return a text without its cursor, and where the cursor was."""
    before, found, after = text.partition(CURSOR)
    assert found, "the text has no cursor"
    return before + after, len(before)


def editor_at(folder: Path, name: str, text: str) -> tuple[Editor, SourceFile, int]:
    """Return an editor of a project in which a file is open, the file, and the place of the cursor in its text."""
    editor = Editor([folder])
    text, offset = cursor(text)
    editor.open(folder / name, text)
    file = editor.file(folder / name)
    assert file is not None
    return editor, file, offset


def marked(text: str, found: str, nth: int = 0) -> str:
    """Return a text with the cursor inside the ``nth`` place at which ``found`` stands."""
    place = -1
    for _ in range(nth + 1):
        place = text.index(found, place + 1)
    return text[: place + 1] + CURSOR + text[place + 1 :]


def places(editor: Editor, spans: list[Span]) -> list[str]:
    """Return places as ``file:line: text``, with lines from 1."""
    found = []
    for span in spans:
        file = editor.file(span.file)
        assert file is not None
        line, _ = file.lines.position(span.start)
        found.append(f"{span.file.name}:{line + 1}: {file.text[span.start : span.end]}")
    return found
