"""The KVM host's parts on arm64, with guests of a few instructions: accesses, slots, dirty log, doorbells, interrupts.

The tests in tests/hosts/kvm check the same with x86 guests. An access through the host costs much in the nested lab, so
the guests here make few.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from arm64_words import (
    ALLOW_INTERRUPTS,
    BACK,
    DSB,
    ERET,
    ISB,
    SPIN,
    WFI_LOOP,
    load,
    move,
    psci,
    read_system,
    set_system,
    store,
    store_loaded,
    store_register,
    write_system,
)
from kvm_parts import Recorder

from devgen.common.machine_map import GIC_DISTRIBUTOR, VIRT_RAM
from devgen.hosts.kvm import KvmHost
from devgen.hosts.kvm.coalesced_ring import ENTRIES
from devgen.hosts.kvm.kvm_host import IrqDelivery
from devgen.hosts.kvm.memory_slots import MemorySlots
from devgen.hosts.kvm.vm import PAGE_SIZE
from devgen.runtime.device.irq_line import IrqLine
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, MachineConfig
from devgen.runtime.machine.run_result import RunResult
from devgen.runtime.memory.event_notifier import EventNotifier, IoEventFd
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock

END = 0x0A000000
DEVICE = 0x0B000000
MEMORY = 0x20000000
RAM = 1 << 20
VECTORS = 0x800
INTERRUPT = VECTORS + 0x280
"""Offset of the handler for interrupts at exception level 1, with its own stack pointer (DDI 0487, D1.3.1.5)."""
SLOW = 60.0
BOTH_PAGES = 2 * PAGE_SIZE
CPU_ON, CPU_OFF, SYSTEM_OFF, SYSTEM_RESET = 0xC4000003, 0x84000002, 0x84000008, 0x84000009
"""Functions of PSCI (Arm DEN 0022, 5.1)."""


class Rig:
    """A machine of type virt whose guest is ``code``, with a register at END whose write ends the run."""

    def __init__(self, code: bytes, *, on_reset: str = "restart", cpus: int = 1) -> None:
        guest = GuestConfig(code + SPIN, VIRT_RAM)
        self.machine = Machine(
            MachineConfig(type="virt", ram=RAM, cpus=cpus, guest=guest, on_reset=on_reset)  # type: ignore[arg-type]
        )
        self.device = Recorder()
        end = Recorder()
        end.on_write = lambda offset, size, value: self.machine.request_exit(value)
        self.map(END, 4, end)
        self.map(DEVICE, 0x100, self.device)

    def map(self, address: int, size: int, ops: Recorder, priority: int = 0) -> MemoryRegion:
        region = MemoryRegion.io(f"at {address:x}", size, ops)
        self.machine.memory.root.add_subregion(address, region, priority)
        return region

    def add_memory(self, size: int, *, readonly: bool = False) -> tuple[RamBlock, MemoryRegion]:
        block = RamBlock(size)
        region = (MemoryRegion.rom if readonly else MemoryRegion.ram)("memory", size, block)
        self.machine.memory.root.add_subregion(MEMORY, region)
        return block, region

    def run(self, irq_delivery: IrqDelivery = "line") -> KvmHost:
        """Run to the guest's end, which is a write of 0 to END."""
        with KvmHost(self.machine, count_exits=True, irq_delivery=irq_delivery) as host:
            result = host.run(SLOW)
        assert (result.reason, result.code) == ("exit", 0), result
        return host

    def result(self, seconds: float = SLOW) -> RunResult:
        """How the run ends."""
        with KvmHost(self.machine) as host:
            return host.run(seconds)


def finish(code: int = 0) -> bytes:
    return store(END, code)


def slots_of(host: KvmHost) -> MemorySlots:
    return next(listener for listener in host.listeners if isinstance(listener, MemorySlots))


# --- accesses ---


def test_accesses_of_all_sizes_reach_a_device() -> None:
    value = 0x1122334455667788
    code = b"".join(store(DEVICE + 8 * size, value, size) + load(DEVICE + 8 * size, size) for size in (1, 2, 4, 8))
    rig = Rig(code + finish())
    rig.run()
    expected: list[tuple[int, int, int | None]] = []
    for size in (1, 2, 4, 8):
        expected += [(8 * size, size, value & (1 << 8 * size) - 1), (8 * size, size, None)]
    assert rig.device.log == expected


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_a_guest_gets_what_a_device_answers(size: int) -> None:
    rig = Rig(move(10, (1 << 64) - 1) + load(DEVICE, size) + store_loaded(DEVICE + 8, 8) + finish())
    rig.device.answers = lambda offset, size: 0xFEDCBA9876543210 & (1 << 8 * size) - 1
    rig.run()
    assert rig.device.writes == [(8, 8, 0xFEDCBA9876543210 & (1 << 8 * size) - 1)]


# --- slots and the dirty log ---


def test_ram_needs_no_exit() -> None:
    rig = Rig(store(MEMORY, 0x12345678) + load(MEMORY) + store_loaded(MEMORY + 4) + finish())
    block, _ = rig.add_memory(BOTH_PAGES)
    host = rig.run()
    assert bytes(block.view[:8]) == b"\x78\x56\x34\x12" * 2
    assert [place for place in host.exits if place[0] == "mmio"] == [("mmio", END)]


def test_a_device_over_ram_cuts_the_slot_in_two() -> None:
    code = b"".join(store(MEMORY + page * PAGE_SIZE, page + 1) for page in range(3))
    rig = Rig(code + finish())
    block, _ = rig.add_memory(3 * PAGE_SIZE)
    ops = Recorder()
    rig.map(MEMORY + PAGE_SIZE, PAGE_SIZE, ops, priority=1)
    with KvmHost(rig.machine) as host:
        assert host.run(SLOW).ok
        sizes = {slot.address: slot.size for slot in slots_of(host).slots.values()}
    assert (sizes[MEMORY], sizes[MEMORY + 2 * PAGE_SIZE]) == (PAGE_SIZE, PAGE_SIZE)
    assert ops.log == [(0, 4, 2)]
    assert (block.view[0], block.view[2 * PAGE_SIZE]) == (1, 3)


def test_memory_that_fills_no_page_is_served_by_exits() -> None:
    rig = Rig(store(MEMORY + 0x10, 7) + load(MEMORY + 0x10) + store_loaded(MEMORY + PAGE_SIZE) + finish())
    block, _ = rig.add_memory(BOTH_PAGES)
    rig.map(MEMORY, 8, Recorder(), priority=1)
    host = rig.run()
    assert (host.exits["mmio", MEMORY + 0x10], host.exits["mmio", MEMORY + PAGE_SIZE]) == (2, 0)
    assert (block.view[0x10], block.view[PAGE_SIZE]) == (7, 7)


def test_a_write_to_rom_changes_nothing_and_the_guest_goes_on() -> None:
    rig = Rig(store(MEMORY, 9) + load(MEMORY) + store_loaded(DEVICE) + finish())
    block, _ = rig.add_memory(PAGE_SIZE, readonly=True)
    block.view[0] = 5
    host = rig.run()
    assert rig.device.writes == [(0, 4, 5)]
    assert (block.view[0], host.exits["mmio", MEMORY]) == (5, 1)


def test_writes_of_the_guest_show_in_the_dirty_log() -> None:
    rig = Rig(store(MEMORY + PAGE_SIZE, 1) + store(MEMORY + 5 * PAGE_SIZE + 4, 1) + finish())
    block, region = rig.add_memory(8 * PAGE_SIZE)
    region.log_dirty = True
    with KvmHost(rig.machine) as host:
        assert host.run(SLOW).ok
        rig.machine.memory.sync_dirty_log()
        assert {offset // PAGE_SIZE for offset in block.take_dirty()} == {1, 5}
        rig.machine.memory.sync_dirty_log()
        assert block.take_dirty() == []


def test_memory_can_be_moved_while_the_guest_runs() -> None:
    rig = Rig(store(MEMORY, 1) + store(DEVICE, 0) + store(MEMORY + BOTH_PAGES, 2) + finish())
    block, region = rig.add_memory(PAGE_SIZE)
    rig.device.on_write = lambda offset, size, value: region.set_address(MEMORY + BOTH_PAGES)
    host = rig.run()
    assert host.exits["mmio", MEMORY + BOTH_PAGES] == 0
    assert block.view[0] == 2


# --- doorbells and coalesced writes ---


@pytest.mark.parametrize(("length", "match"), [(1, None), (2, 0x55), (4, None), (4, 0x55), (8, 0x55), (0, None)])
def test_ringing_causes_no_exit_and_is_heard(length: int, match: int | None) -> None:
    rig = Rig(store(DEVICE, 0x55, length or 4) * 3 + finish())
    heard: list[int] = []
    region = next(region for region in rig.machine.memory.root.subregions if region.name == f"at {DEVICE:x}")
    region.add_ioeventfd(IoEventFd(0, length, match, EventNotifier(), heard.append))
    host = rig.run()
    assert (sum(heard), rig.device.log, host.exits["mmio", DEVICE]) == (3, [], 0)


@pytest.mark.parametrize(("value", "size"), [(0x56, 2), (0x55, 1)])
def test_another_value_or_length_is_a_plain_write(value: int, size: int) -> None:
    rig = Rig(store(DEVICE, value, size) + finish())
    heard: list[int] = []
    region = next(region for region in rig.machine.memory.root.subregions if region.name == f"at {DEVICE:x}")
    region.add_ioeventfd(IoEventFd(0, 2, 0x55, EventNotifier(), heard.append))
    rig.run()
    assert (heard, rig.device.log) == ([], [(0, size, value)])


def late(rig: Rig) -> Recorder:
    """A device at MEMORY whose writes may be late."""
    ops = Recorder()
    region = MemoryRegion.io("late", 0x20, ops)
    region.coalesced.append((0, 0x10))
    rig.machine.memory.root.add_subregion(MEMORY, region)
    return ops


def test_late_writes_come_in_order_before_the_next_exit() -> None:
    code = b"".join(store(MEMORY + 8 * (size % 2), size, size) for size in (1, 2, 4, 8))
    rig = Rig(code + store(MEMORY + 0x18, 99, 1) + finish())
    ops = late(rig)
    host = rig.run()
    assert ops.log == [(8, 1, 1), (0, 2, 2), (0, 4, 4), (0, 8, 8), (0x18, 1, 99)]
    assert host.exits["mmio", MEMORY] + host.exits["mmio", MEMORY + 8] == 0


def test_more_writes_than_the_ring_takes() -> None:
    rig = Rig(b"".join(store(MEMORY, value) for value in range(ENTRIES + 10)) + finish())
    ops = late(rig)
    host = rig.run()
    assert [value for _, _, value in ops.log] == list(range(ENTRIES + 10))
    assert host.exits["mmio", MEMORY] <= 1  # none if the event loop has emptied the ring in time


# --- interrupts ---


def spi_setup(spi: int, edge: bool) -> bytes:
    """Enable an SPI of group 1, and the processor's interface (GIC architecture version 3, 12.9 and 12.2)."""
    bit = 1 << spi % 32
    configuration = 0b10 << 2 * (spi % 16) if edge else 0
    words = GIC_DISTRIBUTOR + 4 * (1 + spi // 32)
    return (
        set_system("vbar_el1", VIRT_RAM + VECTORS)
        + set_system("icc_sre_el1", 7)
        + ISB
        + set_system("icc_pmr_el1", 0xFF)
        + set_system("icc_igrpen1_el1", 1)
        + store(GIC_DISTRIBUTOR, 0x12)  # GICD_CTLR: affinity routing, group 1
        + store(GIC_DISTRIBUTOR + 0xC00 + 4 * (2 + spi // 16), configuration)  # GICD_ICFGR
        + store(words + 0x80, bit)  # GICD_IGROUPR
        + store(words + 0x100, bit)  # GICD_ISENABLER
        + ISB
        + ALLOW_INTERRUPTS
    )


# Report the interrupt's number at DEVICE + 8, where the device may lower its line, then end the interrupt.
HANDLER = (
    read_system("icc_iar1_el1", 13)
    + move(9, DEVICE + 8)
    + store_register(13, 4)
    + DSB
    + write_system("icc_eoir1_el1", 13)
    + ISB
    + ERET
)


class Interrupted(Rig):
    """A guest that reports interrupts of ``spi`` and ends after ``last``. It writes to DEVICE when it waits."""

    def __init__(self, spi: int, last: int, *, edge: bool = False) -> None:
        code = spi_setup(spi, edge) + store(DEVICE, 0) + WFI_LOOP
        super().__init__(code.ljust(INTERRUPT, b"\0") + HANDLER)
        self.line = IrqLine("line")
        self.machine.connect_line(self.line, spi)
        self.seen: list[int] = []
        self.last = last
        self.device.on_write = self._written
        self.ready: Callable[[], None] = lambda: self.line.set(1)
        self.handled: Callable[[], None] = lambda: self.line.set(0)

    def _written(self, offset: int, size: int, value: int) -> None:
        if offset == 0:
            self.ready()
            return
        self.seen.append(value)
        self.handled()
        if len(self.seen) == self.last:
            self.machine.request_exit(0)


@pytest.mark.parametrize("delivery", ["line", "irqfd"])
@pytest.mark.parametrize("spi", [3, 40])
def test_a_line_interrupts_a_waiting_guest(spi: int, delivery: IrqDelivery) -> None:
    rig = Interrupted(spi, 1)
    rig.run(delivery)
    assert rig.seen == [32 + spi]


@pytest.mark.parametrize("delivery", ["line", "irqfd"])
def test_a_line_that_stays_high_interrupts_again(delivery: IrqDelivery) -> None:
    rig = Interrupted(5, 3)
    rig.handled = lambda: rig.line.set(0) if len(rig.seen) == 3 else None
    rig.run(delivery)
    assert rig.seen == [37] * 3


def test_an_edge_irqfd_interrupts() -> None:
    rig = Interrupted(6, 1, edge=True)
    notifier = EventNotifier()
    rig.ready = notifier.set
    with KvmHost(rig.machine) as host:
        assert host.irqchip is not None
        host.irqchip.add_irqfd(notifier.fileno(), 6)
        assert host.run(SLOW).ok
        host.irqchip.remove_irqfd(notifier.fileno(), 6)
    assert rig.seen[0] == 38


# --- processors, and how a run ends ---


def test_psci_starts_a_processor() -> None:
    second = move(10, 0x77) + store_loaded(DEVICE) + SPIN
    first = psci(CPU_ON, 1, VIRT_RAM + 0x400, 0x77) + WFI_LOOP
    rig = Rig(first.ljust(0x400, b"\0") + second, cpus=2)
    rig.device.on_write = lambda offset, size, value: rig.machine.request_exit(value)
    assert rig.result().code == 0x77


def test_system_off_ends_the_run() -> None:
    result = Rig(psci(SYSTEM_OFF)).result()
    assert (result.reason, result.code, result.detail) == ("exit", 0, "the guest powered off")


def test_system_reset_restarts_the_guest_or_ends_the_run() -> None:
    rig = Rig(store(DEVICE, 1) + psci(SYSTEM_RESET))
    rig.device.on_write = lambda offset, size, value: rig.machine.request_exit(3) if len(rig.device.log) == 2 else None
    assert rig.result().code == 3
    assert Rig(psci(SYSTEM_RESET), on_reset="exit").result().ok


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(psci(CPU_OFF), id="CPU_OFF"),
        pytest.param(SPIN, id="branch to itself"),
        pytest.param(WFI_LOOP, id="WFI"),
        pytest.param(psci(CPU_ON, 1, VIRT_RAM + 0x400, 0) + psci(CPU_OFF), id="two processors"),
    ],
)
def test_a_guest_that_waits_with_interrupts_masked_has_halted(code: bytes) -> None:
    result = Rig(code.ljust(0x400, b"\0") + WFI_LOOP, cpus=2).result()
    assert result.reason == "halt"
    assert result.detail.startswith(f"halted with interrupts disabled at {VIRT_RAM >> 12:#x}")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(ALLOW_INTERRUPTS + WFI_LOOP, id="interrupts are taken"),
        pytest.param(load(MEMORY) + BACK, id="a loop that reads"),
        pytest.param(psci(CPU_ON, 1, VIRT_RAM + 0x400, 0) + SPIN, id="one of two"),
    ],
)
def test_a_guest_that_may_go_on_is_stopped_by_the_time_limit(code: bytes) -> None:
    rig = Rig(code.ljust(0x400, b"\0") + ALLOW_INTERRUPTS + SPIN, cpus=2)
    rig.add_memory(PAGE_SIZE)
    assert rig.result(2).reason == "timeout"


def test_a_spinning_guest_can_be_stopped_and_continued() -> None:
    rig = Rig(store(DEVICE, 1) + ALLOW_INTERRUPTS + SPIN)
    with KvmHost(rig.machine) as host:
        rig.device.on_write = lambda offset, size, value: threading.Timer(0.3, host.stop).start()
        assert host.run(SLOW).reason == "stopped"
        assert host.run(0.3).reason == "timeout"
    assert len(rig.device.log) == 1
