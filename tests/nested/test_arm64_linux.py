"""Debian's arm64 kernel on boards of type virt: what it finds, and what it does with the catalogue's devices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from arm64_linux import Arm64Linux

from devgen import DevicePlacement

IRQ_COUNT = "awk '/{}/ {{n += $2 + $3}} END {{print n + 0}}' /proc/interrupts"

DAY = 86400
ALARM_AND_INTERRUPT = "0xa0"
"""RTC_AF and RTC_IRQF (Linux, include/uapi/linux/rtc.h)."""


class TestVirt:
    """Two processors, devices of the Arm PrimeCell family, cards. The last tests restart the guest and end it."""

    SECTORS = 16384
    DEVICES = (
        DevicePlacement("rtc", "pl031", at={"registers": 0x9010000}, irq={"intr": 2}),
        DevicePlacement("gpio", "pl061", at={"registers": 0x9030000}, irq={"intr": 7}),
        DevicePlacement("timers", "sp804", at={"registers": 0x9040000}, irq={"intr": 8}),
        DevicePlacement("disk", "nvme", slot=1),
        DevicePlacement("rng", "virtio-rng-pci", slot=3, streams={"entropy": "random"}),
        DevicePlacement("lines", "pci-idio-16", slot=4),
        DevicePlacement("dog", "i6300esb", slot=5, on_event={"WATCHDOG": "reset"}),
    )

    @pytest.fixture(scope="class")
    @staticmethod
    def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
        path = tmp_path_factory.mktemp("disk") / "vda.img"
        path.write_bytes(bytes(512 * TestVirt.SECTORS))
        return path

    @pytest.fixture(scope="class")
    @staticmethod
    def guest(tmp_path_factory: pytest.TempPathFactory, image: Path) -> Iterator[Arm64Linux]:
        disk = DevicePlacement(
            "vda", "virtio-blk-pci", slot=2, properties={"sectors": TestVirt.SECTORS}, media={"medium": image}
        )
        with Arm64Linux(tmp_path_factory.mktemp("virt"), (*TestVirt.DEVICES, disk), cpus=2) as guest:
            yield guest

    def test_both_processors_run(self, guest: Arm64Linux) -> None:
        assert guest.sh("for cpu in 0 1; do taskset -c $cpu sh -c 'echo ran'; done; nproc") == "ran\nran\n2"

    def test_drivers_take_the_devices_of_the_tree(self, guest: Arm64Linux) -> None:
        drivers = (
            "for d in /sys/bus/amba/devices/*/driver; do echo $(basename ${d%/*}) $(basename $(readlink $d)); done"
        )
        assert guest.sh(drivers).splitlines() == [
            "9000000.serial uart-pl011",
            "9010000.rtc rtc-pl031",
            "9030000.gpio pl061_gpio",
        ]
        assert guest.sh("dmesg -r | grep -E '^<[0-3]>' || true") == ""

    def test_the_clock_agrees_with_the_hosts(self, guest: Arm64Linux) -> None:
        assert abs(int(guest.sh("cat /sys/class/rtc/rtc0/since_epoch")) - time.time()) < 10
        guest.sh("hwclock -s -u")
        assert abs(int(guest.sh("date +%s")) - time.time()) < 10

    def test_the_clock_can_be_set(self, guest: Arm64Linux) -> None:
        guest.sh("date -s @1000000000; hwclock -w -u")
        assert 1000000000 <= int(guest.sh("cat /sys/class/rtc/rtc0/since_epoch")) < 1000000100

    def test_an_alarm_arrives_as_an_interrupt(self, guest: Arm64Linux) -> None:
        """By the ioctls RTC_WKALM_SET and RTC_WKALM_RD, and a read of /dev/rtc0 that returns when the alarm is due."""
        count = IRQ_COUNT.format("rtc-pl031")
        assert int(guest.sh(count)) == 0
        now, alarm, enabled, *happened = guest.sh("/rtc_alarm 2").split()
        assert (int(alarm) - int(now)) % DAY == 2
        assert (enabled, happened) == ("1", ["1", ALARM_AND_INTERRUPT])
        assert int(guest.sh(count)) == 1

    @pytest.mark.parametrize(
        ("chip", "line", "device", "pin"), [("9030000.gpio", 3, "gpio", 3), ("0000:00:04.0", 16, "lines", 0)]
    )
    def test_a_line_that_the_host_drives_is_an_edge(
        self, guest: Arm64Linux, chip: str, line: int, device: str, pin: int
    ) -> None:
        name = guest.sh(f"gpiodetect | awk '/{chip}/ {{print $1}}'")
        guest.sh(f"rm -f /tmp/edge; gpiomon -b -n 1 {name} {line} >/tmp/edge 2>&1 &")
        guest.sh("sleep 2")
        with guest.board.machine.lock:
            guest.board.device(device).gpio_in[f"input[{pin}]"].set(1)
        assert guest.sh("until test -s /tmp/edge; do sleep 0.1; done; awk '{print $2}' /tmp/edge") == "RISING"

    def test_the_dual_timer_can_be_the_clock(self, guest: Arm64Linux) -> None:
        source = "/sys/devices/system/clocksource/clocksource0"
        assert "arm,sp804" in guest.sh(f"cat {source}/available_clocksource").split()
        guest.sh(f"echo arm,sp804 >{source}/current_clocksource; sleep 1")
        assert guest.sh(f"cat {source}/current_clocksource") == "arm,sp804"
        begin = time.monotonic()
        guest.sh(f"sleep 3; echo arch_sys_counter >{source}/current_clocksource")
        assert 2.5 < time.monotonic() - begin < 30

    @pytest.mark.parametrize("disk", ["nvme0n1", "vda"])
    def test_a_disk_keeps_what_is_written(self, guest: Arm64Linux, disk: str) -> None:
        script = f"""
dd if=/dev/urandom of=/tmp/data bs=64k count=4 2>/dev/null
dd if=/tmp/data of=/dev/{disk} bs=64k seek=3 2>/dev/null; sync
echo 3 >/proc/sys/vm/drop_caches
dd if=/dev/{disk} bs=64k skip=3 count=4 2>/dev/null | cmp - /tmp/data && echo same"""
        assert guest.sh(script) == "same"

    @pytest.mark.parametrize("driver", ["nvme", "virtio"])
    def test_disks_interrupt_by_messages_through_the_its(self, guest: Arm64Linux, driver: str) -> None:
        assert int(guest.sh(IRQ_COUNT.format(f"ITS-MSI.*{driver}"))) > 0

    def test_random_bytes_come_from_the_host(self, guest: Arm64Linux) -> None:
        assert guest.sh("dd if=/dev/hwrng bs=16 count=2 2>/dev/null | hexdump -ve '1/1 \"%02x\"' | wc -c") == "64"

    def test_a_watchdog_restarts_the_guest(self, guest: Arm64Linux) -> None:
        guest.sh("echo 1 >/tmp/before")
        guest.send("watchdog -F -T 4 -t 100 /dev/watchdog")
        guest.wait_until_ready()
        assert guest.sh("ls /tmp/before 2>/dev/null || echo new; nproc") == "new\n2"

    def test_power_off_ends_the_run_with_code_0(self, guest: Arm64Linux) -> None:
        guest.send("poweroff -f")
        result = guest.ended()
        assert (result.reason, result.code, result.detail) == ("exit", 0, "the guest powered off")


class TestWithoutMessages:
    """Four processors, RAM above 4 GiB, and cards that interrupt by their pins."""

    DEVICES = (
        DevicePlacement("disk", "nvme", slot=1),
        DevicePlacement("panic", "pvpanic-mmio", at={"registers": 0x9060000}, on_event={"GUEST_PANICKED": "panic"}),
    )

    @pytest.fixture(scope="class")
    @staticmethod
    def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arm64Linux]:
        folder = tmp_path_factory.mktemp("pins")
        with Arm64Linux(folder, TestWithoutMessages.DEVICES, cpus=4, append="pci=nomsi", ram=5 << 30) as guest:
            yield guest

    def test_four_processors_run(self, guest: Arm64Linux) -> None:
        assert guest.sh("nproc") == "4"

    def test_ram_above_4_gib_is_used(self, guest: Arm64Linux) -> None:
        assert int(guest.sh("awk '/MemTotal/ {print $2}' /proc/meminfo")) > 4.5 * (1 << 20)

    def test_a_disk_interrupts_by_its_pin(self, guest: Arm64Linux) -> None:
        assert guest.sh("dd if=/dev/nvme0n1 of=/dev/null bs=64k count=2 2>&1 | grep -c records") == "2"
        assert int(guest.sh(IRQ_COUNT.format("GICv3 +49 .*nvme"))) > 0

    def test_the_peer_of_the_console_goes_away_and_comes_back(self, guest: Arm64Linux) -> None:
        guest.sh("(sleep 1; seq 1 200 >/dev/ttyAMA0) &")
        guest.reconnect(away=3)
        assert "here" in guest.sh("echo here").splitlines()

    def test_a_reboot_restarts_the_guest(self, guest: Arm64Linux) -> None:
        guest.sh("echo 1 >/tmp/before")
        guest.send("reboot -f")
        guest.wait_until_ready()
        assert guest.sh("ls /tmp/before 2>/dev/null || echo new; nproc") == "new\n4"

    def test_a_panic_is_reported_as_one(self, guest: Arm64Linux) -> None:
        """By Linux' own driver. The command line has panic=-1: the reset that follows comes too late."""
        guest.send("echo c >/proc/sysrq-trigger")
        result = guest.ended()
        assert (result.reason, result.code, result.detail) == ("panic", 1, "panic: GUEST_PANICKED")
