"""Patch files and register files of untrusted origin: one clear error, no hang, bounded memory."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen import FileError, import_registers, new_imported_device

CHIP = svd(peripheral("UART0", register("CTRL", 0, f"<fields>{field('EN', '0:0')}</fields>")))
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 20)


def text(content: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(content, encoding="utf-8") and None


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "fifo": (fifo, "not a regular file|a named pipe|FIFO"),
    "folder": (lambda path: path.mkdir(), "folder|directory"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "device|regular"),
    "loop": (lambda path: path.symlink_to(path), "symbolic links"),
    "100 MB": (large, "larger than 32 MiB|32 MiB"),
    "NUL bytes": (text("UART0:\0 {}"), "character U.0000|not text|NUL"),
    "a NUL in an included name": (text('_include: ["a\\0b"]'), "NUL character"),
    "no UTF-8": (lambda path: path.write_bytes(b"\xff\xfe\x00") and None, "UTF"),
    "truncated": (text("UART0: {CTRL: {EN: [0,"), "not YAML"),
    "a list": (text("- UART0\n"), "a list"),
    "empty": (text(""), "empty"),
    "billion laughs": (text(LAUGHS), "alias|values"),
    "deep": (text("{a: " * 1000), "nested|deep"),
    "a tag": (text("UART0: !!python/object/apply:os.system [ls]\n"), "tag"),
    "recursive": (text("a: &a {b: *a}\n"), "contains itself|itself|alias"),
    "many wildcards": (text("'" + "*a" * 400 + "': {}\n"), "matches nothing"),
    "a huge number": (text(f"UART0: {{_modify: {{CTRL: {{resetValue: {'9' * 4000}}}}}}}"), "64 bits"),
    "a huge array": (text("UART0: {_modify: {CTRL: {dim: 1000000000, dimIncrement: 4}}}"), "between 1 and 65536"),
    "huge bits": (text("UART0: {CTRL: {_add: {F: {bitOffset: 0, bitWidth: 1000000}}}}"), "between 1 and 1024"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_patch_gets_one_error(name: str, tmp_path: Path) -> None:
    make, message = HOSTILE[name]
    chip, patch = tmp_path / "chip.svd", tmp_path / "fix.yaml"
    chip.write_text(CHIP, encoding="utf-8")
    make(patch)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(FileError, match=rf"(?is)fix\.yaml.*({message})"):
        import_registers(chip, tmp_path / "devices", patches=[patch])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB
    assert time.process_time() - started < 10
    assert not (tmp_path / "devices").exists()


def test_files_that_include_each_other_many_times_are_bounded(tmp_path: Path) -> None:
    chip = tmp_path / "chip.svd"
    chip.write_text(CHIP, encoding="utf-8")
    for level in range(20):
        names = ", ".join([f"f{level + 1}.yaml"] * 3) if level < 19 else ""
        (tmp_path / f"f{level}.yaml").write_text(f"_include: [{names}]\nX{level}: {{}}\n", encoding="utf-8")
    with pytest.raises(FileError, match="more than 1000 included files"):
        import_registers(chip, None, patches=[tmp_path / "f0.yaml"])


@pytest.mark.parametrize("content", [b"", b"<device", b"\0" * 100, CHIP.encode()[:-40]])
def test_a_broken_register_file_starts_no_project(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "chip.svd").write_bytes(content)
    with pytest.raises(FileError, match=r"chip\.svd"):
        new_imported_device(tmp_path / "chip.svd", "UART0", root=tmp_path / "project")
    assert not (tmp_path / "project").exists()
