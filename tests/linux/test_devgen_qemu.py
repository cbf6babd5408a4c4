"""`devgen qemu`: its output, its exit codes, and that it leaves nothing behind however it ends."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devgen import QemuGuest, QemuTimeLimit

pytestmark = [pytest.mark.qemu, pytest.mark.linux]

ROOT = Path(__file__).resolve().parents[2]
LONG = 150


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, here and in the command."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "devgen", "qemu", *arguments]


def left(temporary: Path) -> list[str]:
    return [path.name for path in temporary.iterdir()]


def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command(*arguments), input=text.encode(), capture_output=True, timeout=LONG, check=False)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs; it is killed in the end, if it still does."""
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


SCRIPT = r"""
echo $(cat /sys/block/nvme0n1/device/serial)
gpiodetect
echo 1 >$DEV2/enable
bar=$(head -n 1 $DEV2/resource | cut -c 1-18)
devmem $((bar + 8)) 32 1000
devmem $((bar + 8)) 32
printf 'a\0b\377@'
echo mistake >&2
cat /note
uname -r >&2
exit 7
"""


def test_devices_with_their_drivers_and_one_of_another_bus(temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("from the host")
    done = run(
        *("nvme", "pci-idio-16", "pl031", "-p", "nvme.serial=A1", "--file", f"{tmp_path}/note", "--sh", "-"),
        *("--pci-id", "pl031=1af4:10f5", "--kernel-log", f"{tmp_path}/log", "--", "-smp", "2"),
        text=SCRIPT,
    )
    assert done.returncode == 7, done.stderr.decode()
    assert done.stdout == b"A1\ngpiochip0 [0000:00:11.0] (32 lines)\n0x000003E8\na\0b\xff@from the host"
    told = done.stderr.decode().splitlines()
    assert told[:2] == ["devgen: nvme is 0000:00:10.0 in the guest", "devgen: pci-idio-16 is 0000:00:11.0 in the guest"]
    assert told[2].startswith("devgen: pl031 is 0000:00:12.0 in the guest, PCI function 1af4:10f5; BAR 0 (memory")
    assert sorted(told[3:-1]) == ["devgen: pl031: RTC_CHANGE seconds=0x3e8", "mistake"]
    assert told[-1].endswith("-amd64"), "the release of the kernel"
    assert "smp: Brought up 1 node, 2 CPUs" in (tmp_path / "log").read_text()
    assert left(temporary) == []


def test_a_script_that_hangs_meets_the_time_limit(temporary: Path) -> None:
    done = run("--sh", "echo so far; cat /proc/kmsg >/dev/null; sleep 1000", "--timeout", "1")
    assert (done.returncode, done.stdout) == (124, b"so far\n")
    assert b"devgen: the script takes too long" in done.stderr
    assert left(temporary) == []


def test_a_panic_is_a_failure_with_the_end_of_the_console(temporary: Path) -> None:
    done = run("--sh", "echo so far; echo c >/proc/sysrq-trigger; sleep 1000")
    assert (done.returncode, done.stdout) == (125, b"so far\n")
    assert b"devgen: the kernel has panicked\n" in done.stderr
    assert b"sysrq triggered crash" in done.stderr
    assert left(temporary) == []


def test_a_machine_that_qemu_cannot_make_is_a_failure(temporary: Path) -> None:
    done = run("--sh", "true", "--", "-device", "no-such-device")
    assert done.returncode == 125
    assert b"'no-such-device' is not a valid device model name" in done.stderr
    assert left(temporary) == []


def test_lines_about_a_device_begin_as_devgens_own(temporary: Path) -> None:
    done = run("i6300esb", "--sh", "dd if=$DEV0/config bs=1 skip=96 count=1 2>/dev/null | wc -c")
    assert (done.returncode, done.stdout) == (0, b"1\n")
    assert "devgen: i6300esb: read of reserved offset: config+0x60" in done.stderr.decode().splitlines()


@pytest.mark.kvm
def test_a_boot_on_kvm_that_takes_too_long_says_what_to_do(temporary: Path) -> None:
    with pytest.raises(QemuTimeLimit, match=r"the boot takes too long: this host's KVM may not boot Linux"):
        QemuGuest(arguments=["-accel", "kvm"], boot_seconds=0.01)
    assert left(temporary) == []


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def process_ids(temporary: Path) -> list[int]:
    """QEMU's processes, which name the folder of temporary files on their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
            if os.fsencode(temporary) in words and b"-kernel" in words:
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_everything(temporary: Path, number: signal.Signals) -> None:
    with started("edu", "--sh", "echo up; sleep 1000") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert len(process_ids(temporary)) == 1
        process.send_signal(number)
        assert process.wait(30) == (-9 if number == signal.SIGKILL else 128 + number)
    eventually(lambda: process_ids(temporary) == [] and left(temporary) == [])


def test_a_qemu_that_is_killed_is_a_failure(temporary: Path) -> None:
    with started("edu", "--sh", "echo up; sleep 1000") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"up\n"
        (qemu,) = process_ids(temporary)
        os.kill(qemu, signal.SIGKILL)
        assert process.wait(30) == 125
        assert b"devgen: signal 9 has ended QEMU" in process.stderr.read()
    assert left(temporary) == []


def test_a_shell_at_a_terminal(temporary: Path) -> None:
    main, side = pty.openpty()
    process = subprocess.Popen(command("edu"), stdin=side, stdout=side, stderr=side, start_new_session=True)
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("4H", 33, 99, 0, 0))
    os.close(side)
    said = b""
    end = time.monotonic() + LONG

    def wait(text: bytes, times: int = 1) -> None:
        nonlocal said
        while said.count(text) < times:
            assert time.monotonic() < end, said
            if select.select([main], [], [], 0.5)[0]:
                said += os.read(main, 4096)

    try:
        wait(b"/ # ")
        os.write(main, b"cat $DEV0/vendor; stty size; sleep 1000\n")
        wait(b"0x1234\r\r\n33 99")
        os.write(main, b"\x03")
        wait(b"/ # ", 2)
        os.write(main, b"exit 5\n")
        assert process.wait(60) == 5
    finally:
        process.terminate()
        process.wait(30)
    os.close(main)
    assert left(temporary) == []
