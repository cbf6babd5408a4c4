"""Words, numbers, comments and statements of other languages: what devgen says to write instead, once for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen.language import load_board, load_device
from tests.language.test_typical_mistakes import HEAD, REGION, REST, register, statement


def field(entry: str) -> str:
    return register(f"R: {{at: 0, fields: {{A: {{bits: 0, {entry}}}}}}}")


NO_END = "blocks have no end: remove it"
LOOP = "write `for n in range(4):`, which counts from 0 to 3"
SPACES = "indent lines that belong together alike"

# The description, the code of its only error, and what it says to write.
NOTATIONS: dict[str, tuple[str, str, str]] = {
    # --- words of other formats ---
    "PCI Express's ROS": (
        register("R: {at: 0, access: ROS}"),
        "DG0204",
        "in devgen this is `access: ro` (sticky, as PCI Express's ROS: give the register `retain: true`)",
    ),
    "PCI Express's RsvdZ": (
        register("R: {at: 0, access: RsvdZ}"),
        "DG0204",
        "bits outside all fields read 0 and ignore writes: leave the field out; of a register: `intent: reserved`",
    ),
    "ST's rt_w1": (register("R: {at: 0, access: rt_w1}"), "DG0204", "in devgen this is `write_effect: wot`"),
    "ST's rc_w": (register("R: {at: 0, access: rc_w}"), "DG0204", "in devgen this is `write_effect: wclr`"),
    "ST's rs or UVM's": (
        register("R: {at: 0, access: rs}"),
        "DG0204",
        "in devgen this is `access: ro, read_effect: rset` (a read sets, as UVM's RS) or "
        "`write_effect: woset` (written ones set, as ST's rs)",
    ),
    "UVM's NOACCESS": (
        register("R: {at: 0, access: NOACCESS}"),
        "DG0204",
        "software cannot reach it: leave it out, or declare it under `state`",
    ),
    "SystemRDL's rclr": (
        register("R: {at: 0, rclr: true}"),
        "DG0201",
        "in devgen this is `access: ro, read_effect: rclr`",
    ),
    "SystemRDL's woset": (field("woset: true"), "DG0201", "in devgen this is `write_effect: woset`"),
    "SystemRDL's swwe": (register("R: {at: 0, swwe: X.A}"), "DG0201", "in devgen this is `write_enable`"),
    "OpenTitan's regwen": (register("R: {at: 0, regwen: X.A}"), "DG0201", "in devgen this is `write_enable`"),
    "SystemRDL's counter in a register": (
        register("R: {at: 0, counter: true}"),
        "DG0201",
        "it belongs to a field, as `fields: {NAME: {bits: 7:0, counter: ...}}`",
    ),
    "SystemRDL's incr in a field": (
        field("incr: X"),
        "DG0201",
        "it belongs under `counter`, as `counter: {incr: SOURCE, incrsaturate: true}`",
    ),
    "SystemRDL's posedge": (
        field("posedge: true"),
        "DG0201",
        "it says when an interrupt field is set: `intr: {posedge: SOURCE}`",
    ),
    "writable: false": (register("R: {at: 0, writable: false}"), "DG0201", "in devgen this is `access: ro`"),
    "no name for noise": (register("R: {at: 0, ports: 1}"), "DG0201", ""),
    # --- YAML ---
    "no colon in braces": (register("R: {at 0, width: 32}"), "DG0201", "a colon follows a key: `at: 0`"),
    "an equals sign in braces": (register("R: {at = 0}"), "DG0201", "a colon follows a key: `at: 0`"),
    "an equals sign": (REGION + "      R:\n        at = 0\n", "DG0203", "a colon and a space follow a key: `at: 0`"),
    "no colon after a name": (register("R {at: 0}"), "DG0207", "write a colon after the name: `R: {...}`"),
    "no colon in a line": (REGION + "      R:\n        at 0\n        width: 32\n", "DG0105", "write `at:`"),
    "registers as a list": (
        REGION + "      - R: {at: 0}\n",
        "DG0203",
        "entries stand by their names, without `-`: `NAME: ...`",
    ),
    "a stray dash": (HEAD + "- title: x\n", "DG0105", "remove the `-`, or indent the list under its key"),
    "a list's element too far left": (HEAD + "include:\n  - a.yaml\n - b.yaml\n", "DG0105", SPACES),
    "a list's element too far right": (HEAD + "include:\n  - a.yaml\n   - b.yaml\n", "DG0105", SPACES),
    "the first line indented": ("  " + HEAD, "DG0105", SPACES),
    "a bracket for a brace": (register("R: {at: 0]"), "DG0105", "write }"),
    "two commas": (register("R: {at: 0,, width: 32}"), "DG0105", "remove it, or write what is missing"),
    "a backslash": (
        HEAD + 'title: "C:\\path"\n',
        "DG0105",
        'write \\\\ for a backslash inside "...", or use single quotes',
    ),
    "a no-break space": (REGION + "      R:\n\u00a0       at: 0\n", "DG0105", "indent with spaces"),
    "typographic quotes": (
        register("R: {at: \u20180\u2019}"),
        "DG0203",
        "it contains the character left single quotation mark (U+2018): write `0`",
    ),
    "a dash for a colon": (
        register("R: {at: 0, fields: {A: 7\u20134}}"),
        "DG0205",
        "it contains the character en dash (U+2013): write `7:4`",
    ),
    "fields beside the registers": (
        REGION + "      R: {at: 0}\n      fields: {A: 0, B: 1}\n",
        "DG0209",
        "indent it under the entry that it belongs to",
    ),
    "registers beside the regions": (
        HEAD + "regions:\n  r: {space: mmio, size: 4}\n  registers:\n    A: {at: 0}\n",
        "DG0209",
        "indent it under the entry that it belongs to",
    ),
    "a register inside another": (
        REGION + "      R:\n        at: 0\n        S: {at: 4}\n",
        "DG0201",
        "it looks like an entry beside the one that it is in: indent it less",
    ),
    "statements at the key's column": (
        REGION + "      R:\n        at: 0\n        on_write: |\n        R = 1\n" + REST,
        "DG0105",
        "indent them further than 'on_write'",
    ),
    "statements without |": (
        REGION + "      R:\n        at: 0\n        on_write:\n          R = 1\n          R = 2\n",
        "DG0505",
        "YAML joins these lines to one: write `|` after the key's colon to keep them",
    ),
    "a block of statements without |": (
        REGION + "      R:\n        at: 0\n        on_write:\n          if R:\n            R = 1\n",
        "DG0203",
        "write `|` after the colon, and the statements on the lines after it: `on_write: |`",
    ),
    "a comment of C": (
        REGION + "      R:\n        at: 0 // first\n",
        "DG0203",
        "a comment begins with ` # `: write `0 # first`",
    ),
    "a comment of C behind a brace": (register("R: {at: 0} // first"), "DG0105", "write # before the comment"),
    "a comma at the end": (REGION + "      R:\n        at: 0,\n", "DG0203", "no comma at the end of a line: write `0`"),
    "a number with commas": (
        register("R: {at: 0, reset: 1,000}"),
        "DG0201",
        "inside { } a comma ends the value before it: write numbers without commas",
    ),
    "an octal number": (register("R: {at: 010}"), "DG0301", "write `10`, or `0o10` if it is octal (8)"),
    "VHDL's number": (register("R: {at: 16#10#}"), "DG0203", "write `0x10`"),
    "4.0": (register("R: {at: 4.0}"), "DG0203", "write `4`"),
    "BASIC's number": (register("R: {at: &h10}"), "DG0203", "`&` begins an anchor in YAML"),
    "a number after #": (
        register("R: {at: #10}"),
        "DG0105",
        "quote a text that begins with #; numbers in hexadecimal are written `0x10`",
    ),
    "a merge key": (
        REGION + "      A: &a {at: 0}\n      B: {<<: *a, at: 4}\n",
        "DG0114",
        "write the keys out; registers that are alike share a `type`, files an `include`",
    ),
    # --- behaviour ---
    "for(;;)": (statement("for(;;) Y = 1"), "DG0506", LOOP),
    "a loop of C": (statement("for (int i = 0; i < 4; i++) {\n    Y = i;\n}"), "DG0506", LOOP),
    "a loop of Pascal": (statement("for i = 0 to 4: Y = i"), "DG0505", LOOP),
    "braces": (
        statement("if (X) {\n    Y = 1;\n}"),
        "DG0506",
        "write `if test:`, and indent the statements of the block",
    ),
    "switch": (statement("switch (X) {\ncase 1: Y = 1;\n}"), "DG0506", "write `if`, `elif` and `else`"),
    "match": (statement("match X:\n    case 1: Y = 1"), "DG0506", "write `if`, `elif` and `else`"),
    "no colon after a condition": (statement("if X == 1\n    Y = 0"), "DG0505", "write `:` behind it"),
    "no colon before a statement": (statement("if X == 1 Y = 0"), "DG0505", "write `:` behind it"),
    "then": (statement("if X then Y = 0"), "DG0505", "write `if test:`"),
    "elif alone": (statement("elif X: Y = 0"), "DG0505", "begin with `if`, in the same column"),
    "end": (statement("if X:\n    Y = 0\nend"), "DG0602", NO_END),
    "concatenation": (statement("Y = {X.A, X.B}"), "DG0506", "bits are joined with shifts: `HIGH << 16 | LOW`"),
    "downto": (statement("Y = X[3 downto 0]"), "DG0505", "write `X[3:0]`"),
    "a part select": (statement("Y = X[7-:4]"), "DG0505", "write `X[7:4]`"),
    "===": (statement("Y = X === 1"), "DG0505", "write `==` or `!=`"),
    ">>>": (statement("Y = X >>> 1"), "DG0505", "write `>>`: numbers without a sign have nothing to extend"),
    "mod": (statement("Y = X mod 2"), "DG0505", "write `%`"),
    "AND": (statement("Y = X AND 1"), "DG0505", "write `and`"),
    "::": (statement("X::A = 1"), "DG0505", "a part is named after a dot: `STATUS.BUSY`"),
    "// as a comment": (statement("Y = 1 // a comment"), "DG0505", "write # before the comment"),
    "// before everything": (statement("// a comment\nY = 1"), "DG0505", "write # before the comment"),
    "-- as a comment": (statement("-- a comment"), "DG0505", "write # before the comment"),
    "a cast with brackets": (statement("Y = (uint8_t)(X >> 4)"), "DG0510", "a type is written as a function: `u8(x)`"),
    'x"FF"': (statement('Y = x"FF"'), "DG0506", "write `0xff`"),
    "16#FF#": (statement("Y = 16#FF#"), "DG0504", "write `0x1f` for 16#1f#, `0b101` for 2#101#"),
    "$FF": (statement("Y = $FF"), "DG0503", "write `0xff`"),
    "&HFF": (statement("Y = &HFF"), "DG0505", "write `0xff`"),
    "FFh": (statement("Y = FFh"), "DG0510", "write `0xff`"),
    "a dash for minus": (statement("Y = 1 \u2013 1"), "DG0503", "write `-`"),
    "not equal": (statement("Y = X \u2260 1"), "DG0503", "write `!=`"),
    "in": (statement("if X in (1, 2): Y = 0"), "DG0506", "compare with each: `X == 1 or X == 2`, or `1 <= X < 4`"),
    "#define": (
        statement("#define LIMIT 4\nY = 1"),
        "DG0505",
        "numbers have names under `constants`, and a property with `if` selects statements",
    ),
    "#if": (
        statement("#if DEBUG\nY = 1\n#endif"),
        "DG0505",
        "numbers have names under `constants`, and a property with `if` selects statements",
    ),
    "two statements on a line": (
        statement("Y = 1 Y = 2"),
        "DG0505",
        "a statement stands on a line of its own, and `=` assigns",
    ),
    "a local without a value": (statement("int i"), "DG0505", "write `i: s32 = 0`"),
    "a divisor that may be 0": (statement("Y = 1 % X"), "DG0532", "`max(..., 1)` keeps it above 0"),
    "nothing assigned": (statement("Y ="), "DG0505", "write a value after `=`"),
    "an operator at the end": (
        statement("Y = X +\n  1"),
        "DG0505",
        "write its other side; inside brackets a line goes on by itself",
    ),
    "now()": (statement("Y = u32(now())"), "DG0506", "write `now`"),
    "read()": (statement("Y = X.read()"), "DG0506", "its name is its value: `X`"),
    "an undeclared interrupt": (
        statement("irq = 1"),
        "DG0510",
        "an interrupt is declared under `interrupts:`; its name is assigned to, or it has a `level`",
    ),
    "raise": (
        statement("raise X"),
        "DG0506",
        "drive the interrupt, `intr = 1`, or give it a `level`; a thing of this name is written in backticks: `raise`",
    ),
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_another_notation_is_explained_once(notation: str, tmp_path: Path) -> None:
    text, code, hint = NOTATIONS[notation]
    path = tmp_path / "d.yaml"
    path.write_text(text, encoding="utf-8")
    errors = [found for found in load_device(path).diagnostics if found.is_error]
    assert [(found.code, found.hint) for found in errors] == [(code, hint)]
    assert errors[0].mark.line > 1 or text.startswith(" "), "the place is that of the mistake"


# Text that looks like a mistake and is none.
FINE = {
    "names that YAML 1.1 takes for booleans": REGION + "      no: {at: 0, fields: {on: 0, off: 1, y: 2, n: 3}}\n",
    "typographic quotes in free text": HEAD + "title: \u201cThe\u201d device\n",
    "a dash in free text": HEAD + "description: one\n  - two\n",
    "a register that is called like a key": REGION + "      type: {at: 0}\n      reset: {at: 4}\n",
    "a tab before a value": REGION + "      R: {at:\t0}\n",
    "division": statement("Y = X // 2"),
    "a bit pattern with a comment": statement("Y = 0b101 # five"),
}


@pytest.mark.parametrize("text", FINE)
def test_what_is_no_mistake_is_accepted(text: str, tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(FINE[text], encoding="utf-8")
    assert [found.text() for found in load_device(path).diagnostics if found.is_error] == []


def test_bits_in_brackets_are_a_field(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(register("R: {at: 0, fields: {A: [3:0]}}"))
    [found] = load_device(path).diagnostics
    assert (found.hint, found.fixes[0].replacement) == ("write `3:0`", "3:0")


MACHINE = "board: b\nmachine: {type: pc, ram: 2 MiB}\n"
PLACED = MACHINE + "devices:\n  uart: {device: pl011, at: {registers: 0xe0000000}}\n"

# A board, the code of its only error, and what it says to write.
BOARDS: dict[str, tuple[str, str, str]] = {
    "append": (MACHINE + "guest: {kernel: vmlinux, append: quiet}\n", "DG0201", "in devgen this is `cmdline`"),
    "smp": (MACHINE.replace("ram", "smp: 2, ram"), "DG0201", "in devgen this is `cpus`"),
    "QEMU's machine": (MACHINE.replace("pc", "q35"), "DG0204", "in devgen this is `type: pc`"),
    "arm64": (MACHINE.replace("pc", "arm64"), "DG0204", "in devgen this is `type: virt`"),
    "a pic is no pit": (MACHINE.replace("ram", "pic: kernel, ram"), "DG0201", "in devgen this is `irqchip`"),
    "a machine without keys": ("board: b\nmachine: virt\n", "DG0203", "write `machine: {type: virt}`"),
    "ram beside the machine": (MACHINE + "ram: 1 MiB\n", "DG0201", "it belongs under `machine`"),
    "a clock of the machine": (MACHINE.replace("ram", "clock: 1 MHz, ram"), "DG0201", ""),
    "the kernel beside the guest": (MACHINE + "kernel: vmlinux\n", "DG0201", "it belongs under `guest`"),
    "one address": (
        PLACED.replace("{registers: 0xe0000000}", "0xe0000000"),
        "DG0203",
        "give it a name: `at: {NAME: 0xe0000000}`",
    ),
    "one interrupt": (
        PLACED.replace("}}", "}, interrupt: 5}"),
        "DG0201",
        "in devgen this is `irq`; give it a name: `irq: {NAME: 5}`",
    ),
    "a device beside the devices": (
        PLACED + "uart2: {device: pl011, at: {registers: 0xe0010000}}\n",
        "DG0201",
        "it belongs under `devices`: indent it like the devices there",
    ),
    "devices as a list": (
        MACHINE + "devices:\n  - device: pl011\n",
        "DG0203",
        "entries stand by their names, without `-`: `NAME: ...`",
    ),
    "load and entry outside": (MACHINE + "guest: {image: a.bin, load: 0x900000, entry: 0x900000}\n", "DG0903", ""),
}


@pytest.mark.parametrize("notation", BOARDS)
def test_another_notation_in_a_board_is_explained_once(notation: str, tmp_path: Path) -> None:
    text, code, hint = BOARDS[notation]
    path = tmp_path / "b.yaml"
    path.write_text(text)
    errors = [found for found in load_board(path).diagnostics if found.is_error]
    assert [(found.code, found.hint) for found in errors] == [(code, hint)]
