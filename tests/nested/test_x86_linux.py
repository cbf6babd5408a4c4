"""Debian's x86-64 kernel on boards of type pc: what it finds, and what it does with the catalogue's devices."""

from __future__ import annotations

import base64
import gzip
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import fetch_iasl
import parts
import pytest
import root_image
from fetch_linux import find
from kvm_linux import CLOCK, KEYBOARD, PANIC, PM, POWER, KvmLinux
from parts import WALKTHROUGH, Parts

from devgen import DevicePlacement


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return parts.find(tmp_path_factory.mktemp("parts"))


def _acpi_tool(name: str) -> Path:
    iasl = fetch_iasl.find()
    assert iasl is not None, fetch_iasl.MISSING
    return iasl.with_name(name)


IRQ_COUNT = "awk '/{}/ {{n += $2 + $3}} END {{print n + 0}}' /proc/interrupts"


class TestPc:
    """A PC with ACPI hardware, two processors and cards. The last tests restart the guest and end it."""

    CARDS = (
        DevicePlacement("disk", "nvme", slot=3),
        DevicePlacement("rng", "virtio-rng-pci", slot=5, streams={"entropy": "random"}),
        DevicePlacement("hvc", "virtio-console-pci", slot=6, streams={"serial": "memory"}),
        DevicePlacement("gpio", "pci-idio-16", slot=7),
        DevicePlacement("dog", "i6300esb", slot=8, on_event={"WATCHDOG": "reset"}),
        DevicePlacement("copier", "copier", slot=9),
    )
    MODULES = (
        "nvme",
        "virtio_blk",
        "virtio_rng",
        "virtio_console",
        "gpio-pci-idio-16",
        "i6300esb",
        "pvpanic-mmio",
        "ext4",
    )

    SECTORS = 16384

    @pytest.fixture(scope="class")
    @staticmethod
    def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
        path = tmp_path_factory.mktemp("disk") / "vda.img"
        path.write_bytes(bytes(512 * TestPc.SECTORS))
        return path

    @pytest.fixture(scope="class")
    @staticmethod
    def guest(tmp_path_factory: pytest.TempPathFactory, image: Path, made: Parts) -> Iterator[KvmLinux]:
        disk = DevicePlacement(
            "vda", "virtio-blk-pci", slot=4, properties={"sectors": TestPc.SECTORS}, media={"medium": image}
        )
        folder, devices = tmp_path_factory.mktemp("pc"), (CLOCK, PM, PANIC, disk, *TestPc.CARDS)
        files = {"/copier.ko": made.walkthrough_driver, "/bin/acpidump": _acpi_tool("acpidump")}
        with KvmLinux(folder, devices, cpus=2, modules=TestPc.MODULES, files=files, registry=made.walkthrough) as guest:
            yield guest

    def test_both_processors_run(self, guest: KvmLinux) -> None:
        assert guest.sh("for cpu in 0 1; do taskset -c $cpu sh -c 'echo ran'; done; nproc") == "ran\nran\n2"

    def test_a_line_that_comes_slowly_comes_whole(self, guest: KvmLinux) -> None:
        """While it comes, an orphan of the script before ends: that once made the shell forget what it had read."""
        for word in ("first", "second", "third"):
            guest.sh("true")
            guest.send(f"echo {word}", pause=0.1)
            assert guest.result_of(f"echo {word}") == word

    def test_the_tables_are_there(self, guest: KvmLinux) -> None:
        tables = set(guest.sh("ls /sys/firmware/acpi/tables").split())
        assert tables >= {"APIC", "DSDT", "FACP", "FACS", "MCFG", "SPCR"}
        devices = guest.sh("ls /sys/bus/acpi/devices")
        assert all(hid in devices for hid in ("PNP0A08:00", "PNP0501:00", "PNP0B00:00", "QEMU0001:00"))
        assert guest.sh("dmesg | grep -E 'ACPI.*(Error|Warning)|FW_BUG' || true") == ""

    def test_the_kernel_uses_what_the_tables_say(self, guest: KvmLinux) -> None:
        assert "uart,io,0x3f8" in guest.sh("dmesg | grep SPCR")
        assert "MMCONFIG 0000 [bus 00-00]" in guest.sh("grep MMCONFIG /proc/iomem")

    def test_iasl_reads_what_acpidump_finds(self, guest: KvmLinux, tmp_path: Path) -> None:
        dump = base64.b64decode(guest.sh("acpidump | gzip | base64"))
        (tmp_path / "dump").write_bytes(gzip.decompress(dump))
        subprocess.run([_acpi_tool("acpixtract"), "-a", "dump"], cwd=tmp_path, check=True, capture_output=True)
        found = sorted(tmp_path.glob("*.dat"))
        assert {path.stem for path in found} >= {"apic", "dsdt", "facp", "mcfg", "spcr"}
        for path in found:
            done = subprocess.run(
                [_acpi_tool("iasl"), "-d", path.name], cwd=tmp_path, check=True, capture_output=True, text=True
            )
            assert "Error" not in done.stdout + done.stderr, path.stem

    def test_the_clock_agrees_with_the_hosts(self, guest: KvmLinux) -> None:
        assert guest.sh("cat /sys/class/rtc/rtc0/name").startswith("rtc_cmos")
        assert abs(int(guest.sh("cat /sys/class/rtc/rtc0/since_epoch")) - time.time()) < 10
        guest.sh("hwclock -s -u")
        assert abs(int(guest.sh("date +%s")) - time.time()) < 10

    def test_an_alarm_arrives_on_irq_8(self, guest: KvmLinux) -> None:
        count = IRQ_COUNT.format(" 8-edge +rtc")
        before = int(guest.sh(count))
        guest.sh("echo 0 >/sys/class/rtc/rtc0/wakealarm; echo +2 >/sys/class/rtc/rtc0/wakealarm; sleep 4")
        assert int(guest.sh(count)) == before + 1

    @pytest.mark.parametrize("disk", ["nvme0n1", "vda"])
    def test_a_disk_keeps_what_is_written(self, guest: KvmLinux, disk: str) -> None:
        script = f"""
dd if=/dev/urandom of=/tmp/data bs=64k count=4 2>/dev/null
dd if=/tmp/data of=/dev/{disk} bs=64k seek=3 2>/dev/null; sync
echo 3 >/proc/sys/vm/drop_caches
dd if=/dev/{disk} bs=64k skip=3 count=4 2>/dev/null | cmp - /tmp/data && echo same"""
        assert guest.sh(script) == "same"

    def test_disks_interrupt_by_messages(self, guest: KvmLinux) -> None:
        assert int(guest.sh(IRQ_COUNT.format("MSI.*(nvme|virtio)"))) > 0

    def test_random_bytes_come_from_the_host(self, guest: KvmLinux) -> None:
        assert "virtio_rng" in guest.sh("cat /sys/class/misc/hw_random/rng_available")
        first, second = (guest.sh("dd if=/dev/hwrng bs=16 count=2 2>/dev/null | base64") for _ in range(2))
        assert len(base64.b64decode(first)) == len(base64.b64decode(second)) == 32
        assert first != second

    def test_the_virtio_console_sends(self, guest: KvmLinux) -> None:
        guest.sh("echo hello >/dev/hvc0")
        assert b"hello" in guest.board.sent("hvc", "serial")

    def test_a_card_interrupts_by_intx(self, guest: KvmLinux) -> None:
        assert "[0000:00:07.0] (32 lines)" in guest.sh("gpiodetect")
        guest.sh("gpiomon -b -n 1 gpiochip0 16 >/tmp/edge 2>&1 &")
        guest.sh("sleep 2")
        with guest.board.machine.lock:
            guest.board.device("gpio").gpio_in["input[0]"].set(1)
        assert guest.sh("until test -s /tmp/edge; do sleep 0.1; done; awk '{print $2}' /tmp/edge") == "RISING"
        assert int(guest.sh(IRQ_COUNT.format("IO-APIC.*00:07.0|idio"))) > 0

    def test_the_virtio_console_receives(self, guest: KvmLinux) -> None:
        with guest.board.machine.lock:
            guest.board.device("hvc").streams["serial"].receive(b"good morning\n")
        assert guest.sh("exec 3<>/dev/hvc0; stty raw -echo <&3; head -n 1 <&3") == "good morning"

    def test_the_cards_of_the_walk_through_copy(self, guest: KvmLinux) -> None:
        said = guest.sh((WALKTHROUGH / "guest/copy.sh").read_text())
        for channel in (0, 1):
            assert f"copier{channel}: 1 MiB came through unchanged" in said

    def test_the_peer_of_the_console_goes_away_and_comes_back(self, guest: KvmLinux) -> None:
        guest.sh("(sleep 1; seq 1 200 >/dev/ttyS0) &")
        guest.reconnect(away=3)
        assert "here" in guest.sh("echo here").splitlines()

    def test_a_watchdog_restarts_the_guest(self, guest: KvmLinux) -> None:
        guest.sh("echo 1 >/tmp/before")
        guest.send("watchdog -T 2 -t 60 -F /dev/watchdog")
        guest.wait_until_ready()
        assert guest.sh("ls /tmp/before 2>/dev/null || echo new") == "new"

    def test_a_reboot_restarts_the_guest(self, guest: KvmLinux) -> None:
        guest.sh("echo 1 >/tmp/before")
        guest.send("reboot -f")
        guest.wait_until_ready()
        assert guest.sh("ls /tmp/before 2>/dev/null || echo new; nproc") == "new\n2"

    def test_a_panic_is_reported_as_one(self, guest: KvmLinux) -> None:
        guest.send("echo c >/proc/sysrq-trigger")
        result = guest.ended()
        assert (result.reason, result.code, result.detail) == ("panic", 1, "panic: GUEST_PANICKED")


class TestHpet:
    """A PC with an HPET, through which the clock's interrupts go, and the described PIT in place of the kernel's."""

    DEVICES = (
        DevicePlacement("rtc", "mc146818rtc", at={"ports": 0x70}, wires={"irq": "hpet.rtc"}),
        DevicePlacement("pit", "pc-pit", at={"ports": 0x40, "speaker": 0x61}, wires={"irq": "hpet.pit"}),
        DevicePlacement(
            "hpet",
            "hpet",
            at={"registers": 0xFED00000},
            properties={"hpet_intcap": 0x00F00000},
            irq={"irq[0]": 0, "irq[8]": 8, **{f"irq[{line}]": line for line in range(20, 24)}},
        ),
    )

    @pytest.fixture(scope="class")
    @staticmethod
    def guest(tmp_path_factory: pytest.TempPathFactory, made: Parts) -> Iterator[KvmLinux]:
        folder, program = tmp_path_factory.mktemp("hpet"), {"/hpet_rate": made.program("hpet_rate")}
        with KvmLinux(folder, (*TestHpet.DEVICES, PM), pit="none", files=program) as guest:
            yield guest

    def test_the_hpet_can_be_the_clock(self, guest: KvmLinux) -> None:
        source = "/sys/devices/system/clocksource/clocksource0"
        assert "hpet" in guest.sh(f"cat {source}/available_clocksource").split()
        guest.sh(f"echo hpet >{source}/current_clocksource; sleep 1")
        assert guest.sh(f"cat {source}/current_clocksource") == "hpet"
        began, first, heard = time.monotonic(), self.uptime(guest), time.monotonic()
        guest.sh("sleep 3")
        asked, second, ended = time.monotonic(), self.uptime(guest), time.monotonic()
        assert asked - heard - 0.1 < second - first < ended - began + 0.1

    def uptime(self, guest: KvmLinux) -> float:
        """The guest's seconds since its boot, to 10 ms."""
        return float(guest.sh("read up idle </proc/uptime; echo $up"))

    def test_the_hpet_interrupts_a_program_at_its_rate(self, guest: KvmLinux) -> None:
        count, ns = map(int, guest.sh("/hpet_rate 16 32").split())
        assert abs(ns / count - 1e9 / 16) < 1e9 / 16 / 4

    def test_power_off_ends_the_run_with_code_0(self, guest: KvmLinux) -> None:
        guest.send("poweroff -f")
        result = guest.ended()
        assert (result.reason, result.code) == ("exit", 0)


class TestPit:
    """The kernel measures its processor against the described PIT, without a paravirtual clock."""

    PIT = DevicePlacement("pit", "pc-pit", at={"ports": 0x40, "speaker": 0x61}, irq={"irq": 0})

    @pytest.fixture(scope="class")
    @staticmethod
    def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KvmLinux]:
        folder = tmp_path_factory.mktemp("pit")
        with KvmLinux(folder, (TestPit.PIT, CLOCK, PM), pit="none", append="no-kvmclock") as guest:
            yield guest

    def test_the_delay_loop_is_measured_with_its_interrupts(self, guest: KvmLinux) -> None:
        """In the nested lab an access takes too long for the TSC's measurement; its result is not asked for."""
        said = guest.sh("dmesg | grep -E 'TIMER|BogoMIPS'")
        assert "..TIMER: vector=0x30 apic1=0 pin1=0" in said
        assert "BogoMIPS" in said
        assert int(guest.sh(IRQ_COUNT.format(" 0-edge +timer"))) > 100


class TestRoot:
    """A bzImage without ACPI, whose root file system is on a disk and whose processors stand in the MP table."""

    @pytest.fixture(scope="class")
    @staticmethod
    def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KvmLinux]:
        folder, linux = tmp_path_factory.mktemp("root"), find()
        assert linux is not None
        image = root_image.make(folder)
        sectors = {"sectors": root_image.SIZE // 512}
        disk = DevicePlacement("vda", "virtio-blk-pci", slot=4, properties=sectors, media={"medium": image})
        with KvmLinux(
            folder,
            (CLOCK, KEYBOARD, disk),
            cpus=2,
            kernel=linux.bzimage,
            modules=root_image.MODULES,
            append="acpi=off root=/dev/vda",
        ) as guest:
            yield guest

    def test_both_processors_run(self, guest: KvmLinux) -> None:
        assert guest.sh("nproc; ls /sys/firmware/acpi 2>/dev/null || echo none") == "2\nnone"

    def test_the_root_file_system_is_on_the_disk(self, guest: KvmLinux) -> None:
        assert guest.sh("awk '$2 == \"/\" {print $1, $3}' /proc/mounts").endswith("/dev/vda ext4")

    def test_it_keeps_files_over_a_reboot(self, guest: KvmLinux) -> None:
        guest.sh("echo kept >/kept; sync")
        guest.send("reboot -f")
        guest.wait_until_ready()
        assert guest.sh("cat /kept") == "kept"


class TestReduced:
    """Hardware-reduced ACPI, four processors, and RAM above 4 GiB."""

    @pytest.fixture(scope="class")
    @staticmethod
    def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KvmLinux]:
        folder = tmp_path_factory.mktemp("reduced")
        with KvmLinux(folder, (CLOCK, POWER), cpus=4, ram=5 << 30, counting=True) as guest:
            yield guest

    def test_four_processors_run(self, guest: KvmLinux) -> None:
        assert guest.sh("nproc") == "4"

    def test_ram_above_4_gib_is_used(self, guest: KvmLinux) -> None:
        assert int(guest.sh("awk '/MemTotal/ {print $2}' /proc/meminfo")) > 4.5 * (1 << 20)

    def test_a_reboot_uses_the_reset_register_of_the_tables(self, guest: KvmLinux) -> None:
        """With hardware-reduced ACPI Linux jumps to the firmware's entry, whose code writes to the register."""
        assert guest.counts is not None
        assert self.writes(guest) == 0
        guest.send("reboot -f")
        guest.wait_until_ready()
        assert self.writes(guest) == 1

    def writes(self, guest: KvmLinux) -> int:
        """The guest's writes to the device with the reset register."""
        assert guest.counts is not None
        return sum(count.writes for count in guest.counts.counts() if count.device == "power")

    def test_a_guest_whose_processors_all_halt_ends_the_run(self, guest: KvmLinux) -> None:
        guest.send("halt -f")
        assert guest.ended().reason == "halt"
