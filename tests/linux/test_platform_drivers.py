"""The module of examples/platform-driver: drivers of the platform bind to devices that are inside PCI functions."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import fetch_arm64_build
import fetch_linux
import pytest

import devgen

pytestmark = [pytest.mark.qemu, pytest.mark.linux]

SOURCE = Path(__file__).resolve().parents[2] / "examples" / "platform-driver"


def built(folder: Path, headers: Path, *variables: str) -> Path:
    """The module, built in ``folder``."""
    for name in ("bar-device.c", "Makefile"):
        shutil.copy(SOURCE / name, folder)
    make = ["make", "-s", f"KERNEL={headers}", *variables]
    done = subprocess.run(make, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "warning:" in done.stderr) == (0, False), done.stdout + done.stderr
    return folder / "bar-device.ko"


ALARM = """
rtc=$(grep -lx "rtc-pl031 0000:00:10.0" /sys/class/rtc/*/name) && cd ${rtc%/name}
count() { sed -n 's/^ *[0-9]*: *\\([0-9]*\\) .*ITS-MSI.*rtc-pl031$/\\1/p' /proc/interrupts; }
echo $(($(date +%s) - $(cat since_epoch)))
count
echo +1 >wakealarm
until [ $(count) = 1 ]; do sleep 0.1; done
count
echo "alarm: $(cat wakealarm)"
cd / && rmmod bar_device
ls /sys/bus/amba/devices | grep -c ^0000:
exit 0
"""


@pytest.mark.arm64_build
def test_the_driver_of_the_pl031_sets_an_alarm_and_takes_its_interrupt(tmp_path: Path) -> None:
    tools = fetch_arm64_build.find()
    assert tools is not None
    module = built(tmp_path, tools.headers, *tools.make)
    with devgen.QemuGuest(["pl031"], arch="aarch64", modules=[module]) as guest:
        done = guest.sh(ALARM, timeout=100)
    ahead, *rest = done.out.splitlines()
    assert abs(int(ahead)) <= 2, "the time is that of the host"
    assert rest == ["0", "1", "alarm: ", "0"], done


PANIC = """
insmod /bar-device.ko name=pvpanic-mmio
cat /sys/bus/platform/drivers/pvpanic-mmio/pvpanic-mmio.*/capability
echo c >/proc/sysrq-trigger
"""


def test_a_platform_driver_binds_by_its_name(tmp_path: Path) -> None:
    headers = fetch_linux.find_headers()
    assert headers is not None, fetch_linux.MISSING
    module = built(tmp_path, headers)
    told: list[str] = []
    guest = devgen.QemuGuest(
        ["pvpanic-isa"], modules=["pvpanic-mmio"], files={"/bar-device.ko": module}, log=told.append
    )
    with guest, pytest.raises(devgen.QemuError, match="sysrq triggered crash"):
        guest.sh(PANIC)
    assert [line for line in told if "GUEST_PANICKED" in line] != [], told
