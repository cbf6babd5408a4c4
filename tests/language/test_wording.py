"""What a finding says, word for word, where the message has forms: numbers, plurals, hints after what was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen.language import load_device

HEAD = "device: example\nbus: sysbus\n"
REGISTERS = HEAD + "regions:\n  r:\n    space: mmio\n    size: 4 KiB\n    registers:\n      R: {at: 0}\n"
LINES = REGISTERS + "interrupts: {i: {}}\n"
BARS = HEAD.replace("sysbus", "pci") + "pci: {vendor: 1, device: 1, class: 0, bars: {6: {type: io, size: 4}}}\n"

CASES = {
    "a text too short": (
        REGISTERS + "      S: {at: 4, on_write: ''}",
        "'on_write' has no characters; at least 1 is allowed",
        "",
    ),
    "a text too long": (HEAD + f"title: {'x' * 401}", "'title' has 401 characters; at most 400 are allowed", ""),
    "a list too short": (
        REGISTERS + "      S: {at: 4, on_write: []}",
        "'on_write' has no elements; at least 1 is allowed",
        "",
    ),
    "a number too small": (REGISTERS + "      S: {at: -4}", "'at' is -4; at least 0 is allowed", ""),
    "a list for one": (
        REGISTERS + "      S: {at: 4, reset: [1, 2]}",
        "'reset' has 2 values, this is one register, not an array",
        "",
    ),
    "a list too long": (
        REGISTERS + "      S: {at: 4, count: 2, stride: 4, reset: [1]}",
        "'reset' has 1 value, the array has 2 elements",
        "",
    ),
    "a key that is a number": (BARS, "unknown key '6'", ""),
    "a fraction": (
        HEAD + "counters: {c: {clock: virtual, frequency: 1.5 MHz, width: 8}}",
        "'1.5 MHz' is not a frequency: numbers are whole",
        "use a smaller unit",
    ),
    "an unknown unit": (
        HEAD + "counters: {c: {clock: virtual, period: 1 sec, width: 8}}",
        "'1 sec' is not a period: no unit sec",
        "units: ns, us, ms, s",
    ),
    "C's and": (REGISTERS + "      S: {at: 4, read: 'R && R'}", "`&&` is not part of the language", "write `and`"),
    "an ellipsis": (REGISTERS + "      S: {at: 4, read: '...'}", "`...` is not part of the language", ""),
    "one bit": (REGISTERS + "      S: {at: 4, read: 'R[0][1]'}", "bit 1 of register R[0:0], which has 1 bit", ""),
    "two lines": (
        LINES.replace("{at: 0}", "{at: 0, on_write: 'pulse(i, i)'}"),
        "pulse() takes one line, not 2 arguments",
        "",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_message(case: str, tmp_path: Path) -> None:
    text, message, hint = CASES[case]
    path = tmp_path / "example.yaml"
    path.write_text(text + "\n")
    found = {one.message: one.hint for one in load_device(path).diagnostics}
    assert message in found
    assert hint in found[message] if hint else not found[message]
