"""The output of a script ends at a mark, however it is cut into pieces; folders of killed runs are removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devgen.qemu.guest import _Until
from devgen.qemu.run_folder import RunFolder

MARK = b"@abc"


@given(st.binary(max_size=40), st.lists(st.integers(1, 5), min_size=1, max_size=60), st.integers(0, 255))
def test_all_before_the_mark_is_output_and_the_rest_of_its_line_the_status(
    output: bytes, cuts: list[int], status: int
) -> None:
    output = output.replace(MARK, b"")
    stream = output + MARK + b" %d\n" % status
    found = bytearray()
    wait = _Until(MARK, found.extend)
    ends = []
    while stream:
        size = cuts[len(ends) % len(cuts)]
        ends.append(wait.take(stream[:size]))
        stream = stream[size:]
    assert bytes(found) == output
    assert (ends.index(True), int(wait.rest)) == (len(ends) - 1, status)


def test_output_is_passed_on_before_the_mark_comes() -> None:
    found = bytearray()
    wait = _Until(MARK, found.extend)
    wait.take(b"prompt? @ab")
    assert found == b"prompt? "


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_that_nobody_locks_is_removed_by_the_next_run(temporary: Path) -> None:
    left = temporary / "devgen-qemu-dead"
    left.mkdir()
    (left / "lock").touch()
    (left / "card0").touch()
    with RunFolder() as folder:
        assert list(temporary.iterdir()) == [folder.path]
    assert list(temporary.iterdir()) == []


def test_a_folder_in_use_or_of_something_else_stays(temporary: Path, tmp_path: Path) -> None:
    (temporary / "devgen-qemu-being-made").mkdir()
    (temporary / "elsewhere").mkdir()
    (temporary / "elsewhere/lock").touch()
    (temporary / "devgen-qemu-link").symlink_to(temporary / "elsewhere")
    with RunFolder() as one, RunFolder() as two:
        assert one.path.exists()
        assert two.path.exists()
    assert sorted(path.name for path in temporary.iterdir()) == [
        "devgen-qemu-being-made",
        "devgen-qemu-link",
        "elsewhere",
    ]
    assert (temporary / "elsewhere/lock").exists()
