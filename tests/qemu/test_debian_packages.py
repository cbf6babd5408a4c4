"""Fetched folders appear whole or not at all; no test here goes to the network."""

from __future__ import annotations

import lzma
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from devgen.qemu import debian_packages as debian
from devgen.qemu.small_linux import extract_vmlinux


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "Apt", lambda folder, suites, architecture: None)


def fill_with(text: str) -> Callable[[object, Path], None]:
    return lambda _apt, new: (new / "what").write_text(text) and None


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_there_by_the_same_recipe_is_not_fetched_again(tmp_path: Path) -> None:
    debian.fetch(tmp_path / "x", ["one"], (), fill_with("1"))
    debian.fetch(tmp_path / "x", ["one"], (), fill_with("2"))
    assert (tmp_path / "x/what").read_text() == "1"


def test_another_recipe_replaces_what_is_there(tmp_path: Path) -> None:
    debian.fetch(tmp_path / "x", ["one"], (), fill_with("1"))
    debian.fetch(tmp_path / "x", ["two"], (), fill_with("2"))
    assert (tmp_path / "x/what").read_text() == "2"
    assert names(tmp_path) == ["x", "x.lock"]


def test_a_fetch_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    def fail(_apt: object, new: Path) -> None:
        (new / "what").write_text("half")
        raise debian.Unavailable("no network")

    debian.fetch(tmp_path / "x", ["one"], (), fill_with("1"))
    with pytest.raises(debian.Unavailable):
        debian.fetch(tmp_path / "x", ["two"], (), fail)
    assert (tmp_path / "x/what").read_text() == "1"
    assert names(tmp_path) == ["x", "x.lock"]


def test_what_a_killed_fetch_has_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "x.part-123").mkdir()
    debian.fetch(tmp_path / "x", ["one"], (), fill_with("1"))
    assert names(tmp_path) == ["x", "x.lock"]


def test_the_second_of_two_at_once_waits_and_fetches_nothing(tmp_path: Path) -> None:
    inside, go = threading.Event(), threading.Event()

    def slow(_apt: object, new: Path) -> None:
        inside.set()
        assert go.wait(20)
        (new / "what").write_text("1")

    threads = [
        threading.Thread(target=debian.fetch, args=(tmp_path / "x", ["one"], (), fill))
        for fill in (slow, fill_with("2"))
    ]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(20)
    assert (tmp_path / "x/what").read_text() == "1"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(debian.Unavailable, match="file"):
        debian.fetch(tmp_path / "file/x", ["one"], (), fill_with("1"))


def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(debian.Unavailable, match="this needs a Debian host"):
        debian.run(["no-such-command-at-all"])


def test_vmlinux_is_taken_out_of_a_bzimage() -> None:
    payload = lzma.compress(b"\x7fELF kernel") + b"size"
    image = bytearray(1024 + 100) + payload
    image[0x1F1] = 1
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<II", image, 0x248, 100, len(payload))
    assert extract_vmlinux(bytes(image)) == b"\x7fELF kernel"


def test_what_is_no_bzimage_is_refused() -> None:
    with pytest.raises(debian.Unavailable, match="no bzImage"):
        extract_vmlinux(bytes(1024))


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("W: a warning\nE: no connection\nE: some index files failed", "no connection"),
        ("cannot open\nno space left\n", "no space left"),
        ("", "it failed without a message"),
    ],
)
def test_the_first_error_of_a_program_is_told_in_one_line(printed: str, told: str) -> None:
    with pytest.raises(debian.Unavailable, match=f"^sh: {told}$"):
        debian.run(["sh", "-c", f"printf '{printed}' >&2; exit 1"])
