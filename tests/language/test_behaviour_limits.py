"""Behaviour that is too much of a good thing: refused by its size, before or while it is followed."""

from __future__ import annotations

from pathlib import Path

from devgen.language import load_device

HEAD = "device: large\nbus: sysbus\n"


def codes(folder: Path, text: str) -> set[str]:
    path = folder / "large.yaml"
    path.write_text(HEAD + text)
    return {one.code for one in load_device(path).diagnostics}


def region(*registers: str) -> str:
    return "regions:\n  r:\n    space: mmio\n    size: 4 KiB\n    registers:\n" + "".join(
        f"      {one}\n" for one in registers
    )


def test_a_text_that_is_too_long(tmp_path: Path) -> None:
    assert codes(tmp_path, region(f"A: {{at: 0, read: {'1 + ' * 5000}1}}")) == {"DG0501"}


def test_a_function_that_is_used_in_too_many_ways(tmp_path: Path) -> None:
    body = " ^ ".join(["(x & 255)"] * 30)
    reads = [
        f"R{at}: {{at: {4 * at}, read: 'u32({' + '.join(f'f({at * 30 + k})' for k in range(30))})'}}"
        for at in range(60)
    ]
    assert codes(tmp_path, f"functions:\n  'f(x)': {body}\n" + region(*reads)) >= {"DG0537"}
