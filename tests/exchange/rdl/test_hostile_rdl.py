"""SystemRDL from an untrusted source: one clear error with its place, in bounded memory and time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from devgen import FileError, import_registers
from devgen.exchange.rdl import bounded_work

FIELD = "field { sw = rw; hw = r; } F[31:0]"
DOUBLED = "".join(f"regfile r{n} {{ r{n - 1} A; r{n - 1} B; r{n - 1} C; r{n - 1} D; }};" for n in range(1, 20))
MACROS = "".join(f"`define m{n} `m{n + 1} `m{n + 1} `m{n + 1} `m{n + 1}\n" for n in range(20))

REFUSED = {
    "files in files": ("addrmap a {\n" + "regfile {" * 3000, r"t\.rdl:2: more than 100 brackets inside each other"),
    "parentheses": (f"addrmap a {{ reg {{\n{FIELD} = {'(' * 5000}", r"t\.rdl:2: more than 100 brackets"),
    "a shift": (f"addrmap a {{ reg {{ {FIELD} = 1 << 100000000000; }} R; }};", r"t\.rdl:1: '<< 100000000000' makes a"),
    "a power": (f"addrmap a {{ reg {{ {FIELD} = 2 ** 0xffffffff; }} R; }};", r"t\.rdl:1: '\*\* 0xffffffff' makes a"),
    "replications": (
        f"addrmap a {{ reg {{ {FIELD} = {{1000000000{{8'hff}}}}; }} R; }};",
        "more than 1 s of ",
    ),
    "components": (f"reg r0 {{ {FIELD} = 0; }}; {DOUBLED} addrmap a {{ r19 X; }};", "more than 1 s of "),
    "macros": (f"{MACROS}`define m20 x\naddrmap a {{ `m0 }};", "more than 1 s of "),
    "a macro in itself": ("`define a `a `a\naddrmap a { `a };", r"t\.rdl:2: Found recursive macro"),
    "an include of itself": ('`include "t.rdl"\n', "circular reference"),
    "a missing include": ('\n`include "u.rdl"\n', r"t\.rdl:2: Could not find 'u.rdl'"),
    "Perl": ("addrmap a {\n<% die; %> };", r"t\.rdl:2: embedded Perl"),
    "control characters": ("\0\1\2" * 100, r"t\.rdl:1: "),
    "the end is missing": (f"addrmap a {{ reg {{\n{FIELD}", r"t\.rdl:2: "),
    "nothing": ("", "no addrmap"),
    "33 MiB": ("x" * (33 << 20), "is larger than 32 MiB"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_hostile_file_is_one_error(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_work, "_SECONDS", 1)
    (tmp_path / "t.rdl").write_text(text, encoding="utf-8")
    start = time.process_time()
    with pytest.raises(FileError, match=message) as caught:
        import_registers(tmp_path / "t.rdl", None)
    assert "\n" not in str(caught.value)
    assert time.process_time() - start < 20


def test_bytes_that_are_no_text_are_one_error(tmp_path: Path) -> None:
    (tmp_path / "t.rdl").write_bytes(bytes(range(256)))
    with pytest.raises(FileError, match=r"t\.rdl: not UTF-8: byte 128"):
        import_registers(tmp_path / "t.rdl", None)


def test_arrays_of_arrays_are_left_out_where_they_have_too_many_registers(tmp_path: Path) -> None:
    body = f"regfile {{ regfile {{ reg {{ {FIELD} = 0; }} R[10000]; }} X[10000]; }} Y[10000]; reg {{ {FIELD} = 0; }} Z;"
    (tmp_path / "t.rdl").write_text(f"addrmap a {{ {body} }};", encoding="utf-8")
    (report,) = import_registers(tmp_path / "t.rdl", None)
    assert [(str(found.outcome), found.part) for found in report.findings] == [("left out", "a.Y")]


def test_brackets_in_texts_and_comments_do_not_count(tmp_path: Path) -> None:
    deep = "(" * 200
    text = f'addrmap a {{ desc = "{deep}"; // {deep}\n /* {deep} */ reg {{ {FIELD} = 1 << 3; }} R; }};'
    (tmp_path / "t.rdl").write_text(text, encoding="utf-8")
    assert import_registers(tmp_path / "t.rdl", None)[0].registers == 1
