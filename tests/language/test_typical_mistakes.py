"""What devgen says about the mistakes that people make: the place, the message, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen.language import load_device
from devgen.language.diagnostics.diagnostic import Diagnostic

HEAD = "device: d\nbus: sysbus\n"
REGION = HEAD + "regions:\n  r:\n    space: mmio\n    size: 4 KiB\n    registers:\n"
REST = "      Y: {at: 0x8}\n      X: {at: 0x4, fields: {A: 0, B: '7:4'}}\n"


def register(entry: str) -> str:
    """A device whose first register, on line 8, is ``entry``; X and Y follow it."""
    return f"{REGION}      {entry}\n{REST}"


def statement(text: str) -> str:
    """A device with a statement, which begins on line 11."""
    lines = "".join(f"          {line}\n" for line in text.split("\n"))
    return f"{REGION}      R:\n        at: 0\n        on_write: |\n{lines}{REST}"


# The description; where the first finding is (line:column); its code; its message; what it says to write.
MISTAKES: dict[str, tuple[str, str, str, str, str]] = {
    # --- words of other formats --------------------------------------------------------
    "w1c": (register("R: {at: 0, access: w1c}"), "8:26", "DG0204", "'access' cannot be 'w1c'",
            "in devgen this is `write_effect: woclr`"),
    "RW1C": (register("R: {at: 0, access: RW1C}"), "8:26", "DG0204", "'access' cannot be 'RW1C'",
             "in devgen this is `write_effect: woclr`"),
    "w1s": (register("R: {at: 0, access: w1s}"), "8:26", "DG0204", "'access' cannot be 'w1s'",
            "in devgen this is `write_effect: woset`"),
    "w0c": (register("R: {at: 0, write_effect: w0c}"), "8:32", "DG0204", "'write_effect' cannot be 'w0c'",
            "in devgen this is `write_effect: wzc`"),
    "OpenTitan's r0w1c": (register("R: {at: 0, access: r0w1c}"), "8:26", "DG0204", "'access' cannot be 'r0w1c'",
                          "in devgen this is `access: wo, write_effect: woclr`"),
    "UVM's RC": (register("R: {at: 0, access: RC}"), "8:26", "DG0204", "'access' cannot be 'RC'",
                 "in devgen this is `access: ro, read_effect: rclr`"),
    "UVM's W1SRC": (register("R: {at: 0, access: W1SRC}"), "8:26", "DG0204", "'access' cannot be 'W1SRC'",
                    "in devgen this is `read_effect: rclr, write_effect: woset`"),
    "wc has two meanings": (
        register("R: {at: 0, access: wc}"), "8:26", "DG0204", "'access' cannot be 'wc'",
        "in devgen this is `write_effect: wclr` (any write clears, as UVM's WC) or `write_effect: woclr` (written ones "
        "clear)"),
    "read-only": (register("R: {at: 0, access: read-only}"), "8:26", "DG0204", "'access' cannot be 'read-only'",
                  "in devgen this is `access: ro`"),
    "R/W": (register("R: {at: 0, access: R/W}"), "8:26", "DG0204", "'access' cannot be 'R/W'",
            "in devgen this is `access: rw`"),
    "SVD's modifiedWriteValues": (
        register("R: {at: 0, modifiedWriteValues: oneToClear}"), "8:18", "DG0201",
        "unknown key 'modifiedWriteValues'", "in devgen this is `write_effect: woclr`"),
    "SystemRDL's onwrite": (register("R: {at: 0, onwrite: woclr}"), "8:18", "DG0201", "unknown key 'onwrite'",
                            "in devgen this is `write_effect: woclr`"),
    "onwrite with statements": (register("R: {at: 0, onwrite: Y = 1}"), "8:18", "DG0201", "unknown key 'onwrite'",
                                "in devgen this is `on_write`"),
    "an effect that is no near spelling": (
        register("R: {at: 0, write_effect: w1x}"), "8:32", "DG0204", "'write_effect' cannot be 'w1x'",
        "a written 1 clears: woclr, sets: woset, toggles: wot; a written 0 clears: wzc, sets: wzs, toggles: wzt; any "
        "write clears: wclr, sets: wset"),
    "addressOffset": (register("R: {addressOffset: 0}"), "8:11", "DG0201", "unknown key 'addressOffset'",
                      "in devgen this is `at`"),
    "readonly as a key": (register("R: {at: 0, readonly: true}"), "8:18", "DG0201", "unknown key 'readonly'",
                          "in devgen this is `access: ro`"),
    "bitRange": (register("R: {at: 0, fields: {A: {bitRange: '3:0'}}}"), "8:31", "DG0201", "unknown key 'bitRange'",
                 "in devgen this is `bits`"),
    "hwaccess": (register("R: {at: 0, hwaccess: hrw}"), "8:18", "DG0201", "unknown key 'hwaccess'",
                 "hardware may always change a field in devgen: leave it out"),
    "irq": (HEAD + "irq: {intr: {level: X}}\n", "3:1", "DG0201", "unknown key 'irq'", "in devgen this is `interrupts`"),
    "endian in a region": (HEAD + "regions: {r: {space: mmio, size: 4, endian: big}}\n", "3:37", "DG0201",
                           "unknown key 'endian'",
                           "it belongs under the region's `access`, as `access: {valid: 1..4, endian: little}`"),
    "a key with a letter missing": (register("R: {at: 0, wite: Y = 1}"), "8:18", "DG0201", "unknown key 'wite'",
                                    "did you mean 'write'?"),
    # --- notations ---------------------------------------------------------------------
    "10h": (register("R: {at: 10h}"), "8:15", "DG0203", "'at' must be a number, not '10h'", "write `0x10`"),
    "a Verilog number": (register("R: {at: 32'h10}"), "8:15", "DG0203", "'at' must be a number, not '32'h10'",
                         "write `0x10`"),
    "a quoted number": (register('R: {at: 0, width: "32"}'), "8:25", "DG0203", "'width' must be a number, not '32'",
                        "write `32` without quotes"),
    "bits in brackets": (register("R: {at: 0, fields: {A: {bits: [3:0]}}}"), "8:37", "DG0203",
                         "'bits' must be a number or a text, not a list", "write `3:0`"),
    "yes": (HEAD + "retain: yes\n", "3:9", "DG0203", "'retain' must be true or false, not 'yes'", "write `true`"),
    "4KB": (HEAD + "regions: {r: {space: mmio, size: 4KB}}\n", "3:34", "DG0205", "'size': '4KB' is not a size",
            "write `4 KiB`"),
    # --- YAML --------------------------------------------------------------------------
    "a tab": (HEAD + "regions:\n\tr: {}\n", "4:1", "DG0105", "not YAML: a tab in the indentation",
              "a tab; indent with spaces"),
    "one space too many": (REGION + "      A: {at: 0}\n       B: {at: 4}\n", "9:8", "DG0105",
                           "not YAML: this line has 7 spaces before it, its neighbours 6",
                           "indent lines that belong together alike"),
    "one space missing": (REGION + "      A: {at: 0}\n     B: {at: 4}\n", "9:6", "DG0105",
                          "not YAML: this line has 5 spaces before it, its neighbours 6",
                          "indent lines that belong together alike"),
    "a quote without its end": (HEAD + 'title: "A timer\nregions: {}\n', "3:8", "DG0105",
                                "not YAML: this quote is never closed", "close it at the end of the text"),
    "a quote that the next one closes": (
        HEAD + 'title: "A timer\ndescription: "text"\n', "3:8", "DG0105",
        'not YAML: this " is not closed on its line', 'close it with " at the end of the text'),
    "an apostrophe": (HEAD + "title: 'the device's title'\n", "3:19", "DG0105", "not YAML: this ' ends the text",
                      "write '' for a ' inside '...', or use double quotes"),
    "!STATUS": (HEAD + "interrupts:\n  i: {level: !STATUS}\n", "4:14", "DG0105", "not YAML: `!` begins a tag in YAML",
                "quote it, and write `not`: 'not STATUS'"),
    "a call in braces": (register("R: {at: 0, read: min(X, Y)}"), "8:24", "DG0118",
                         "the comma ends the value of 'read': 'min(X'", "quote the whole text: 'min(X, Y)'"),
    "no space after the colon": (HEAD + "regions:\n  r:\n    space:mmio\n    size: 4\n", "5:10", "DG0105",
                                 "not YAML: no space after the colon", "write `space: mmio`"),
    "no colon": (HEAD + "regions\n  r: {space: mmio}\n", "3:1", "DG0105", "not YAML: no colon after 'regions'",
                 "write `regions:`"),
    "an anchor twice": (HEAD + "title: &a x\ndescription: &a y\n", "4:14", "DG0117",
                        "the anchor '&a' appears twice", ""),
    "a dash without a space": (HEAD + "include: -a.yaml\n", "3:10", "DG0203", "'include' must be a list, not '-a.yaml'",
                               "write a space after each `-`"),
    "a percent sign": (HEAD + "title: %d items\n", "3:8", "DG0105", "not YAML: `%` cannot begin a text in YAML",
                       "quote the text: '%d items'"),
    "a bracket at the end": (HEAD + "regions: [\n", "3:10", "DG0105", "not YAML: this [ is not closed",
                             "close it with ]"),
    "a brace that is not closed": (HEAD + "regions:\n  r: {space: mmio\n  s: {space: mmio}\n", "4:6", "DG0105",
                                   "not YAML: this { is not closed", "close it with }"),
    # --- behaviour ---------------------------------------------------------------------
    "== as a statement": (statement("Y == 1"), "11:11", "DG0602", "a value alone is not a statement",
                          "`=` assigns: `Y = 1`"),
    "X++": (statement("Y++"), "11:11", "DG0505", "this cannot be read: `++` is not part of the language",
            "write `Y += 1`"),
    "&&": (statement("if X && Y: Y = 0"), "11:16", "DG0506", "`&&` is not part of the language", "write `and`"),
    "||": (statement("if X || Y: Y = 0"), "11:16", "DG0506", "`||` is not part of the language", "write `or`"),
    "!x": (statement("if !X: Y = 0"), "11:14", "DG0506", "`!` is not part of the language", "write `not`"),
    "->": (statement("Y = X->A"), "11:16", "DG0505", "this cannot be read: `->` is not part of the language",
           "a part is named after a dot: `STATUS.BUSY`"),
    "?:": (statement("Y = X ? 1 : 0"), "11:17", "DG0506", "`?` is not part of the language",
           "write `a if test else b`"),
    "a cast": (statement("Y = (uint32_t)X"), "11:15", "DG0505", "this cannot be read: a cast of C", "write `u32(X)`"),
    "10h in behaviour": (statement("Y = 10h"), "11:15", "DG0504",
                         "'10h' is not a number: other characters follow its digits", "write `0x10`"),
    "32'h10 in behaviour": (statement("Y = 32'h10"), "11:15", "DG0505", "this cannot be read: a Verilog number",
                            "write `0x10`"),
    "a semicolon": (statement("Y = 1;"), "11:16", "DG0506", "`;` is not part of the language",
                    "put statements on lines of their own"),
    "else if": (statement("if X:\n    Y = 0\nelse if Y:\n    Y = 1"), "13:11", "DG0505",
                "this cannot be read: `else if` is one word", "write `elif`"),
    "if with one equals sign": (statement("if X = 1: Y = 0"), "11:14", "DG0505", "this cannot be read: `=` assigns",
                                "`==` compares"),
    "NULL": (statement("Y = NULL"), "11:15", "DG0510", "nothing here is called 'NULL'",
             "there is no empty value; numbers are 0"),
    "TRUE": (statement("Y = TRUE"), "11:15", "DG0510", "nothing here is called 'TRUE'", "did you mean 'true'?"),
    "print": (statement("print(X)"), "11:11", "DG0510", "nothing here is called 'print'",
              "declare an event (`events:`) or an error (`errors:`), and report it: `MY_EVENT(value=5)`"),
    "a method of another framework": (statement("X.A.set()"), "11:11", "DG0511", "field X.A has no 'set()'",
                                      "assign to it: `X.A = 1`"),
    "bits the wrong way round": (statement("Y = X[0:3]"), "11:15", "DG0531",
                                 "bit 0:3 of register X, which has 32 bits",
                                 "the higher bit stands first: `[3:0]`"),
    "recursion": (HEAD + "actions: {a(): a()}\non_reset: a()\n", "3:11", "DG0606", "this is recursive: a() -> a()",
                  "for repetition use `for n in range(...)`; or keep the position in `state`, arm a timer, and go on "
                  "in its `on_expire`"),
    "a loop that takes too long": (
        statement("for n in range(60000):\n    for m in range(60000):\n        pass"), "11:11", "DG0607", "",
        "do a part at a time: keep the position in `state`, arm a timer (`t.arm_in(1000)`), and go on in its "
        "`on_expire`"),
}  # fmt: skip


def first_finding(folder: Path, text: str) -> Diagnostic:
    path = folder / "d.yaml"
    path.write_text(text)
    found = [one for one in load_device(path).diagnostics if one.is_error]
    assert found, "nothing is wrong"
    return found[0]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_typical_mistake(mistake: str, tmp_path: Path) -> None:
    text, place, code, message, hint = MISTAKES[mistake]
    found = first_finding(tmp_path, text)
    told = f"{found.mark.line}:{found.mark.column}", found.code, found.message if message else "", found.hint
    assert told == (place, code, message, hint), found.text()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_once(mistake: str, tmp_path: Path) -> None:
    """No error follows from another one."""
    path = tmp_path / "d.yaml"
    path.write_text(MISTAKES[mistake][0])
    errors = [one for one in load_device(path).diagnostics if one.is_error]
    assert len(errors) == 1, "\n".join(one.text() for one in errors)


def mended(text: str, found: Diagnostic) -> str:
    """The text with the finding's only change made."""
    [fix] = found.fixes
    lines = text.split("\n")
    mark, length = fix.span.mark, fix.span.length
    line = lines[mark.line - 1]
    lines[mark.line - 1] = line[: mark.column - 1] + fix.replacement + line[mark.column - 1 + length :]
    return "\n".join(lines)


# What a description is after the change that the finding carries.
CHANGES = {
    "w1c": register("R: {at: 0, write_effect: woclr}"),
    "UVM's RC": register("R: {at: 0, access: ro, read_effect: rclr}"),
    "OpenTitan's r0w1c": register("R: {at: 0, access: wo, write_effect: woclr}"),
    "SVD's modifiedWriteValues": register("R: {at: 0, write_effect: woclr}"),
    "addressOffset": register("R: {at: 0}"),
    "readonly as a key": register("R: {at: 0, access: ro}"),
    "10h": register("R: {at: 0x10}"),
    "a quoted number": register("R: {at: 0, width: 32}"),
    "bits in brackets": register("R: {at: 0, fields: {A: {bits: 3:0}}}"),
    "4KB": HEAD + "regions: {r: {space: mmio, size: 4 KiB}}\n",
    "a call in braces": register("R: {at: 0, read: 'min(X, Y)'}"),
    "!STATUS": HEAD + "interrupts:\n  i: {level: 'not STATUS'}\n",
    "one space too many": REGION + "      A: {at: 0}\n      B: {at: 4}\n",
    "no colon": HEAD + "regions:\n  r: {space: mmio}\n",
    "an apostrophe": HEAD + 'title: "the device\'s title"\n',
    "X++": statement("Y += 1"),
    "&&": statement("if X and Y: Y = 0"),
    "!x": statement("if not X: Y = 0"),
    "a cast": statement("Y = u32(X)"),
    "else if": statement("if X:\n    Y = 0\nelif Y:\n    Y = 1"),
    "a semicolon": statement("Y = 1"),
}


@pytest.mark.parametrize("mistake", CHANGES)
def test_the_change_mends_it(mistake: str, tmp_path: Path) -> None:
    text = MISTAKES[mistake][0]
    assert mended(text, first_finding(tmp_path, text)) == CHANGES[mistake]


def test_two_keys_in_a_block_stand_on_two_lines(tmp_path: Path) -> None:
    text = REGION + "      R:\n        at: 0\n        access: rc\n"
    wanted = REGION + "      R:\n        at: 0\n        access: ro\n        read_effect: rclr\n"
    assert mended(text, first_finding(tmp_path, text)) == wanted


def test_suggestions_are_bounded(tmp_path: Path) -> None:
    """Many unknown names among many known ones take no longer than the check itself."""
    count = 3000
    registers = "".join(f"      REG_{n}: {{at: {4 * n}, on_write: REX_{n} = 1}}\n" for n in range(count))
    path = tmp_path / "d.yaml"
    path.write_text(REGION.replace("4 KiB", "1 MiB") + registers)
    hints = [one.hint for one in load_device(path).diagnostics if one.code == "DG0510"]
    assert "did you mean 'REG_0'" in hints[0]
    assert not any("did you mean" in hint for hint in hints[100:])


@pytest.mark.parametrize("word", ["w1c", "rw1c", "w1tc", "wc", "w0c", "w1s", "w0s", "w1t", "woc", "wzr", "rwc", "w1x"])
@pytest.mark.parametrize("key", ["access", "write_effect", "read_effect"])
def test_no_suggestion_guesses_an_effect(key: str, word: str, tmp_path: Path) -> None:
    """A near spelling may be the opposite: what is offered is what the word means, or a list of all effects."""
    found = first_finding(tmp_path, register(f"R: {{at: 0, {key}: {word}}}"))
    assert "did you mean" not in found.hint
