"""What `devgen serve --on-event` does when a device of a running QEMU tells of an event."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtest import BAR0, Qtest, eventually
from serving import serving

CONFIG, LOCK = 0x60, 0x68
"""Of the i6300esb, in configuration space."""


def unlocked(qemu: Qtest, offset: int, value: int) -> None:
    """A write of a register of the i6300esb that is locked: after 0x80 and 0x86 at RELOAD."""
    for key in (0x80, 0x86):
        qemu.ask(f"writew {BAR0 + 0x0C:#x} {key:#x}")
    qemu.writel(BAR0 + offset, value)


def let_the_watchdog_expire(qemu: Qtest) -> None:
    """The two stages last a few microseconds each."""
    qemu.set_config(0x10, BAR0)
    qemu.set_config(4, 2)
    for timer in (0, 4):
        unlocked(qemu, timer, 10)
    qemu.ask(f"outl 0xcf8 {1 << 31 | 3 << 11 | CONFIG:#x}")
    qemu.ask("outw 0xcfc 0x4")
    qemu.ask(f"outl 0xcf8 {1 << 31 | 3 << 11 | LOCK:#x}")
    qemu.ask("outb 0xcfc 0x2")


@pytest.mark.qemu
def test_the_watchdog_resets_the_machine(tmp_path: Path) -> None:
    monitor = tmp_path / "qmp"
    action = f"WATCHDOG=qmp:{monitor}:system_reset"
    with serving(tmp_path / "s", "--on-event", action, device="i6300esb"):
        qemu = Qtest(tmp_path, tmp_path / "s", more=("-qmp", f"unix:{monitor},server=on,wait=off"))
        try:
            let_the_watchdog_expire(qemu)
            assert eventually(lambda: qemu.config(4) & 7 == 0)  # decoding, which was on, is off after a reset
            assert qemu.config(0) == 0x25AB8086
        finally:
            qemu.close()
