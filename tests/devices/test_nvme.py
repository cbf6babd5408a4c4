"""The NVMe controller as its specification describes it: registers, queues, doorbells, interrupts."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from nvme_driver import (
    ABORT,
    ACQ,
    AQA,
    ASQ,
    CAP,
    CC,
    CFS,
    CREATE_CQ,
    CREATE_SQ,
    CSTS,
    DATA,
    DELETE_CQ,
    DELETE_SQ,
    ENABLED,
    EVENT_REQUEST,
    FLUSH,
    IDENTIFY,
    INTMC,
    INTMS,
    INVALID_COMPLETION_QUEUE,
    INVALID_DELETION,
    INVALID_FIELD,
    INVALID_PRP_OFFSET,
    INVALID_QUEUE,
    INVALID_QUEUE_SIZE,
    INVALID_VECTOR,
    RDY,
    READ,
    VS,
    WRITE,
    Driver,
    started,
)

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]

TABLE, MESSAGES = 0x2000, 0x70_0000


@pytest.fixture
def driver(bench: MakeBench) -> Driver:
    """A driver with a controller that is enabled and has an I/O queue."""
    return started(bench("nvme", blocks=1024, serial="A1"))


# --- registers -----------------------------------------------------------------------------


def test_its_registers_say_what_it_can(bench: MakeBench) -> None:
    dut = bench("nvme")
    capabilities = dut.read64(CAP)
    assert (capabilities & 0xFFFF, capabilities >> 16 & 1, capabilities >> 37 & 1) == (1023, 1, 1)
    assert dut.read32(CAP) | dut.read32(CAP + 4) << 32 == capabilities
    assert dut.read32(VS) == 0x0001_0400


def test_it_is_ready_once_it_is_enabled_and_no_longer_when_it_is_disabled(bench: MakeBench) -> None:
    driver = Driver(bench("nvme"))
    driver.enable()
    driver.bench.write32(CC, 0)
    assert driver.bench.read32(CSTS) == 0


def test_a_disabled_controller_forgets_its_queues_but_not_where_the_admin_queue_is(driver: Driver) -> None:
    dut = driver.bench
    dut.write32(CC, ENABLED & ~1)
    assert (dut.read32(AQA), dut.read64(ASQ), dut.read64(ACQ)) == (0xF000F, 0x10_0000, 0x11_0000)
    driver.enable()
    assert driver.admin(DELETE_SQ, cdw10=1).status == INVALID_QUEUE


@pytest.mark.parametrize(
    ("aqa", "cc"),
    [(0, ENABLED), (0xF, ENABLED), (0xF0000, ENABLED), (0xF000F, ENABLED | 0x10), (0xF000F, ENABLED | 0x80),
     (0xF000F, ENABLED | 0x800)],
)  # fmt: skip
def test_what_it_cannot_be_enabled_with_is_fatal_until_it_is_disabled(
    bench: MakeBench, caplog: pytest.LogCaptureFixture, aqa: int, cc: int
) -> None:
    driver = Driver(bench("nvme"))
    driver.bench.write32(AQA, aqa)
    driver.bench.write32(CC, cc)
    assert driver.bench.read32(CSTS) == CFS
    queues = f"admin queues of {(aqa & 0xFFF) + 1} and {(aqa >> 16) + 1}"
    assert caplog.messages == [f"nvme: error: controller fatal status: enabled with CC {cc:#x}, {queues}"]
    driver.bench.write32(CC, 0)
    driver.enable()


@pytest.mark.parametrize("how", [1, 2])
def test_a_shutdown_is_complete_at_once_and_ends_work(driver: Driver, how: int) -> None:
    driver.bench.write32(CC, ENABLED | how << 14)
    assert driver.bench.read32(CSTS) == RDY | 2 << 2
    queue = driver.queues[0]
    driver.put(queue, IDENTIFY, prp1=DATA, cdw10=1)
    driver.ring(queue)
    assert driver.peek(queue) is None


def capability(dut: Bench, number: int) -> int:
    """Where a capability lies in configuration space."""
    at = dut.read("cfg", 0x34, 1)
    while dut.read("cfg", at, 1) != number:
        at = dut.read("cfg", at + 1, 1)
    return at


def machine_reset(dut: Bench) -> None:
    dut.reset()


def function_level_reset(dut: Bench) -> None:
    dut.write("cfg", capability(dut, 0x10) + 8, 1 << 15, 2)
    dut.place_bars()


def power_cycle(dut: Bench) -> None:
    """Into D3hot and, as the bench does when it places BARs, back."""
    dut.write("cfg", capability(dut, 0x01) + 4, 3, 2)
    dut.place_bars()


@pytest.mark.parametrize("reset", [machine_reset, function_level_reset, power_cycle])
def test_a_reset_keeps_the_medium_only(driver: Driver, reset: Callable[[Bench], None]) -> None:
    driver.bench.store(DATA, b"kept" * 128)
    assert driver.transfer(WRITE, 7, 1) == 0
    reset(driver.bench)
    assert driver.bench.read32(CSTS) == driver.bench.read32(CC) == driver.bench.read32(AQA) == 0
    driver.bench.store(DATA, bytes(512))
    driver.enable()
    driver.add_queue()
    assert driver.transfer(READ, 7, 1) == 0
    assert driver.bench.load(DATA, 512) == b"kept" * 128


# --- queues --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"cdw10": 0xF0000}, INVALID_QUEUE), ({"cdw10": 0xF0001}, INVALID_QUEUE), ({"cdw10": 0xF0008}, INVALID_QUEUE),
     ({"cdw10": 0x00002}, INVALID_QUEUE_SIZE), ({"cdw10": 0x4000002}, INVALID_QUEUE_SIZE),
     ({"prp1": 0x800}, INVALID_PRP_OFFSET), ({"cdw11": 2}, INVALID_FIELD), ({"cdw11": 0x80003}, INVALID_VECTOR)],
)  # fmt: skip
def test_a_completion_queue_that_cannot_be_is_refused(driver: Driver, fields: dict[str, int], status: int) -> None:
    wanted = {"prp1": DATA, "cdw10": 0xF0002, "cdw11": 3, **fields}
    assert driver.admin(CREATE_CQ, **wanted).status == status


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"cdw10": 0xF0000}, INVALID_QUEUE), ({"cdw10": 0xF0001}, INVALID_QUEUE), ({"cdw10": 0xF0008}, INVALID_QUEUE),
     ({"cdw11": 0x00001}, INVALID_QUEUE), ({"cdw11": 0x80001}, INVALID_QUEUE),
     ({"cdw11": 0x20001}, INVALID_COMPLETION_QUEUE), ({"cdw10": 0x00002}, INVALID_QUEUE_SIZE),
     ({"prp1": 0x800}, INVALID_PRP_OFFSET), ({"cdw11": 0x10000}, INVALID_FIELD)],
)  # fmt: skip
def test_a_submission_queue_that_cannot_be_is_refused(driver: Driver, fields: dict[str, int], status: int) -> None:
    wanted = {"prp1": DATA, "cdw10": 0xF0002, "cdw11": 0x10001, **fields}
    assert driver.admin(CREATE_SQ, **wanted).status == status


def test_entries_of_other_sizes_are_refused(bench: MakeBench) -> None:
    driver = Driver(bench("nvme"))
    driver.enable()
    driver.bench.write32(CC, 1)
    assert driver.admin(CREATE_CQ, prp1=DATA, cdw10=0xF0001, cdw11=3).status == INVALID_QUEUE_SIZE


def test_a_completion_queue_goes_after_its_submission_queues(driver: Driver) -> None:
    assert driver.admin(DELETE_CQ, cdw10=1).status == INVALID_DELETION
    assert driver.admin(DELETE_SQ, cdw10=1).status == 0
    assert driver.admin(DELETE_CQ, cdw10=1).status == 0
    assert driver.admin(DELETE_CQ, cdw10=1).status == INVALID_QUEUE
    assert driver.admin(DELETE_CQ, cdw10=0).status == INVALID_QUEUE
    driver.add_queue()
    assert driver.access(FLUSH, 0, 1) == 0


def test_commands_are_taken_in_their_order_and_queues_in_turn(driver: Driver) -> None:
    first, second = driver.queues[1], driver.add_queue(2)
    wanted = [[driver.put(queue, FLUSH, nsid=1) for _ in range(3)] for queue in (first, second)]
    driver.bench.write32(8, first.tail, "bells")
    driver.bench.write32(16, second.tail, "bells")
    driver.bench.advance(0)
    taken = [[driver.take(queue) for _ in range(3)] for queue in (first, second)]
    assert [[one.identifier for one in some] for some in taken] == wanted
    assert [one.head for one in taken[0]] == [1, 2, 3]


def test_queues_wrap_and_phases_turn(driver: Driver) -> None:
    for turn in range(100):
        assert driver.run(1, FLUSH, nsid=1).head == (turn + 1) % 16


def test_a_full_completion_queue_holds_commands_back(driver: Driver) -> None:
    queue = driver.queues[1]
    assert driver.admin(DELETE_SQ, cdw10=1).status == 0
    assert driver.admin(DELETE_CQ, cdw10=1).status == 0
    assert driver.admin(CREATE_CQ, prp1=queue.completions, cdw10=0x30001, cdw11=3).status == 0
    assert driver.admin(CREATE_SQ, prp1=queue.submission, cdw10=0xF0001, cdw11=0x10001).status == 0
    driver.bench.store(queue.completions, bytes(256))
    queue.tail = queue.head = 0
    queue.phase = 1
    identifiers = [driver.put(queue, FLUSH, nsid=1) for _ in range(10)]
    driver.ring(queue)
    assert driver.bench.load(queue.completions + 48, 16) == bytes(16)  # the fourth would make it look empty
    queue.entries = 4  # of completions, from now on
    assert [driver.take(queue).identifier for _ in range(10)] == identifiers
    assert driver.peek(queue) is None


# --- doorbells -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "value", "information"),
    [
        (0x10, 1, 0),
        (0x14, 1, 0),
        (0xFF8, 0, 0),
        (0xFFC, 0, 0),
        (0x8, 16, 1),
        (0x8, 0xFFFF, 1),
        (0xC, 16, 1),
        (0xC, 3, 1),
    ],
)
def test_a_doorbell_that_cannot_be_is_ignored_and_reported(
    driver: Driver, offset: int, value: int, information: int
) -> None:
    admin = driver.queues[0]
    identifier = driver.put(admin, EVENT_REQUEST)
    driver.ring(admin)
    assert driver.peek(admin) is None
    driver.bench.write32(offset, value, "bells")
    driver.bench.advance(0)
    event = driver.take(admin)
    assert (event.identifier, event.status, event.result) == (identifier, 0, 1 << 16 | information << 8)
    assert driver.access(FLUSH, 0, 1) == 0


def test_doorbells_of_a_disabled_controller_do_nothing(bench: MakeBench) -> None:
    dut = bench("nvme")
    for offset in (0, 4, 8, 0xFFC):
        dut.write32(offset, 5, "bells")
    dut.advance("1 s")
    assert dut.load(0, 4096) == bytes(4096)
    assert dut.read32(0, "bells") == 0


# --- interrupts ----------------------------------------------------------------------------


def test_the_pin_is_high_while_completions_wait(driver: Driver) -> None:
    queue = driver.queues[1]
    driver.put(queue, FLUSH, nsid=1)
    driver.put(queue, FLUSH, nsid=1)
    assert driver.bench.irq("inta") == 0
    driver.ring(queue)
    assert driver.bench.irq("inta") == 1
    driver.take(queue)
    assert driver.bench.irq("inta") == 1
    driver.take(queue)
    assert driver.bench.irq("inta") == 0


def test_the_pin_can_be_masked(driver: Driver) -> None:
    queue = driver.queues[1]
    driver.bench.write32(INTMS, 1)
    driver.put(queue, FLUSH, nsid=1)
    driver.ring(queue)
    assert (driver.bench.read32(INTMS), driver.bench.irq("inta")) == (1, 0)
    driver.bench.write32(INTMC, 1)
    assert (driver.bench.read32(INTMC), driver.bench.irq("inta")) == (0, 1)


def enable_messages(dut: Bench) -> None:
    """MSI-X, with vector n writing n + 1 to a place of its own."""
    base = dut.dut.config.bar_address(dut.dut.BARS[0])
    for vector in range(8):
        for word, value in enumerate((MESSAGES + 4 * vector, 0, vector + 1, 0)):
            dut.machine.memory.write(base + TABLE + 16 * vector + 4 * word, value, 4)
    dut.write("cfg", capability(dut, 0x11) + 2, 0x8000, 2)


def enable_msi(dut: Bench) -> None:
    """MSI with eight vectors, n of which writes n + 1, all to one place."""
    at = capability(dut, 0x05)
    dut.write("cfg", at + 4, MESSAGES, 4)
    dut.write("cfg", at + 8, 0, 4)
    dut.write("cfg", at + 12, 8, 2)
    dut.write("cfg", at + 2, 3 << 4 | 1, 2)


def sent(dut: Bench) -> list[int]:
    found = list(struct.unpack("<8I", dut.load(MESSAGES, 32)))
    dut.store(MESSAGES, bytes(32))
    return found


def test_each_queue_interrupts_with_its_vector(driver: Driver) -> None:
    enable_messages(driver.bench)
    driver.add_queue(2, vector=5)
    sent(driver.bench)
    driver.run(2, FLUSH, nsid=1)
    assert sent(driver.bench) == [0, 0, 0, 0, 0, 6, 0, 0]
    driver.run(1, FLUSH, nsid=1)
    driver.admin(ABORT)
    assert sent(driver.bench) == [1, 2, 0, 0, 0, 0, 0, 0]
    assert driver.bench.irq("inta") == 0


def test_every_completion_interrupts_while_others_wait(driver: Driver) -> None:
    enable_messages(driver.bench)
    queue = driver.queues[1]
    for _ in range(3):
        driver.put(queue, FLUSH, nsid=1)
        driver.ring(queue)
        assert sent(driver.bench)[1] == 2


def test_msi_vectors_can_be_masked_and_are_sent_when_unmasked(driver: Driver) -> None:
    enable_msi(driver.bench)
    queue = driver.queues[1]
    driver.bench.write32(INTMS, 1 << 1)
    driver.put(queue, FLUSH, nsid=1)
    driver.ring(queue)
    assert sent(driver.bench)[0] == 0
    driver.bench.write32(INTMC, 1 << 2)
    assert sent(driver.bench)[0] == 0
    driver.bench.write32(INTMC, 1 << 1)
    assert sent(driver.bench)[0] == 8 + 1
    driver.take(queue)
    driver.bench.write32(INTMS, 1 << 1)
    driver.bench.write32(INTMC, 1 << 1)
    assert sent(driver.bench)[0] == 0


def test_a_queue_may_be_polled(driver: Driver) -> None:
    enable_messages(driver.bench)
    assert driver.admin(CREATE_CQ, prp1=DATA + 0x10000, cdw10=0xF0003, cdw11=3 << 16 | 1).status == 0
    assert driver.admin(CREATE_SQ, prp1=DATA + 0x20000, cdw10=0xF0003, cdw11=3 << 16 | 1).status == 0
    sent(driver.bench)
    driver.bench.store(DATA + 0x20000, struct.pack("<BBHI56x", FLUSH, 0, 9, 1))
    driver.bench.write32(0x18, 1, "bells")
    driver.bench.advance(0)
    assert driver.bench.load(DATA + 0x10000 + 12, 2) == b"\x09\0"
    assert sent(driver.bench) == [0] * 8


# --- snapshots -----------------------------------------------------------------------------


def test_a_restored_controller_goes_on_with_the_commands_it_had(driver: Driver, bench: MakeBench) -> None:
    queue = driver.queues[1]
    driver.bench.store(DATA, b"snap" * 128)
    identifier = driver.put(queue, WRITE, nsid=1, prp1=DATA, cdw10=5)
    driver.bench.write32(8, queue.tail, "bells")  # and before it is looked at:
    saved = driver.bench.machine.save_state()
    other = bench("nvme", blocks=1024, serial="A1")
    other.machine.load_state(saved)
    driver.bench = other
    other.advance(0)
    assert driver.take(queue).identifier == identifier
    assert other.dut.medium[5 * 512 : 6 * 512] == b"snap" * 128
    assert driver.access(FLUSH, 0, 1) == 0
