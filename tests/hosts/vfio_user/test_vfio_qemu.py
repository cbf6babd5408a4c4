"""Stock QEMU attaches the device: configuration space, BARs, DMA and interrupts, driven through qtest with no guest."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from qtest import BAR0, BAR1, BAR2, BAR4, MSI, MSIX, Qtest, copy, eventually
from serving import serving

from devgen.hosts.vfio_user import VfioUserServer

pytestmark = pytest.mark.qemu


@pytest.fixture
def qemu(tmp_path: Path, server: VfioUserServer) -> Iterator[Qtest]:
    qemu = Qtest(tmp_path, server.path)
    qemu.set_up()
    yield qemu
    qemu.close()


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
    qemu = Qtest(tmp_path, server.path, backend=None)
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


def test_a_masked_vector_of_msi_is_sent_on_unmask(qemu: Qtest, server: VfioUserServer) -> None:
    at = qemu.capability(MSI)
    qemu.set_config(at + 4, 0x6000)
    qemu.set_config(at + 8, 0)
    qemu.set_config(at + 12, 0x40)
    qemu.set_config(at + 16, 1 << 3)
    qemu.set_config(at, qemu.config(at) & 0xFFFF | (qemu.config(at) >> 16 & ~0x70 | 0x21) << 16)
    copy(qemu, 0x10000, 0x20000, 8, 3)
    assert server.device.config.get(at + 16, 8) == 1 << 3 | 1 << 35  # the card has heard of the mask: the message waits
    assert [qemu.readl(0x6000) for _ in range(50)] == [0] * 50
    qemu.set_config(at + 16, 0)
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


def test_a_restored_server_goes_on_for_a_new_qemu(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with serving(tmp_path / "s", "--save", str(state)) as process:
        qemu = Qtest(tmp_path, tmp_path / "s")
        try:
            qemu.set_up()
            qemu.writel(BAR0 + 0x24, 0xCAFE)
            qemu.writel(BAR2 + 0xFFFC, 0xF00D)
            copy(qemu, 0x10000, 0x20000, 8)
            process.send_signal(signal.SIGUSR1)
            assert eventually(state.exists)
            process.kill()
            process.wait(30)
            assert eventually(lambda: qemu.readl(BAR0 + 0x24) == 0xFFFFFFFF)
            assert qemu.config(0) == 0xFFFFFFFF
            qemu.writel(0x10000, 5)  # the rest of the machine still runs
            assert qemu.readl(0x10000) == 5
        finally:
            qemu.close()
    (tmp_path / "second").mkdir()
    with serving(tmp_path / "s", "--restore", str(state)):
        qemu = Qtest(tmp_path / "second", tmp_path / "s")
        try:
            qemu.set_up()
            assert (qemu.readl(BAR0 + 0x24), qemu.readl(BAR0 + 0x20), qemu.readl(BAR0 + 4)) == (0xCAFE, 1, 1)
            assert qemu.readl(BAR2 + 0xFFFC) == 0xF00D
            assert qemu.config(4) >> 16 & 8  # the interrupt that was up is up
        finally:
            qemu.close()
