"""What the editor's functions answer about a small project, without the protocol."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor_kit import BOARD, COMMON, CURSOR, FILES, TIMER, editor_at, make_project, marked, places

from devgen.editor.code_actions import code_actions
from devgen.editor.rename import RenameRefused, rename
from devgen.language.diagnostics.codes_keys import UNKNOWN_KEY
from devgen.language.diagnostics.places import Fix, Span
from devgen.language.model import Mark


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)


# --- definitions and references ------------------------------------------------------------

NAMES = [
    ("tick.yaml", "MATCH, on", 0, ["tick.yaml:37: MATCH"], ["tick.yaml:13: MATCH", "tick.yaml:37: MATCH"]),
    ("tick.yaml", "VERSION", 0, ["common.yaml:5: VERSION"], ["common.yaml:5: VERSION", "tick.yaml:48: VERSION"]),
    ("common.yaml", "VERSION", 0, ["common.yaml:5: VERSION"], ["common.yaml:5: VERSION", "tick.yaml:48: VERSION"]),
    ("tick.yaml", "left >", 0, ["tick.yaml:19: left"], [f"tick.yaml:{line}: left" for line in (19, 20, 21)]),
    ("tick.yaml", "amount", 1, ["tick.yaml:18: amount"], ["tick.yaml:18: amount", "tick.yaml:19: amount"]),
    ("tick.yaml", "intr", 0, ["tick.yaml:48: intr"], ["bench.yaml:4: intr", "tick.yaml:48: intr"]),
    ("tick.yaml", "`if`", 1, ["tick.yaml:17: `if`"], ["tick.yaml:17: `if`", "tick.yaml:38: `if`"]),
    ("tick.yaml", "`class`", 0, ["tick.yaml:38: class"], ["tick.yaml:38: class", "tick.yaml:38: `class`"]),
    ("tick.yaml", "RUN:", 0, ["tick.yaml:33: RUN"], ["tick.yaml:33: RUN", "tick.yaml:35: RUN"]),
    ("tick.yaml", "DONE = 1", 0, ["tick.yaml:38: DONE"], [f"tick.yaml:{line}: DONE" for line in (13, 38, 48)]),
    ("tick.yaml", "LAST = COUNT", 0, ["tick.yaml:46: LAST"], [f"tick.yaml:{line}: LAST" for line in (45, 46, 50)]),
    ("tick.yaml", "ticks, match", 0, ["tick.yaml:11: ticks"], ["tick.yaml:11: ticks", "tick.yaml:13: ticks"]),
    (
        "bench.yaml",
        "tick,",
        0,
        ["tick.yaml:1: tick"],
        ["bench.yaml:4: tick", "bench.yaml:5: tick", "tick.yaml:1: tick"],
    ),
    ("bench.yaml", "button", 0, ["tick.yaml:50: button"], ["bench.yaml:4: button", "tick.yaml:50: button"]),
    ("bench.yaml", "second.", 0, ["bench.yaml:5: second"], ["bench.yaml:4: second", "bench.yaml:5: second"]),
    ("bench.yaml", "fast", 0, ["tick.yaml:6: fast"], ["bench.yaml:5: fast", "tick.yaml:6: fast"]),
    ("bench.yaml", "DONE", 0, ["tick.yaml:54: DONE"], ["bench.yaml:5: DONE", "tick.yaml:54: DONE"]),
]


@pytest.mark.parametrize(("name", "word", "nth", "definitions", "references"), NAMES, ids=lambda value: str(value)[:20])
def test_a_name_leads_to_its_declaration_and_all_its_uses(
    project: Path, name: str, word: str, nth: int, definitions: list[str], references: list[str]
) -> None:
    editor, file, offset = editor_at(project, name, marked(FILES[name], word, nth))
    assert places(editor, editor.definitions(file, offset)) == definitions
    assert places(editor, editor.references(file, offset)) == references


SHARED = """\
device: shared
bus: sysbus
firmware: {acpi: {hid: QEMU0001, fadt: {reset: RESET}, reset_value: 1}}
enumerations:
  power: {OFF: 0, ON: 1}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      CTRL: {at: 0x00, fields: {A: {bits: 0, values: power}, B: {bits: 0, alternate: A}}, on_write: 'RESET = CTRL.A.ON'}
      RESET: {at: 0x04, width: 8, access: wo}
      OTHER: {at: 0x00, alternate: CTRL}
"""


@pytest.mark.parametrize(
    ("word", "definition", "count"),
    [
        ("power}", "shared.yaml:5: power", 2),
        ("ON'", "shared.yaml:5: ON", 2),
        ("A}}", "shared.yaml:11: A", 3),
        ("CTRL}", "shared.yaml:11: CTRL", 3),
        ("RESET}", "shared.yaml:12: RESET", 3),
    ],
)
def test_parts_that_other_keys_name_are_found(project: Path, word: str, definition: str, count: int) -> None:
    editor, file, offset = editor_at(project, "shared.yaml", marked(SHARED, word))
    assert places(editor, editor.definitions(file, offset)) == [definition]
    assert len(editor.references(file, offset)) == count


def test_an_include_leads_to_its_file(project: Path) -> None:
    editor, file, offset = editor_at(project, "tick.yaml", marked(TIMER, "common.yaml"))
    assert [span.file.name for span in editor.definitions(file, offset)] == ["common.yaml"]


def test_names_are_found_while_the_file_is_broken(project: Path) -> None:
    text = marked(TIMER.replace("MATCH: {at: 0x04,", "MATCH: {at: {"), "MATCH, on")
    editor, file, offset = editor_at(project, "tick.yaml", text)
    assert places(editor, editor.definitions(file, offset)) == ["tick.yaml:37: MATCH"]


# --- renaming ------------------------------------------------------------------------------

RENAMED = [
    ("tick.yaml", "MATCH:", "LIMIT_VALUE"),
    ("tick.yaml", "ENABLE", "RUNS"),
    ("tick.yaml", "credits", "left_over"),
    ("tick.yaml", "spend(amount", "pay"),
    ("tick.yaml", "spend(amount", "class"),
    ("tick.yaml", "`if`", "when"),
    ("tick.yaml", "class", "kind"),
    ("tick.yaml", "DONE: 0", "while"),
    ("tick.yaml", "left", "rest"),
    ("tick.yaml", "amount", "price"),
    ("tick.yaml", "ticks", "turns"),
    ("tick.yaml", "CHANNEL", "LANE"),
    ("tick.yaml", "LAST", "RECENT"),
    ("tick.yaml", "tick", "clock-tick"),
    ("tick.yaml", "button", "key"),
    ("tick.yaml", "registers", "bank"),
    ("common.yaml", "VERSION", "REVISION"),
    ("bench.yaml", "second", "other"),
]


@pytest.mark.parametrize(("name", "word", "new"), RENAMED)
def test_a_renamed_project_is_without_errors(project: Path, name: str, word: str, new: str) -> None:
    editor, file, offset = editor_at(project, name, marked(FILES[name], word))
    before = len(editor.references(file, offset))
    edits = editor.rename(file, offset, new)
    assert len({(edit.span.file, edit.span.start) for edit in edits if new in edit.text}) == before >= 1
    for path in {edit.span.file for edit in edits}:
        text = (project / path.name).read_text()
        for edit in sorted((edit for edit in edits if edit.span.file == path), key=lambda edit: -edit.span.end):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        editor.open(path, text)
    for path in project.glob("*.yaml"):
        editor.open(path, editor.workspace.open_texts.get(path) or path.read_text())
    assert [str(found) for group in editor.diagnostics().values() for found in group] == []


REFUSED = [
    ("tick.yaml", "MATCH:", "9lives", "is not a name"),
    ("tick.yaml", "MATCH:", "", "is not a name"),
    ("tick.yaml", "MATCH:", "A B", "is not a name"),
    ("tick.yaml", "MATCH:", "A\n", "is not a name"),
    ("tick.yaml", "MATCH:", "N" * 101, "longer than"),
    ("tick.yaml", "MATCH:", "value", "hooks provide"),
    ("tick.yaml", "MATCH:", "min", "name of the behaviour language"),
    ("tick.yaml", "MATCH:", "STATUS", "has the register STATUS"),
    ("tick.yaml", "MATCH:", "credits", "has the state credits"),
    ("tick.yaml", "MATCH:", "VERSION", "has the register VERSION"),
    ("tick.yaml", "MATCH:", "LAST", "has the register CHANNEL.LAST"),
    ("tick.yaml", "COUNT", "LAST", "has the register CHANNEL.LAST"),
    ("tick.yaml", "ENABLE", "MODE", "has the field CTRL.MODE"),
    ("tick.yaml", "left", "amount", "same text"),
    ("tick.yaml", "left", "class", "keyword"),
    ("common.yaml", "VERSION", "CTRL", "has the register CTRL"),
    ("tick.yaml", "value[7", "other", "word of the language"),
    ("tick.yaml", "sysbus", "other", "no name here"),
    ("tick.yaml", "mmio", "other", "no name here"),
    ("bench.yaml", "second", "first", "has a device of this name"),
]


@pytest.mark.parametrize(("name", "word", "new", "reason"), REFUSED)
def test_a_wrong_name_is_refused(project: Path, name: str, word: str, new: str, reason: str) -> None:
    editor, file, offset = editor_at(project, name, marked(FILES[name], word))
    with pytest.raises(RenameRefused, match=reason):
        rename(file, offset, new, editor.names)


def test_the_catalogue_is_not_changed(project: Path) -> None:
    board = BOARD.replace("device: tick, at: {registers: 0xfe001000}", "device: pl031, at: {registers: 0xfe001000}")
    editor, file, offset = editor_at(project, "bench.yaml", marked(board, "registers", 1))
    with pytest.raises(RenameRefused, match="outside the workspace"):
        editor.rename(file, offset, "bank")


def test_what_is_renamed_is_shown_without_its_backticks(project: Path) -> None:
    editor, file, offset = editor_at(project, "tick.yaml", marked(TIMER, "`class`"))
    span, name = editor.renamable(file, offset)
    assert (file.text[span.start : span.end], name) == ("class", "class")


# --- completion ----------------------------------------------------------------------------

COMPLETED = [
    ("tick.yaml", "        title: Control\n", "        title: Control\n        §\n", {"width"}, {"title", "at"}),
    ("tick.yaml", "        title: Control\n", "        acc§\n", {"access"}, {"at"}),
    ("tick.yaml", "title: A timer", "title: A timer\n§", {"datasheet", "fifos"}, {"device", "bus"}),
    ("tick.yaml", "access: ro, fields", "access: §, fields", {"rw", "ro", "wo", "rw1", "w1"}, {"at"}),
    ("tick.yaml", "bus: sysbus", "bus: §", {"sysbus", "isa", "pci"}, set()),
    ("tick.yaml", "{at: 0x0c, access: wo,", "{at: 0x0c, §, access: wo,", {"width", "fields"}, {"at", "access"}),
    ("tick.yaml", "counter: ticks", "counter: §", {"ticks"}, {"credits", "MATCH"}),
    ("tick.yaml", "alarm.arm()", "alarm.§", {"arm()", "arm_at(ns)", "cancel()", "armed"}, {"MATCH"}),
    ("tick.yaml", "CTRL.ENABLE and", "CTRL.§ and", {"ENABLE", "MODE"}, {"MATCH"}),
    ("tick.yaml", "== CTRL.MODE.RUN", "== CTRL.MODE.§", {"IDLE", "RUN"}, {"MODE"}),
    ("tick.yaml", "CHANNEL[index].LAST", "CHANNEL[index].§", {"COUNT", "LAST"}, {"CTRL"}),
    ("tick.yaml", "'LAST = COUNT'", "'LAST = §'", {"COUNT", "CTRL", "credits", "min", "value"}, set()),
    ("tick.yaml", "credits = u8(left)", "credits = u8(§)", {"left", "amount", "VERSION", "u32"}, set()),
    ("tick.yaml", "    if left > 0:\n", "    if left > 0:\n        §\n", {"left", "credits"}, {"width"}),
    ("tick.yaml", "[common.yaml]", "[§]", {"common.yaml", "bench.yaml"}, {"tick.yaml"}),
    ("bench.yaml", "device: tick, at", "device: §, at", {"tick", "pl031"}, set()),
    ("bench.yaml", "properties: {fast: true}", "properties: {§}", {"fast"}, {"CTRL"}),
    ("bench.yaml", "fast: true", "fast: §", {"true", "false"}, set()),
    ("bench.yaml", "irq: {intr: 10}", "irq: {§}", {"intr"}, {"led", "button"}),
    ("bench.yaml", "at: {registers: 0xfe000000}", "at: {§}", {"registers"}, {"CTRL"}),
    ("bench.yaml", "led: 'second.button[1]'", "led: §", {"second.button", "first.button", "nmi"}, set()),
    ("bench.yaml", "DONE: log", "DONE: §", {"exit", "log"}, set()),
    ("bench.yaml", "machine: {ram: 1 MiB}", "machine: {§}", {"ram", "irqchip", "pci"}, set()),
    ("new.yaml", "", "§", {"device", "fragment", "board"}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "offered", "absent"), COMPLETED)
def test_completion_offers_what_fits(
    project: Path, name: str, old: str, new: str, offered: set[str], absent: set[str]
) -> None:
    text = FILES[name].replace(old, new, 1) if old else new
    editor, file, offset = editor_at(project, name, text)
    labels = {item.label for item in editor.complete(file, offset)}
    assert offered <= labels
    assert not absent & labels


def test_a_keyword_is_completed_in_backticks(project: Path) -> None:
    text = TIMER.replace("STATUS.`class`", f"STATUS.{CURSOR}")
    editor, file, offset = editor_at(project, "tick.yaml", text)
    assert [item.insert for item in editor.complete(file, offset) if item.label == "class"] == ["`class`"]


# --- hover ---------------------------------------------------------------------------------

HOVERED = [
    ("tick.yaml", "CTRL:", ["register CTRL", "0xfe000000 on board `bench`", "| 3:1 | MODE | rw | 0x1 |", "reset 0x0"]),
    ("tick.yaml", "ENABLE and", ["field CTRL.ENABLE", "bits 0"]),
    ("tick.yaml", "MODE.RUN", ["field CTRL.MODE", "bits 3:1", "`RUN` = 0x1", "What it does next."]),
    ("tick.yaml", "COUNT: {at", ["register CHANNEL.COUNT", "+ 0x100", "4 elements every 0x10 bytes", "0xfe001100"]),
    ("tick.yaml", "reset: 0x02", ["The value after a reset", "Default: `0`"]),
    ("tick.yaml", "ro, fields", ["`rw` read and write", "One of `rw`, `ro`"]),
    ("tick.yaml", "arm()", ["reaches the match"]),
    ("tick.yaml", "u8(left", ["the low 8 bits"]),
    ("tick.yaml", "value[7", ["What was written"]),
    ("tick.yaml", "VERSION", ["register VERSION", "The version.", "constant 0x00000001"]),
    ("tick.yaml", "credits -", ["state credits", "width `8`", "Not visible."]),
    ("bench.yaml", "tick,", ["device tick", "The device: a name that `devgen list` shows."]),
    ("bench.yaml", "fast", ["property fast", "Runs at twice the rate."]),
    ("bench.yaml", "intr", ["interrupt intr"]),
    ("bench.yaml", "irq:", ["Interrupt lines and the interrupts that they drive"]),
    ("common.yaml", "VERSION", ["0xfe000ff0 on board `bench`"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "word", "shown"), HOVERED)
def test_hover_says_what_a_place_is(project: Path, name: str, word: str, shown: list[str]) -> None:
    editor, file, offset = editor_at(project, name, marked(FILES[name], word))
    hover = editor.hover(file, offset)
    assert hover is not None
    assert [text for text in shown if text not in hover.text] == []


def test_hover_uses_the_last_device_without_errors(project: Path) -> None:
    editor, file, _ = editor_at(project, "tick.yaml", TIMER + CURSOR)
    editor.diagnostics()
    editor.open(file.path, TIMER.replace("title: Control", "title: [Control"))
    broken = editor.file(file.path)
    assert broken is not None
    hover = editor.hover(broken, broken.text.index("MODE.RUN") + 1)
    assert hover is not None and "bits 3:1" in hover.text


def test_hover_without_any_checked_device_shows_the_text(project: Path) -> None:
    text = marked(TIMER.replace("bus: sysbus", "bus: [").replace("title: Control", "title: C"), "MATCH:")
    editor, file, offset = editor_at(project, "tick.yaml", text)
    hover = editor.hover(file, offset)
    assert hover is not None and "at `0x04`" in hover.text


# --- diagnostics, outline, colours, unsaved files --------------------------------------------


def test_the_project_has_no_findings(project: Path) -> None:
    editor, _, _ = editor_at(project, "tick.yaml", TIMER + CURSOR)
    editor.open(project / "bench.yaml", BOARD)
    assert {path.name: found for path, found in editor.diagnostics().items()} == {"tick.yaml": [], "bench.yaml": []}


def test_an_included_file_is_seen_as_it_is_in_the_editor(project: Path) -> None:
    editor, _, _ = editor_at(project, "tick.yaml", TIMER + CURSOR)
    editor.open(project / "common.yaml", COMMON.replace("VERSION", "REVISION"))
    found = editor.diagnostics()[project / "tick.yaml"]
    assert ["VERSION" in diagnostic.message for diagnostic in found] == [True]


def test_an_error_in_a_fragment_is_shown_in_the_fragment(project: Path) -> None:
    editor, _, _ = editor_at(project, "tick.yaml", TIMER + CURSOR)
    editor.open(project / "common.yaml", COMMON.replace("access: ro", "access: r0"))
    assert [found.code for found in editor.diagnostics()[project / "common.yaml"]] == ["DG0204"]


def test_files_that_are_no_descriptions_have_no_findings(project: Path) -> None:
    editor, file, _ = editor_at(project, "compose.yaml", "services: {web: {image: [}}\n" + CURSOR)
    assert file.path not in editor.diagnostics()


def test_a_modeline_says_what_a_file_is(project: Path) -> None:
    text = "# yaml-language-server: $schema=../schemas/board.schema.json\nmachine: {}\n" + CURSOR
    _, file, _ = editor_at(project, "new.yaml", text)
    assert file.kind == "board"


def test_the_outline_shows_registers_with_their_fields(project: Path) -> None:
    editor, file, _ = editor_at(project, "tick.yaml", TIMER + CURSOR)
    regions = next(symbol for symbol in editor.symbols(file) if symbol.kind == "region")
    shown = {register.name: [field.name for field in register.children] for register in regions.children}
    assert shown["CTRL"] == ["ENABLE", "MODE"]
    assert shown["CHANNEL"] == ["COUNT", "LAST"]


def test_colours_tell_registers_from_fields_and_words(project: Path) -> None:
    editor, file, _ = editor_at(project, "tick.yaml", TIMER + CURSOR)
    types = {file.text[token.start : token.end]: token.type for token in editor.colours(file)}
    assert [types[word] for word in ("CTRL", "ENABLE", "RUN", "u8", "if", "spend")] == [
        "variable",
        "property",
        "enumMember",
        "function",
        "keyword",
        "function",
    ]


def test_a_code_action_makes_the_change_of_a_diagnostic(project: Path) -> None:
    editor, file, offset = editor_at(project, "tick.yaml", marked(TIMER.replace("reset: 0x02", "rest: 0x02"), "rest:"))
    line, column = file.lines.position(offset)
    mark = Mark(str(file.path), line + 1, column)
    fix = Fix(Span(mark, 4), "reset", "write 'reset'")
    diagnostic = UNKNOWN_KEY(mark, length=4, key="rest", fixes=[fix])
    (action,) = code_actions(file, offset, offset, [diagnostic], editor.workspace)
    (edit,) = action.edits
    assert (file.text[edit.span.start : edit.span.end], edit.text, action.title) == ("rest", "reset", "Write 'reset'")
    assert code_actions(file, 0, 0, [diagnostic], editor.workspace) == []
