"""Stock QEMU attaches the device: configuration space, BARs, DMA and interrupts, driven through qtest with no guest."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fetch_qemu
import pytest

from devgen.runtime.vfio_user import VfioUserServer

QEMU = fetch_qemu.find()
pytestmark = pytest.mark.qemu

SLOT = 3
BAR0, BAR1, BAR2, BAR4 = 0xE000_0000, 0xC000, 0xE100_0000, 0xE200_0000
MSI, MSIX = 0x05, 0x11
SHARED = "memory-backend-memfd,id=mem0,size=64M,share=on"


class Qtest:
    """A QEMU that executes nothing, and does what it is told over a socket."""

    def __init__(self, folder: Path, device: Path, shared: bool = True) -> None:
        assert QEMU is not None
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(folder / "q"))
        listener.listen(1)
        listener.settimeout(60)
        what = {
            "driver": "vfio-user-pci", "id": "card", "addr": f"{SLOT}",
            "socket": {"type": "unix", "path": str(device)},
        }  # fmt: skip
        memory = ["-machine", "q35,memory-backend=mem0", "-object", SHARED] if shared else ["-machine", "q35"]
        self.errors = (folder / "errors").open("w+")
        self.process = subprocess.Popen(
            [
                *QEMU, *memory, "-m", "64M", "-accel", "tcg", "-S", "-nodefaults", "-display", "none",
                "-qtest", f"unix:{folder / 'q'}", "-qtest-log", "none", "-device", json.dumps(what),
            ],
            stdout=subprocess.DEVNULL, stderr=self.errors,
        )  # fmt: skip
        try:
            self.socket, _ = listener.accept()
        except TimeoutError:
            self.process.kill()
            self.errors.seek(0)
            raise AssertionError(f"QEMU has not started: {self.errors.read()}") from None
        finally:
            listener.close()
        self.socket.settimeout(30)
        self.lines = self.socket.makefile("r")

    def ask(self, line: str) -> str:
        self.socket.sendall(line.encode() + b"\n")
        while True:
            words = self.lines.readline().split()
            if words and words[0] == "OK":
                return words[1] if len(words) > 1 else ""
            assert words and words[0] == "IRQ", f"{line}: {words}"

    def readl(self, address: int) -> int:
        return int(self.ask(f"readl {address:#x}"), 16)

    def readq(self, address: int) -> int:
        return int(self.ask(f"readq {address:#x}"), 16)

    def writel(self, address: int, value: int) -> None:
        self.ask(f"writel {address:#x} {value:#x}")

    def writeq(self, address: int, value: int) -> None:
        self.ask(f"writeq {address:#x} {value:#x}")

    def config(self, offset: int) -> int:
        self.ask(f"outl 0xcf8 {1 << 31 | SLOT << 11 | offset & ~3:#x}")
        return int(self.ask("inl 0xcfc"), 16)

    def set_config(self, offset: int, value: int) -> None:
        self.ask(f"outl 0xcf8 {1 << 31 | SLOT << 11 | offset & ~3:#x}")
        self.ask(f"outl 0xcfc {value:#x}")

    def capability(self, identifier: int) -> int:
        at = self.config(0x34) & 0xFF
        while at and self.config(at) & 0xFF != identifier:
            at = self.config(at) >> 8 & 0xFF
        return at

    def set_up(self) -> None:
        """What firmware does: places for the BARs, decoding and bus mastering on."""
        for offset, value in ((0x10, BAR0), (0x14, BAR1), (0x18, BAR2), (0x1C, 0), (0x20, BAR4), (4, 7)):
            self.set_config(offset, value)

    def close(self) -> None:
        self.lines.close()
        self.socket.close()
        self.process.kill()
        self.process.wait(30)
        self.errors.close()


@pytest.fixture
def qemu(tmp_path: Path, server: VfioUserServer) -> Iterator[Qtest]:
    qemu = Qtest(tmp_path, server.path)
    qemu.set_up()
    yield qemu
    qemu.close()


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true soon: eventfds are heard by QEMU's main loop, between two of our commands."""
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


def copy(qemu: Qtest, source: int, destination: int, length: int, vector: int = 0) -> None:
    qemu.writeq(BAR0 + 0x08, source)
    qemu.writeq(BAR0 + 0x10, destination)
    qemu.writel(BAR0 + 0x18, length)
    qemu.writel(BAR0 + 0x1C, vector)
    qemu.writel(BAR0 + 0x800, 1)


def test_identity_and_sizes_of_bars(qemu: Qtest) -> None:
    assert (qemu.config(0), qemu.config(8), qemu.config(0x2C)) == (0x00F21B36, 0x08800001, 0x11001AF4)
    found = []
    for offset in (0x10, 0x14, 0x18, 0x20):
        qemu.set_config(offset, 0xFFFFFFFF)
        found.append(qemu.config(offset))
    assert found == [0xFFFFF000, 0xFFFFFFE1, 0xFFFF000C, 0xFFFFF000]


def test_registers_ports_and_memory(qemu: Qtest, server: VfioUserServer) -> None:
    assert qemu.readl(BAR0) == 0x444D4131
    qemu.writel(BAR0 + 0x24, 0xCAFE0001)
    assert qemu.readl(BAR0 + 0x24) == 0xCAFE0001
    qemu.ask(f"outl {BAR1:#x} 0x12345678")
    assert int(qemu.ask(f"inl {BAR1:#x}"), 16) == 0x12345678
    qemu.writeq(BAR2 + 0xFFF8, 0x1122334455667788)
    assert qemu.readq(BAR2 + 0xFFF8) == 0x1122334455667788
    assert server.regions.read(2, 0xFFF8, 8)[0] == 0x88


def test_dma_into_shared_memory(qemu: Qtest) -> None:
    qemu.writeq(0x10000, 0x0123456789ABCDEF)
    copy(qemu, 0x10000, 0x20FFC, 8)
    assert (qemu.readq(0x20FFC), qemu.readl(BAR0 + 0x20)) == (0x0123456789ABCDEF, 1)


def test_dma_by_messages_where_memory_is_not_shared(tmp_path: Path, server: VfioUserServer) -> None:
    qemu = Qtest(tmp_path, server.path, shared=False)
    try:
        qemu.set_up()
        assert server.memory.asks > 0
        qemu.writeq(0x10000, 0x0123456789ABCDEF)
        copy(qemu, 0x10000, 0x20000, 8)
        assert eventually(lambda: qemu.readl(BAR0 + 0x20) == 1)
        assert qemu.readq(0x20000) == 0x0123456789ABCDEF
    finally:
        qemu.close()


def aim_msix(qemu: Qtest, vector: int, address: int, data: int, mask: int = 0) -> None:
    for word, value in enumerate((address, 0, data, mask)):
        qemu.writel(BAR4 + 16 * vector + 4 * word, value)


def test_msix_aimed_at_memory(qemu: Qtest) -> None:
    at = qemu.capability(MSIX)
    qemu.set_config(at, qemu.config(at) | 1 << 31)
    for vector in range(8):
        aim_msix(qemu, vector, 0x5000 + 4 * vector, 0x100 + vector)
    for vector in (7, 0, 3):
        copy(qemu, 0x10000, 0x20000, 8, vector)
        assert eventually(lambda vector=vector: qemu.readl(0x5000 + 4 * vector) == 0x100 + vector)  # type: ignore[misc]
    assert qemu.readl(0x5004) == 0


def test_a_masked_vector_of_msix_is_sent_on_unmask(qemu: Qtest) -> None:
    at = qemu.capability(MSIX)
    qemu.set_config(at, qemu.config(at) | 1 << 31)
    aim_msix(qemu, 2, 0x5000, 0x77)
    aim_msix(qemu, 2, 0x5000, 0x77, mask=1)
    # QEMU 11.1 keeps a masked vector's eventfd, and what is pending, to itself: the device does not hear of the mask.
    copy(qemu, 0x10000, 0x20000, 8, 2)
    assert [qemu.readl(0x5000) for _ in range(50)] == [0] * 50
    aim_msix(qemu, 2, 0x5000, 0x77)
    assert eventually(lambda: qemu.readl(0x5000) == 0x77)


def test_msi_aimed_at_memory(qemu: Qtest) -> None:
    at = qemu.capability(MSI)
    qemu.set_config(at + 4, 0x6000)
    qemu.set_config(at + 8, 0)
    qemu.set_config(at + 12, 0x40)
    qemu.set_config(at, qemu.config(at) & 0xFFFF | (qemu.config(at) >> 16 & ~0x70 | 0x21) << 16)
    copy(qemu, 0x10000, 0x20000, 8, 3)
    assert eventually(lambda: qemu.readl(0x6000) == 0x43)


def test_intx_shows_in_the_status_register(qemu: Qtest) -> None:
    copy(qemu, 0x10000, 0x20000, 8)
    assert qemu.config(4) >> 16 & 8
    qemu.writel(BAR0 + 4, 1)
    assert not qemu.config(4) >> 16 & 8


def test_a_new_qemu_takes_over_where_one_was_killed(tmp_path: Path, server: VfioUserServer) -> None:
    for turn in range(2):
        folder = tmp_path / str(turn)
        folder.mkdir()
        assert eventually(lambda: not server.connected)
        qemu = Qtest(folder, server.path)
        qemu.set_up()
        assert qemu.readl(BAR0) == 0x444D4131
        qemu.close()
    assert eventually(lambda: not server.connected)
    assert len(server.memory) == 0


def test_a_server_that_goes_leaves_all_ones(tmp_path: Path, qemu: Qtest, server: VfioUserServer) -> None:
    assert qemu.readl(BAR0) == 0x444D4131
    server.stop()
    assert eventually(lambda: not server.running)
    server.close()
    assert qemu.readl(BAR0) == 0xFFFFFFFF
