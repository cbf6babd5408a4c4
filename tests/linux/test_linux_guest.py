"""The harness itself: what a test is told when something goes wrong in the guest."""

from __future__ import annotations

from initramfs import pack


def test_the_same_files_make_the_same_archive() -> None:
    one = pack({"/a/b": (0o100644, b"1"), "/c": (0o100755, b"2")})
    assert one == pack({"c": (0o100755, b"2"), "a/b": (0o100644, b"1")})
    assert one.index(b"a\0") < one.index(b"a/b\0")
