"""A watchdog that nobody keeps alive resets the guest of the QEMU that it is attached to."""

from __future__ import annotations

from pathlib import Path

import pytest
from linux_guest import LinuxGuest

from devgen import DeviceServer

pytestmark = [pytest.mark.qemu, pytest.mark.linux]


def test_the_watchdogs_time_out_resets_the_guest(tmp_path: Path) -> None:
    """The guest's QEMU runs with -no-reboot: a reset ends it."""
    monitor, said = tmp_path / "qmp", list[str]()
    action = {"WATCHDOG": f"qmp:{monitor}:system_reset"}
    with DeviceServer("i6300esb", tmp_path / "dog", on_event=action, log=said.append) as server:
        server.start()
        more = ("-qmp", f"unix:{monitor},server=on,wait=off")
        with LinuxGuest(tmp_path, [server.path], modules=["i6300esb"], qemu=more) as guest:
            guest.sh("watchdog -T 2 -t 1000 /dev/watchdog")
            assert guest.process.wait(60) == 0
    assert said == ["i6300esb: WATCHDOG"]
