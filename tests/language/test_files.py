"""Files that are no descriptions at all: one clear line, in bounded time and memory."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devgen.language import load_board, load_device
from devgen.language.reading.yaml_tree import VALUE_LIMIT


def codes(path: Path) -> list[str]:
    result = load_device(path)
    assert result.device is None
    assert all(one.mark.file == str(path) for one in result.diagnostics)
    assert [one.code for one in load_board(path).diagnostics] == [one.code for one in result.diagnostics]
    return [one.code for one in result.diagnostics]


def test_a_missing_file(tmp_path: Path) -> None:
    assert codes(tmp_path / "none.yaml") == ["DG0101"]


@pytest.mark.parametrize("name", ["with\0nul.yaml", "a" * 5000])
def test_a_path_that_no_file_can_have(name: str) -> None:
    assert [one.code for one in load_device(name).diagnostics] == ["DG0101"]


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b.yaml")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")
    assert codes(tmp_path / "a.yaml") == ["DG0101"]


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    fifo, sock = tmp_path / "fifo.yaml", tmp_path / "s"
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(sock))
        assert codes(fifo) == ["DG0102"]  # and does not wait for a writer
        assert codes(tmp_path) == ["DG0102"]
        assert codes(Path("/dev/zero")) == ["DG0102"]
        assert codes(sock) == ["DG0102"]


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as stream:
        stream.truncate(600 << 20)
    assert codes(path) == ["DG0103"]


def test_a_file_that_lies_about_its_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "grows.yaml"
    path.write_bytes(b"#" * 4096)
    monkeypatch.setattr("devgen.common.guarded_files.os.fstat", lambda _fd: os.stat_result((0o100644, *[0] * 9)))
    from devgen.language.diagnostics.reporting import Diagnostics
    from devgen.language.model import Mark
    from devgen.language.reading.regular_file import read_text

    sink = Diagnostics()
    assert read_text(path, Mark("x", 1, 1), sink, limit=4095) is None
    assert [one.code for one in sink.finish()] == ["DG0103"]
    assert read_text(path, Mark("x", 1, 1), sink, limit=4096) == "#" * 4096


@pytest.mark.parametrize(
    "junk",
    [
        b"\x7fELF\x02\x01\x01" + bytes(100),
        bytes(range(256)),
        b"device: a\0b",
        b"device: \xff\xfe",
        b"\xff\xfed\0e\0v\0",
        b"device: a\x1b[31m",
        b"\x89PNG\r\n\x1a\n",
        b"\xed\xa0\x80",
    ],
)
def test_binary_junk_is_one_clear_line(junk: bytes, tmp_path: Path) -> None:
    path = tmp_path / "junk.yaml"
    path.write_bytes(junk)
    assert codes(path) == ["DG0104"]
    assert load_device(path).diagnostics[0].headline().isprintable()


def test_a_byte_order_mark_is_welcome(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfdevice: bom\nbus: sysbus\n")
    assert load_device(path).ok


def test_too_many_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devgen.language.reading.yaml_tree.VALUE_LIMIT", 100)
    path = tmp_path / "many.yaml"
    path.write_text("device: many\nbus: sysbus\nstate: [" + "x, " * 200 + "]\n")
    assert codes(path) == ["DG0111"]


@pytest.mark.slow
def test_the_worst_file_of_the_largest_size_stays_in_bounds(tmp_path: Path) -> None:
    """More values than are taken: refused early, in bounded memory."""
    path = tmp_path / "full.yaml"
    with path.open("w") as stream:
        stream.write("device: full\nstate:\n")
        for _ in range(VALUE_LIMIT // (1 << 16) + 1):
            stream.write("- a\n" * ((1 << 16) - 1))
    script = f"from devgen.language import load_device; print([d.code for d in load_device({str(path)!r}).diagnostics])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20)),
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout == "['DG0111']\n", done.stderr


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("gone.yaml", ""),
        ("prat.yaml", "did you mean 'part.yaml'?"),
        ("part.yml", "did you mean 'part.yaml'?"),
    ],
)
def test_a_missing_include_suggests_files_with_a_similar_stem(tmp_path: Path, named: str, hint: str) -> None:
    for name in ("bone_a.yaml", "go.yaml", "part.yaml"):
        (tmp_path / name).write_text(f"fragment: {name.removesuffix('.yaml')}\n")
    path = tmp_path / "d.yaml"
    path.write_text(f"device: d\nbus: sysbus\ninclude: [{named}]\n")
    found = next(one for one in load_device(path).diagnostics if one.code == "DG0120")
    assert (found.hint or "") == hint
