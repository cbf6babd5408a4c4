"""The editor knows types, keys, locks, alternates, hardware fields, dimensions, and machines that are a bus."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor_kit import editor_at, marked, places

from devgen.editor.rename import RenameRefused

CHIP = """\
device: chip
bus: sysbus
properties: {lanes: {type: int, default: 2, range: 1..4}}
enumerations: {power: {OFF: 0, ON: 1}}
types:
  flags: {fields: {DONE: 0, FAILED: 1}}
  status: {type: flags, access: ro}
  channel:
    registers:
      STATE: {at: 0x0, type: status}
      LENGTH: {at: 0x4, on_write: STATE.DONE = 1}
keys:
  open: {register: GATE.CODE, values: [1, 2], closed_by: [LEVEL]}
gpio_in: {pin: {}}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      GATE: {at: 0x00, access: wo, fields: {CODE: '7:0'}}
      LEVEL: {at: 0x04, write_enable: open, fields: {MODE: {bits: 0, values: power}}}
      SPARE: {at: 0x08, count: lanes, when: LEVEL.MODE}
      OTHER: {at: 0x08, count: 1, reset: 0}
      CAUSE:
        at: 0x20
        write_effect: woclr
        fields:
          RISE: {bits: 0, intr: pin, enable: LEVEL.MODE}
          SEEN: {bits: '15:8', access: ro, counter: {incr: pin, incrthreshold: 3}}
      GRID: {at: 0x40, count: [2, 3], access: ro}
      RX: {at: 0x100, type: channel}
      TX: {at: 0x200, type: channel, count: 2, index_names: [A, B], registers: {LENGTH: {width: 16}, LEFT: {at: 0x8}}}
      OUTER:
        at: 0x300
        registers:
          INNER: {at: 0, registers: {HEAD: {at: 0, on_write: TAIL = HEAD}, TAIL: {at: 4}}}
      ALIAS: {at: 0x400, alias: LEVEL}
interrupts: {irq: {level: CAUSE.intr or CAUSE.SEEN.incrthreshold}}
"""
BOARD = """\
board: soc
machine: {type: bus}
devices:
  one: {device: chip, at: {registers: 0x40000000}, irq: {irq: 99}}
  two: {device: chip, at: {registers: 0x40000000}, overlaps: [one]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "chip.yaml").write_text(CHIP)
    (tmp_path / "soc.yaml").write_text(BOARD)
    return tmp_path


DEFINITIONS = [
    ("type: channel}", "channel", "8: channel"),
    ("type: status", "status", "7: status"),
    ("{type: flags", "flags", "6: flags"),
    ("GATE.CODE", "GATE", "20: GATE"),
    (".CODE", "CODE", "20: CODE"),
    ("closed_by: [LEVEL]", "LEVEL", "21: LEVEL"),
    ("write_enable: open", "open", "13: open"),
    ("when: LEVEL.MODE", "MODE", "21: MODE"),
    ("count: lanes", "lanes", "3: lanes"),
    ("values: power", "power", "4: power"),
    ("intr: pin", "pin", "14: pin"),
    ("incr: pin", "pin", "14: pin"),
    ("STATE.DONE = 1", "DONE", "6: DONE"),
    ("TAIL = HEAD", "TAIL", "36: TAIL"),
    ("SEEN.incrthreshold", "SEEN", "29: SEEN"),
    ("alias: LEVEL", "LEVEL", "21: LEVEL"),
]


@pytest.mark.parametrize(("context", "word", "expected"), DEFINITIONS)
def test_definition(folder: Path, context: str, word: str, expected: str) -> None:
    at = CHIP.index(context) + context.index(word) + 1
    editor, file, offset = editor_at(folder, "chip.yaml", f"{CHIP[:at]}§{CHIP[at:]}")
    assert places(editor, editor.definitions(file, offset)) == [f"chip.yaml:{expected}"]


def test_a_shared_device_of_a_board_is_found(folder: Path) -> None:
    editor, file, offset = editor_at(folder, "soc.yaml", marked(BOARD, "one]"))
    assert places(editor, editor.definitions(file, offset)) == ["soc.yaml:4: one"]


def test_renaming_a_member_of_a_type_renames_what_completes_it(folder: Path) -> None:
    editor, file, offset = editor_at(folder, "chip.yaml", marked(CHIP, "LENGTH: {width"))
    edits = editor.rename(file, offset, "SIZE")
    assert sorted(file.lines.position(edit.span.start)[0] + 1 for edit in edits) == [11, 32]


def test_a_name_that_a_user_of_the_type_has_is_refused(folder: Path) -> None:
    editor, file, offset = editor_at(folder, "chip.yaml", marked(CHIP, "LENGTH: {at"))
    with pytest.raises(RenameRefused, match=r"'LEFT' is taken: chip\.yaml has the register TX\.LEFT"):
        editor.rename(file, offset, "LEFT")


RENAMED = [("lanes", 2), ("pin", 3), ("flags", 2), ("power", 2), ("CODE", 2)]


@pytest.mark.parametrize(("word", "count"), RENAMED)
def test_renaming_reaches_every_place(folder: Path, word: str, count: int) -> None:
    editor, file, offset = editor_at(folder, "chip.yaml", marked(CHIP, word))
    assert len(editor.rename(file, offset, f"{word}2")) == count


SHOWN = [
    ("CAUSE:", "1", "register CAUSE"),
    ("RISE:", "hardware: `intr: pin, enable: LEVEL.MODE`", "field CAUSE.RISE"),
    ("SEEN:", "counter: {incr: pin, incrthreshold: 3}", "field CAUSE.SEEN"),
    ("LEVEL:", "takes writes only while open", "register LEVEL"),
    ("SPARE:", "answers only while LEVEL.MODE", "register SPARE"),
    ("GRID:", "2 × 3 elements every 0x4 bytes", "register GRID"),
    ("TX:", "index is A, B", "register file TX"),
    ("RX:", "`registers` + 0x100", "register file RX"),
    ("ALIAS:", "an alias of LEVEL", "register ALIAS"),
    ("channel:", "type channel", "type channel"),
    ("intr: pin", "Type: interrupt", "`intr`"),
    ("write_enable", "Type: expression", "`write_enable`"),
]


@pytest.mark.parametrize(("word", "text", "title"), SHOWN)
def test_hover(folder: Path, word: str, text: str, title: str) -> None:
    editor, file, offset = editor_at(folder, "chip.yaml", marked(CHIP, word))
    shown = editor.hover(file, offset)
    assert shown is not None and text in shown.text and title in shown.text


COMPLETED = [
    ("type: channel}", "type: §}", {"flags", "status", "channel"}),
    ("register: GATE.CODE", "register: §", {"GATE", "GATE.CODE", "RX.LENGTH", "OUTER.INNER.HEAD"}),
    ("closed_by: [LEVEL]", "closed_by: [§]", {"LEVEL", "TX.LEFT"}),
    ("CAUSE.intr or", "CAUSE.§ or", {"RISE", "SEEN", "intr"}),
    ("SEEN.incrthreshold", "SEEN.§", {"incrthreshold", "incr()", "decr(amount)"}),
    ("STATE.DONE = 1", "§", {"STATE", "LENGTH", "GATE"}),
    ("TAIL = HEAD", "§", {"HEAD", "TAIL"}),
    ("intr: pin", "intr: §", {"pin", "popcount"}),
    ("intr: pin", "intr: {§}", {"level", "posedge", "negedge", "bothedge"}),
    ("count: lanes", "count: §", {"lanes"}),
]


@pytest.mark.parametrize(("old", "new", "labels"), COMPLETED)
def test_completion(folder: Path, old: str, new: str, labels: set[str]) -> None:
    editor, file, offset = editor_at(folder, "chip.yaml", CHIP.replace(old, new, 1))
    found = {item.label for item in editor.complete(file, offset)}
    assert labels <= found


def test_completion_of_shared_devices(folder: Path) -> None:
    editor, file, offset = editor_at(folder, "soc.yaml", BOARD.replace("[one]", "[§]"))
    assert [item.label for item in editor.complete(file, offset)] == ["one"]


def test_the_outline_has_types_and_labels(folder: Path) -> None:
    editor, file, _ = editor_at(folder, "chip.yaml", f"{CHIP}§")
    found = {symbol.name: symbol for symbol in editor.symbols(file)}
    assert [child.name for child in found["flags"].children] == ["DONE", "FAILED"]
    assert [child.name for child in found["channel"].children] == ["STATE", "LENGTH"]


@pytest.mark.parametrize("kinds", [("a", "a"), ("a", "b")])
def test_types_in_a_circle_end(folder: Path, kinds: tuple[str, str]) -> None:
    text = CHIP.replace("types:\n", f"types:\n  a: {{type: {kinds[1]}}}\n  b: {{type: {kinds[0]}}}\n")
    editor, file, offset = editor_at(folder, "chip.yaml", marked(text, "a: {type"))
    assert len(editor.references(file, offset, True)) >= 2


MISTAKES = [
    ("type: channel}", "type: chanel}", "channel"),
    ("register: GATE.CODE", "register: GATE.CDOE", "GATE.CODE"),
    ("closed_by: [LEVEL]", "closed_by: [LEVLE]", "LEVEL"),
    ("when: LEVEL.MODE", "when: LEVEL.MDOE", "MODE"),
    ("CAUSE.intr or", "CAUSE.itnr or", "intr"),
    ("values: power", "values: powre", "power"),
    ("alias: LEVEL", "alias: LEVLE", "LEVEL"),
    ("count: lanes", "count: lnaes", "lanes"),
]


@pytest.mark.parametrize(("right", "wrong", "word"), MISTAKES)
def test_a_code_action_writes_the_name_that_was_meant(folder: Path, right: str, wrong: str, word: str) -> None:
    editor, file, _ = editor_at(folder, "chip.yaml", CHIP.replace(right, wrong, 1) + "§")
    (action,) = editor.code_actions(file, 0, len(file.text))
    (edit,) = action.edits
    assert edit.text == word
    assert file.text[: edit.span.start] + edit.text + file.text[edit.span.end :] == CHIP
