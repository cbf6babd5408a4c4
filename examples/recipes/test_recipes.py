"""A test of each recipe: what a driver sees."""

from __future__ import annotations


def test_lock_bit(bench):
    dev = bench("lock-bit")
    dev.regs.CONFIG = 5
    dev.regs.LOCK.LOCKED = 1
    dev.regs.LOCK = 0  # does not unlock
    dev.regs.CONFIG = 6
    assert dev.regs.CONFIG == 5
    dev.reset()
    dev.regs.CONFIG = 6
    assert dev.regs.CONFIG == 6


def test_key_register(bench):
    dev = bench("key-register")
    dev.regs.DIVIDER = 9
    assert dev.regs.DIVIDER == 1
    dev.regs.KEY = 0x5AFE
    dev.regs.DIVIDER = 9
    dev.regs.DIVIDER = 10  # the key holds for one write
    assert dev.regs.DIVIDER == 9


def test_timed_key(bench):
    dev = bench("timed-key")
    dev.regs.UNLOCK = 0xC520
    dev.advance("333 ns")  # 20 cycles of 60 MHz
    dev.regs.UNLOCK = 0xD928
    dev.regs.TIMEOUT = 500
    assert dev.regs.TIMEOUT == 500
    dev.advance("5 us")
    assert dev.regs.STATUS == 0
    dev.regs.UNLOCK = 0xC520
    dev.advance("334 ns")
    assert dev.regs.STATUS.KEY_ERROR == 1
    assert [level for _, level in dev.transitions("reset")] == [1, 0]


def test_key_in_the_write(bench):
    dev = bench("key-in-the-write")
    dev.regs.CONTROL = 0x304  # without the key
    assert dev.transitions("reset") == []
    dev.regs.CONTROL = 0x05FA0304
    assert dev.regs.CONTROL == 0x300
    assert [level for _, level in dev.transitions("reset")] == [1, 0]


def test_banked_registers(bench):
    dev = bench("banked-registers")
    assert dev.read32(0x10) == 9600
    dev.regs.BANK.SELECT = 1
    dev.write32(0x10, 1)
    dev.regs.BANK.SELECT = 2
    assert dev.read32(0x10) == 0x0102
    dev.regs.BANK.SELECT = 1
    assert dev.regs.FORMAT.STOP == 1


def test_read_to_pop(bench):
    dev = bench("read-to-pop")
    dev.receive(b"ab")
    assert (dev.regs.LEVEL.read(), dev.irq("intr")) == (2, 1)
    assert [dev.regs.DATA.read(), dev.regs.DATA.read(), dev.regs.DATA.read()] == [ord("a"), ord("b"), 0]
    assert dev.irq("intr") == 0


def test_write_1_to_clear(bench):
    dev = bench("write-1-to-clear")
    dev.regs.MASK = 0b11
    dev.drive("fault[0]", 1)
    dev.drive("fault[1]", 1)
    assert dev.regs.STATUS == 0b11
    dev.regs.STATUS.write(OVERHEAT=1)
    assert (dev.regs.STATUS.read(), dev.irq("intr")) == (0b10, 1)
    dev.regs.STATUS = 0b10
    assert dev.irq("intr") == 0


def test_interrupt_register(bench):
    dev = bench("interrupt-register")
    dev.regs.ENABLE = 0b11
    dev.receive(b"boot")
    assert (dev.regs.STATUS.RX, dev.irq("irq")) == (1, 1)
    dev.regs.STATUS.RX = 1
    assert dev.irq("irq") == 1  # the FIFO still has four bytes: the level sets the bit again
    assert dev.regs.DATA == 0x62
    dev.regs.STATUS.RX = 1
    assert dev.irq("irq") == 0
    dev.drive("carrier", 1)
    dev.regs.STATUS.CARRIER = 1
    assert dev.irq("irq") == 0  # an edge sets the bit once
    dev.drive("carrier", 0)
    assert dev.irq("irq") == 1
    dev.regs.ENABLE.CARRIER = 0
    assert (dev.regs.STATUS.CARRIER, dev.irq("irq")) == (1, 0)


def test_index_data(bench):
    dev = bench("index-data")
    dev.write8(0, 1)
    dev.write8(1, 0x30)
    assert dev.read8(1) == 0x30
    dev.write8(0, 0)
    assert dev.read8(1) == 0x42
    dev.write8(0, 2)
    assert [dev.read8(1), dev.read8(1)] == [1, 0]  # the read cleared it


def test_mailbox(bench):
    dev = bench("mailbox")
    dev.regs.LEFT_SEND = 0xCAFE
    assert (dev.irq("right_irq"), dev.irq("left_irq")) == (1, 0)
    assert dev.regs.TO_RIGHT == 0xCAFE
    assert dev.irq("right_irq") == 0


def test_dma_ring(bench):
    dev = bench("dma-ring")
    texts = [b"hello ", b"world"]
    for index, text in enumerate(texts):
        dev.store(0x1000 + index * 0x100, text)
        descriptor = (0x1000 + index * 0x100).to_bytes(8, "little") + len(text).to_bytes(4, "little") + bytes(4)
        dev.store(0x8000 + index * 16, descriptor)
    dev.regs.BASE = 0x8000
    dev.regs.TAIL.INDEX = len(texts)
    assert dev.sent == b"hello world"
    assert len(texts) == dev.regs.HEAD.INDEX
    assert dev.load(0x800C, 4) == b"\1\0\0\0"
    assert dev.irq("intr") == 1


def test_watchdog(bench):
    dev = bench("watchdog")
    dev.regs.TIMEOUT = 10
    dev.regs.CTRL.ENABLE = 1
    dev.advance("9 ms")
    dev.regs.KICK = 1
    dev.advance("9 ms")
    assert dev.irq("warning") == 0
    dev.advance("1 ms")
    assert dev.irq("warning") == 1
    dev.advance("10 ms")
    assert [event.name for event in dev.events] == ["BITE"]
    assert [level for _, level in dev.transitions("reset")] == [1, 0]


def test_fault_on_purpose(bench):
    dev = bench("fault-on-purpose", bad_every=2)
    found = []
    for _ in range(4):
        dev.regs.START = 1
        dev.advance("10 us")
        found.append(int(dev.regs.STATUS.ERROR))
    assert found == [0, 1, 0, 1]
    dead = bench("fault-on-purpose", stuck=True)
    dead.regs.START = 1
    dead.advance("1 s")
    assert dead.regs.STATUS.READY == 0
