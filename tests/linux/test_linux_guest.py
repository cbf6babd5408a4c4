"""The harness itself: what a test is told when something goes wrong in the guest. The last test here ends the guest."""

from __future__ import annotations

from collections.abc import Iterator

import fetch_linux
import pytest
from linux_guest import LinuxGuest

from devgen.qemu.initramfs import pack
from devgen.qemu.kernel_modules import module_paths


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinuxGuest]:
    with LinuxGuest(tmp_path_factory.mktemp("guest"), files={"/etc/motd": b"welcome\n"}) as guest:
        yield guest


def test_the_same_files_make_the_same_archive() -> None:
    one = pack({"/a/b": (0o100644, b"1"), "/c": (0o100755, b"2")})
    assert one == pack({"c": (0o100755, b"2"), "a/b": (0o100644, b"1")})
    assert one.index(b"a\0") < one.index(b"a/b\0")


@pytest.mark.linux
def test_a_module_comes_after_what_it_needs_and_a_built_in_one_not_at_all() -> None:
    linux = fetch_linux.find()
    assert linux is not None
    names = [path.stem for path in module_paths(linux, ["i8042", "i6300esb"])]
    assert names == ["watchdog", "i6300esb"]


@pytest.mark.linux
def test_an_unknown_module_is_named() -> None:
    linux = fetch_linux.find()
    assert linux is not None
    with pytest.raises(LookupError, match="gpio-nothing"):
        module_paths(linux, ["gpio-nothing"])


@pytest.mark.qemu
@pytest.mark.linux
class TestBooted:
    def test_files_are_there(self, guest: LinuxGuest) -> None:
        assert guest.sh("cat /etc/motd") == "welcome"

    def test_a_long_script_arrives_whole(self, guest: LinuxGuest) -> None:
        assert guest.sh(f"echo {'x' * 20000} | wc -c") == "20001"

    def test_a_failed_script_is_told_with_what_it_printed(self, guest: LinuxGuest) -> None:
        with pytest.raises(AssertionError, match=r"ends with status 3; it has printed:\nso far"):
            guest.sh("echo so far; exit 3")

    def test_a_script_that_hangs_is_killed_and_the_guest_goes_on(self, guest: LinuxGuest) -> None:
        with pytest.raises(AssertionError, match="is killed after 1 s"):
            guest.sh("sleep 100", seconds=1)
        assert guest.sh("echo on") == "on"

    def test_a_panic_is_told_with_the_end_of_the_console(self, guest: LinuxGuest) -> None:
        with pytest.raises(AssertionError, match="sysrq triggered crash"):
            guest.sh("echo c >/proc/sysrq-trigger")
