"""The watchdog's paragraphs: unlocking, two stages, the lock bit, the cause of a reboot; both tick lengths."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]

TIMER1, TIMER2, RELOAD = 0x0, 0x4, 0xC
CONFIG, LOCK = 0x60, 0x68
FAST, NO_REBOOT = 1 << 2, 1 << 5
LOCKED, ENABLE, FREE_RUN = 1, 2, 4
PING, CLEAR = 1 << 8, 1 << 9
US = 1000
TICK = 32 * 30  # ns, of the fast clock


def unlock(dut: Bench) -> None:
    dut.write16(RELOAD, 0x80)
    dut.write16(RELOAD, 0x86)


def start(dut: Bench, stage1: int = 10, stage2: int = 20, config: int = FAST, lock: int = ENABLE) -> None:
    dut.write("cfg", CONFIG, config, 2)
    unlock(dut)
    dut.write32(TIMER1, stage1)
    unlock(dut)
    dut.write32(TIMER2, stage2)
    dut.write("cfg", LOCK, lock, 1)


def expirations(dut: Bench) -> list[int]:
    return [event.t for event in dut.events if event.name == "WATCHDOG"]


@pytest.fixture
def dut(bench: MakeBench) -> Bench:
    return bench("i6300esb")


@pytest.mark.parametrize(("config", "tick"), [(FAST, 32 * 30), (0, 32768 * 30)])
def test_both_stages_run_out(dut: Bench, config: int, tick: int) -> None:
    start(dut, 10, 20, config)
    dut.advance(30 * tick - 1)
    assert expirations(dut) == []
    dut.advance(1000 * tick)
    assert expirations(dut) == [30 * tick]


def test_reloading_starts_with_the_first_stage_again(dut: Bench) -> None:
    start(dut, 10, 20)
    dut.advance(25 * TICK)
    unlock(dut)
    dut.write16(RELOAD, PING)
    dut.advance(100 * TICK)
    assert expirations(dut) == [55 * TICK]


@pytest.mark.parametrize("steps", [[], [0x80], [0x86], [0x86, 0x80], [0x80, 0x86, 0]])
def test_reloading_needs_the_unlock_sequence(dut: Bench, steps: list[int]) -> None:
    start(dut, 10, 20)
    dut.advance(25 * TICK)
    for step in [*steps, PING]:
        dut.write16(RELOAD, step)
    dut.advance(100 * TICK)
    assert expirations(dut) == [30 * TICK]


def test_a_byte_written_leaves_it_unlocked(dut: Bench) -> None:
    start(dut, 10, 20)
    unlock(dut)
    dut.write8(TIMER1, 0)
    dut.write16(RELOAD, PING)
    dut.advance(100 * TICK)
    assert expirations(dut) == [30 * TICK]


def test_the_last_reboot_is_remembered_until_it_is_cleared(dut: Bench) -> None:
    assert dut.read16(RELOAD) == 0
    start(dut)
    dut.advance(30 * TICK)
    dut.reset()
    assert [dut.read(None, RELOAD, size) for size in (1, 2, 4)] == [0, 0x1200, 0]
    unlock(dut)
    dut.write16(RELOAD, CLEAR)
    assert dut.read16(RELOAD) == 0


def test_expiry_resets_the_device(dut: Bench) -> None:
    start(dut, lock=ENABLE | LOCKED)
    dut.advance(30 * TICK)
    assert (dut.read("cfg", CONFIG, 2), dut.read("cfg", LOCK, 1)) == (0, 0)


def test_the_lock_register_locks_itself(dut: Bench) -> None:
    start(dut, lock=ENABLE | LOCKED)
    dut.write("cfg", LOCK, 0, 1)
    assert dut.read("cfg", LOCK, 1) == ENABLE | LOCKED
    dut.reset()
    dut.write("cfg", LOCK, FREE_RUN, 1)
    assert dut.read("cfg", LOCK, 1) == FREE_RUN


def test_without_rebooting_nothing_comes_but_free_running_goes_on(dut: Bench) -> None:
    start(dut, 10, 20, FAST | NO_REBOOT, ENABLE | FREE_RUN)
    dut.advance(65 * TICK)
    dut.write("cfg", CONFIG, FAST, 2)
    dut.advance(100 * TICK)
    assert expirations(dut) == [90 * TICK]


def test_free_running_with_no_time_at_all_ends(dut: Bench) -> None:
    start(dut, 0, 0, FAST | NO_REBOOT, ENABLE | FREE_RUN)
    dut.advance(1000 * TICK)
    assert expirations(dut) == []


@pytest.mark.parametrize(("offset", "size"), [(CONFIG, 1), (CONFIG, 4), (LOCK, 2), (LOCK, 4)])
def test_configuration_registers_answer_their_own_size(dut: Bench, offset: int, size: int) -> None:
    dut.write("cfg", offset, 0x24, size)
    assert (dut.read("cfg", offset, size), dut.read("cfg", CONFIG, 2), dut.read("cfg", LOCK, 1)) == (0, 0, 0)


def test_configuration_registers_are_reached_through_the_host_bridge(dut: Bench) -> None:
    io = dut.machine.io
    io.write(0xCF8, 0x8000_0000 | 4 << 11 | CONFIG, 4)
    io.write(0xCFC, FAST | NO_REBOOT | 0xFFC0, 2)
    assert (io.read(0xCFC, 2), dut.read("cfg", CONFIG, 2)) == (FAST | NO_REBOOT, FAST | NO_REBOOT)
    io.write(0xCF8, 0x8000_0000 | 4 << 11 | LOCK, 4)
    io.write(0xCFC, ENABLE, 1)
    assert io.read(0xCFC, 1) == ENABLE
