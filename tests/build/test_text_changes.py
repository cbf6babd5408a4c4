"""The diff of a generated file: numbered as the whole file, and bounded."""

from __future__ import annotations

from pathlib import Path

from devgen.build.text_changes import TextChange

PATH = Path("generated/x.py")


def lines(*numbers: object) -> bytes:
    return "".join(f"{number}\n" for number in numbers).encode()


def test_a_change_in_a_long_file_is_found_at_its_place() -> None:
    old, new = lines(*range(1, 9001)), lines(*range(1, 5000), "new", *range(5000, 9001))
    assert TextChange(PATH, old, new).diff().splitlines() == [
        "--- generated/x.py",
        "+++ generated/x.py",
        "@@ -4997,6 +4997,7 @@",
        *(" 4997", " 4998", " 4999", "+new", " 5000", " 5001", " 5002"),
    ]


def test_a_new_and_a_removed_file() -> None:
    assert TextChange(PATH, None, b"a\n").diff() == "--- /dev/null\n+++ generated/x.py\n@@ -0,0 +1 @@\n+a"
    assert TextChange(PATH, b"a\n", None).diff() == "--- generated/x.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a"


def test_too_many_changes_are_not_compared() -> None:
    old, new = lines(*range(0, 9000, 2)), lines(*range(1, 9000, 2))
    assert TextChange(PATH, old, new).diff().splitlines()[-1] == "4500 lines are replaced by 4500 lines"
