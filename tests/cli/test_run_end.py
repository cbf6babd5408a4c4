"""How `devgen run` ends: Ctrl-C, SIGTERM and --timeout, whatever the guest is doing; and what it then says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from command_kit import ACCELS, ROOT, Command

BUSY = {
    "spinning": "fb ebfe",  # sti; jmp .
    "spinning with interrupts off": "fa ebfe",
    "asleep": "fb f4 ebfd",  # sti; 1: hlt; jmp 1b
    "reading a port": "e480 ebfc",  # 1: in $0x80, %al; jmp 1b
    "writing where nothing is": "b800f0 8ed8 8807 ebfc",  # mov $0xf000, %ax; mov %ax, %ds; 1: mov %al, (%bx); jmp 1b
    "in a long instruction": "ba8000 66b9ffffffff f3676e ebf2",  # 1: mov $0x80, %dx; mov $-1, %ecx; rep outsb; jmp 1b
    # Vector 6 leads to 0x700f, where the stack begins anew and an UD2 leads there again.
    "in exceptions": "31c0 8ed8 8ed0 c70618000f70 a31a00 bc0060 0f0b",
}
# Flat 32-bit code: an HPET whose comparator 0 interrupts (IRQ 2, that nobody takes) each 10 ns; jmp .
STORM = "c7051000d0fe00000000 c7050001d0fe4c010000 c7050801d0fe01000000 c7050801d0fe01000000 c7051000d0fe01000000 ebfe"


def board(folder: Path, code: str, mode: str = "real") -> Path:
    """A board whose guest is ``code``."""
    (folder / "guest.bin").write_bytes(bytes.fromhex(code))
    path = folder / "busy.yaml"
    path.write_text(
        "board: busy\n"
        "machine: {type: pc, ram: 64 KiB}\n"
        f"guest: {{image: guest.bin, load: 0x7000, mode: {mode}}}\n"
        "devices:\n"
        "  con: {device: debugcon, at: {ports: 0xe9}, streams: {out: stdio}}\n"
        "  hpet: {device: hpet, at: {registers: 0xfed00000}, irq: {'irq[0]': 0}}\n"
    )
    return path


def signal_when_heard(number: signal.Signals) -> threading.Thread:
    """Send this process a signal as soon as the command listens for it."""
    default = signal.getsignal(number)

    def send() -> None:
        while signal.getsignal(number) is default:
            time.sleep(0.001)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("accel", ACCELS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("busy", BUSY)
def test_a_signal_ends_a_run(devgen: Command, tmp_path: Path, busy: str, number: signal.Signals, accel: str) -> None:
    path = board(tmp_path, BUSY[busy])
    sender = signal_when_heard(number)
    done = devgen("run", path, "--accel", accel, "--timeout", 20)
    sender.join()
    assert (done.code, done.err.splitlines()[1:]) == (1, ["devgen: stopped"])


@pytest.mark.parametrize("accel", ACCELS)
@pytest.mark.parametrize("busy", BUSY)
def test_a_timeout_ends_a_run(devgen: Command, tmp_path: Path, busy: str, accel: str) -> None:
    done = devgen("run", board(tmp_path, BUSY[busy]), "--accel", accel, "--timeout", 0.2)
    line = "devgen: timeout: the guest was still running after 0.2 s"
    assert (done.code, done.err.splitlines()[1:]) == (1, [line])


@pytest.mark.parametrize("accel", ACCELS)
def test_a_storm_of_timers_holds_nothing_up(devgen: Command, tmp_path: Path, accel: str) -> None:
    path = board(tmp_path, STORM, "protected")
    done = devgen("run", path, "--accel", accel, "--timeout", 0.3)
    assert done.err.splitlines()[1:] == ["devgen: timeout: the guest was still running after 0.3 s"]
    sender = signal_when_heard(signal.SIGTERM)
    done = devgen("run", path, "--accel", accel, "--timeout", 20)
    sender.join()
    assert done.err.splitlines()[1:] == ["devgen: stopped"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("accel", ACCELS)
def test_a_running_process_ends_in_order(tmp_path: Path, number: signal.Signals, accel: str) -> None:
    said = "b00a e6e9"  # mov $'\n', %al; out %al, $0xe9
    with subprocess.Popen(
        [sys.executable, "-m", "devgen", "run", board(tmp_path, said + BUSY["spinning"]), "--accel", accel],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.read(1) == b"\n"
        running.send_signal(number)
        try:
            _, err = running.communicate(timeout=20)
        finally:
            running.kill()
    assert (running.returncode, err.splitlines()[-1]) == (1, b"devgen: stopped")


def test_signals_are_given_back(devgen: Command, tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    threads = threading.active_count()
    devgen("run", board(tmp_path, BUSY["spinning"]), "--accel", "emulator", "--timeout", 0.05)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert signal.set_wakeup_fd(-1) == -1
    assert threading.active_count() == threads
