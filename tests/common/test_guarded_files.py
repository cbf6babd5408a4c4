"""Files whose path or content comes from untrusted input: each bad kind is refused at once, with a clear reason."""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from devgen.common.guarded_files import (
    TEMPORARY_SUFFIX,
    RefusedFile,
    check_replaceable,
    create_file,
    locked_file,
    make_folder,
    open_regular,
    open_regular_to_write,
    open_text_to_write,
    read_file,
    read_start,
    replace_file,
    replace_with,
)

LIMIT = 1 << 20


def fifo(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def link_to_zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link_to_fifo(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a FIFO": (fifo, "is a FIFO, not a regular file"),
    "a folder": (folder, "is a folder, not a regular file"),
    "a socket": (bound_socket, "is a socket, not a regular file"),
    "a link to /dev/zero": (link_to_zero, "is a device, not a regular file"),
    "a link to a FIFO": (link_to_fifo, "is a FIFO, not a regular file"),
    "a link to itself": (link_to_itself, "Too many levels of symbolic links"),
    "nothing": (lambda _path: None, "No such file or directory"),
}
READING: dict[str, Callable[[Path], object]] = {
    "read_file": read_file,
    "read_start": lambda path: read_start(path, 16),
    "open_regular": open_regular,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reading", READING)
def test_only_regular_files_are_read(kind: str, reading: str, tmp_path: Path) -> None:
    make, reason = KINDS[kind]
    make(tmp_path / "x")
    with pytest.raises(OSError) as caught:
        READING[reading](tmp_path / "x")
    assert caught.value.strerror == reason
    assert caught.value.filename in (tmp_path / "x", str(tmp_path / "x"))


@pytest.mark.parametrize("kind", [one for one in KINDS if one != "nothing"])
def test_only_regular_files_are_written(kind: str, tmp_path: Path) -> None:
    make, reason = KINDS[kind]
    make(tmp_path / "x")
    with pytest.raises(OSError) as caught:
        open_regular_to_write(tmp_path / "x")
    assert caught.value.strerror == reason


USES = (read_file, open_regular_to_write, check_replaceable, lambda path: replace_file(path, b""))
NAMES = [("a\0b", "holds a NUL character"), ("x" * 300, "File name too long")]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(("name", "reason"), NAMES)
def test_a_name_that_no_file_can_have(use: Callable[[Path], object], name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        use(tmp_path / name)
    assert reason in (caught.value.strerror or "")


def test_a_file_may_have_as_many_bytes_as_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(100))
    assert read_file(path, 100) == bytes(100)
    with pytest.raises(RefusedFile) as caught:
        read_file(path, 99)
    assert caught.value.too_large
    assert str(caught.value) == f"{path}: is larger than 99 bytes"


def test_a_file_without_a_size_is_read_up_to_the_limit() -> None:
    assert read_file("/proc/self/status", LIMIT).startswith(b"Name:")
    with pytest.raises(RefusedFile, match="is larger than 4 bytes"):
        read_file("/proc/self/status", 4)


def test_a_file_is_emptied_before_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"longer than the new content")
    with open_regular_to_write(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


def test_a_planted_link_is_replaced_and_its_target_is_not(tmp_path: Path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "x"
    victim.write_text("precious")
    path.symlink_to(victim)
    replace_file(path, b"new")
    assert (victim.read_text(), path.read_bytes(), path.is_symlink()) == ("precious", b"new", False)


@pytest.mark.parametrize("kind", ["a FIFO", "a folder", "a socket"])
def test_what_is_no_file_is_not_replaced(kind: str, tmp_path: Path) -> None:
    make, reason = KINDS[kind]
    make(tmp_path / "x")
    for use in (check_replaceable, lambda path: replace_file(path, b"new")):
        with pytest.raises(OSError) as caught:
            use(tmp_path / "x")
        assert caught.value.strerror == reason
    assert os.listdir(tmp_path) == ["x"]


def no_space(_file: BinaryIO) -> None:
    raise OSError(28, "No space left on device")


def not_json(_file: BinaryIO) -> None:
    raise TypeError("not JSON")


@pytest.mark.parametrize("fail", [no_space, not_json])
def test_nothing_is_left_when_writing_fails(fail: Callable[[BinaryIO], None], tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    with pytest.raises((OSError, TypeError)) as caught:
        replace_with(path, fail)
    assert getattr(caught.value, "filename", str(path)) == str(path)
    assert (os.listdir(tmp_path), path.read_text()) == (["x"], "old")


def test_temporary_files_have_names_that_cannot_be_guessed(tmp_path: Path) -> None:
    seen: set[str] = set()
    for _ in range(2):
        replace_with(tmp_path / "x", lambda _file: seen.update(os.listdir(tmp_path)))
    temporary = [name for name in seen if name.endswith(TEMPORARY_SUFFIX)]
    assert len(temporary) == 2
    assert all(len(name) >= 16 and "x" not in name.removesuffix(TEMPORARY_SUFFIX) for name in temporary)


def test_checking_a_place_leaves_nothing(tmp_path: Path) -> None:
    check_replaceable(tmp_path / "x")
    assert os.listdir(tmp_path) == []


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_new_files_have_the_mode_that_the_umask_gives(tmp_path: Path) -> None:
    replace_file(tmp_path / "x", b"")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("make", [fifo, link_to_zero, lambda path: path.symlink_to("elsewhere")])
def test_a_lock_is_a_file_of_its_own(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "lock")
    with pytest.raises(OSError), locked_file(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with locked_file(tmp_path / "lock"):
            assert (tmp_path / "lock").exists()


def test_a_new_file_overwrites_nothing(tmp_path: Path) -> None:
    create_file(tmp_path / "x", b"new")
    (tmp_path / "link").symlink_to("elsewhere")
    for name in ("x", "link"):
        with pytest.raises(FileExistsError):
            create_file(tmp_path / name, b"other")
    assert (tmp_path / "x").read_bytes() == b"new"
    assert not (tmp_path / "elsewhere").exists()


def test_a_new_file_that_cannot_be_written_whole_is_removed(tmp_path: Path) -> None:
    with pytest.raises(OSError) as failed, limited_size(100):
        create_file(tmp_path / "x", b"a" * 1000)
    assert failed.value.filename == str(tmp_path / "x")
    assert not (tmp_path / "x").exists()


@contextmanager
def limited_size(most: int) -> Iterator[None]:
    """Writing beyond ``most`` bytes of a file fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_folders_are_made_and_a_nul_is_refused(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    with pytest.raises(OSError, match="NUL"):
        make_folder(f"{tmp_path}/x\0y")


@pytest.mark.parametrize("make", [fifo, link_to_zero])
def test_text_is_written_to_regular_files_only(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "x")
    with pytest.raises(RefusedFile):
        open_text_to_write(tmp_path / "x")
