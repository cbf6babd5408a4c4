"""A small NVMe driver for the bench: queues in guest memory, commands in, completions out."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from devgen.hosts.bench import Bench

CAP, VS, INTMS, INTMC, CC, CSTS, AQA, ASQ, ACQ = 0x00, 0x08, 0x0C, 0x10, 0x14, 0x1C, 0x24, 0x28, 0x30
ENABLED = 0x460001
"""CC: enabled, entries of 64 and 16 bytes."""

RDY, CFS = 1, 2

DELETE_SQ, CREATE_SQ, GET_LOG_PAGE, DELETE_CQ, CREATE_CQ, IDENTIFY = 0, 1, 2, 4, 5, 6
ABORT, SET_FEATURES, GET_FEATURES, EVENT_REQUEST = 8, 9, 0xA, 0xC
FLUSH, WRITE, READ, WRITE_ZEROES = 0, 1, 2, 8

INVALID_OPCODE, INVALID_FIELD, INVALID_NAMESPACE, SEQUENCE_ERROR = 0x4001, 0x4002, 0x400B, 0x400C
INVALID_PRP_OFFSET, WRITE_PROTECTED, LBA_OUT_OF_RANGE = 0x4013, 0x4020, 0x4080
INVALID_COMPLETION_QUEUE, INVALID_QUEUE, INVALID_QUEUE_SIZE, TOO_MANY_EVENT_REQUESTS = 0x4100, 0x4101, 0x4102, 0x4105
INVALID_VECTOR, INVALID_LOG_PAGE, INVALID_DELETION, NOT_SAVEABLE, NOT_OF_A_NAMESPACE = (
    0x4108, 0x4109, 0x410C, 0x410D, 0x410F,
)  # fmt: skip

DATA = 0x40_0000
"""Guest memory that is no queue."""

PAGE = 4096


@dataclass(slots=True)
class Completion:
    """An entry of a completion queue. ``status`` has no phase."""

    result: int
    head: int
    queue: int
    identifier: int
    status: int


@dataclass(slots=True)
class Queue:
    """A submission queue and its completion queue, as the host keeps them."""

    number: int
    entries: int
    submission: int
    completions: int
    tail: int = 0
    head: int = 0
    phase: int = 1


@dataclass(slots=True)
class Driver:
    """Drives the controller of ``bench``."""

    bench: Bench
    queues: dict[int, Queue] = field(default_factory=dict)
    identifier: int = 0

    def enable(self, entries: int = 16) -> None:
        """Set the admin queue up and enable the controller."""
        self.queues = {0: Queue(0, entries, 0x10_0000, 0x11_0000)}
        self.bench.store(0x10_0000, bytes(0x20_0000))
        self.bench.write32(AQA, (entries - 1) << 16 | entries - 1)
        self.bench.write64(ASQ, 0x10_0000)
        self.bench.write64(ACQ, 0x11_0000)
        self.bench.write32(CC, ENABLED)
        assert self.bench.read32(CSTS) == RDY

    def add_queue(self, number: int = 1, entries: int = 16, vector: int = 1) -> Queue:
        """Create a pair of I/O queues."""
        base = 0x12_0000 + 0x2_0000 * number
        queue = Queue(number, entries, base, base + 0x1_0000)
        size = (entries - 1) << 16 | number
        assert self.admin(CREATE_CQ, prp1=queue.completions, cdw10=size, cdw11=vector << 16 | 3).status == 0
        assert self.admin(CREATE_SQ, prp1=queue.submission, cdw10=size, cdw11=number << 16 | 1).status == 0
        self.queues[number] = queue
        return queue

    # --- one step at a time ----------------------------------------------------------------

    def put(self, queue: Queue, opcode: int, *, nsid: int = 0, prp1: int = 0, prp2: int = 0, **more: int) -> int:
        """Write a command into the queue and return its identifier; ``more``: ``flags``, ``cdw10`` to ``cdw15``."""
        self.identifier = (self.identifier + 1) & 0xFFFF
        words = [more.get(f"cdw{n}", 0) for n in range(10, 16)]
        entry = struct.pack("<BBHI16xQQ6I", opcode, more.get("flags", 0), self.identifier, nsid, prp1, prp2, *words)
        self.bench.store(queue.submission + 64 * queue.tail, entry)
        queue.tail = (queue.tail + 1) % queue.entries
        return self.identifier

    def ring(self, queue: Queue) -> None:
        """Tell the controller of new commands, and let it work."""
        self.bench.write32(8 * queue.number, queue.tail, "bells")
        self.bench.advance(0)

    def peek(self, queue: Queue) -> Completion | None:
        """The next completion, if it is there."""
        entry = self.bench.load(queue.completions + 16 * queue.head, 16)
        result, _, head, number, identifier, status = struct.unpack("<IIHHHH", entry)
        return Completion(result, head, number, identifier, status >> 1) if status & 1 == queue.phase else None

    def take(self, queue: Queue) -> Completion:
        """Take the next completion out and tell the controller."""
        found = self.peek(queue)
        assert found is not None
        queue.head = (queue.head + 1) % queue.entries
        queue.phase ^= queue.head == 0
        self.bench.write32(8 * queue.number + 4, queue.head, "bells")
        self.bench.advance(0)
        return found

    # --- whole commands --------------------------------------------------------------------

    def run(self, number: int, opcode: int, **fields: int) -> Completion:
        """Carry out a command."""
        queue = self.queues[number]
        identifier = self.put(queue, opcode, **fields)
        self.ring(queue)
        found = self.take(queue)
        assert (found.identifier, found.queue) == (identifier, number)
        return found

    def admin(self, opcode: int, **fields: int) -> Completion:
        """Carry out an admin command."""
        return self.run(0, opcode, **fields)

    def identify(self, what: int, nsid: int = 0) -> bytes:
        """What Identify answers."""
        assert self.admin(IDENTIFY, nsid=nsid, prp1=DATA, cdw10=what).status == 0
        return self.bench.load(DATA, PAGE)

    def log_page(self, page: int, length: int, **fields: int) -> bytes:
        """A log page's first bytes."""
        words = (length // 4 - 1) << 16 | page
        assert self.admin(GET_LOG_PAGE, nsid=0xFFFFFFFF, prp1=DATA, cdw10=words, **fields).status == 0
        return self.bench.load(DATA, length)

    def access(self, opcode: int, block: int, count: int, **fields: int) -> int:
        """Carry out a command of the medium on queue 1; the status."""
        where = {"cdw10": block & 0xFFFFFFFF, "cdw11": block >> 32, "cdw12": count - 1}
        return self.run(1, opcode, **{"nsid": 1, "prp1": DATA, **where, **fields}).status

    def transfer(self, opcode: int, block: int, count: int) -> int:
        """Read or write at DATA, whatever PRPs that takes."""
        pages = -(-count * 512 // PAGE)
        listed = DATA - PAGE
        self.bench.store(listed, struct.pack(f"<{pages - 1}Q", *(DATA + PAGE * n for n in range(1, pages))))
        return self.access(opcode, block, count, prp2=listed if pages > 2 else DATA + PAGE)


def started(bench: Bench) -> Driver:
    """A driver of ``bench``, which has enabled the controller and made an I/O queue."""
    driver = Driver(bench)
    driver.enable()
    driver.add_queue()
    return driver
