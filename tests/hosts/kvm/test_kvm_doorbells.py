"""Doorbells on KVM_IOEVENTFD: ringing causes no exit and is heard; and late writes on the coalesced ring."""

import threading
import time
from collections.abc import Callable

import pytest
from kvm_code import SPIN, finish, rax, store64
from kvm_parts import Recorder, Rig, rig

from devgen.hosts.kvm import KvmHost
from devgen.hosts.kvm.coalesced_ring import ENTRIES
from devgen.hosts.kvm.kvm_error import KvmError
from devgen.runtime.memory.event_notifier import EventNotifier, IoEventFd
from devgen.runtime.memory.memory_region import MemoryRegion

MMIO = 0xD0000000
PORT = 0x300


class Bell:
    """A region with one doorbell, and what it heard."""

    def __init__(self, made: Rig, *, pio: bool, length: int, match: int | None) -> None:
        self.ops = Recorder()
        self.heard: list[int] = []
        self.doorbell = IoEventFd(0, length, match, EventNotifier(), self.heard.append)
        self.region = MemoryRegion.io("bell", 0x10, self.ops)
        self.region.ioeventfds.append(self.doorbell)
        root, address = (made.machine.io.root, PORT) if pio else (made.machine.memory.root, MMIO)
        root.add_subregion(address, self.region)

    @property
    def total(self) -> int:
        return sum(self.heard)


def ring(pio: bool, length: int, value: int, offset: int = 0) -> bytes:
    """64-bit code that writes ``value`` at the bell."""
    if not pio:
        return rax(value) + store64(MMIO + offset, length)
    out = {1: b"\xee", 2: b"\x66\xef", 4: b"\xef"}[length]
    return b"\x66\xba" + (PORT + offset).to_bytes(2, "little") + b"\xb8" + value.to_bytes(4, "little") + out


def run(made: Rig) -> KvmHost:
    with KvmHost(made.machine, count_exits=True) as host:
        result = host.run(10)
        assert result.ok, result
    return host


def place(pio: bool) -> tuple[str, int]:
    return ("io", PORT) if pio else ("mmio", MMIO)


CASES = [(True, length, match) for length in (1, 2, 4) for match in (None, 0x55)]
CASES += [(False, length, match) for length in (1, 2, 4, 8) for match in (None, 0x55)]
CASES += [(True, 0, None), (False, 0, None)]


@pytest.mark.parametrize(("pio", "length", "match"), CASES)
def test_ringing_causes_no_exit_and_is_heard(pio: bool, length: int, match: int | None) -> None:
    made = rig(ring(pio, length or 4, 0x55) * 3 + finish(), mode="long")
    bell = Bell(made, pio=pio, length=length, match=match)
    host = run(made)
    assert host.exits[place(pio)] == 0
    assert bell.total == 3
    assert bell.ops.log == []


@pytest.mark.parametrize("pio", [True, False])
def test_another_value_is_a_plain_write(pio: bool) -> None:
    made = rig(ring(pio, 2, 0x56) + finish(), mode="long")
    bell = Bell(made, pio=pio, length=2, match=0x55)
    host = run(made)
    assert host.exits[place(pio)] == 1
    assert (bell.total, bell.ops.log) == (0, [(0, 2, 0x56)])


@pytest.mark.parametrize("pio", [True, False])
def test_another_length_is_a_plain_write(pio: bool) -> None:
    made = rig(ring(pio, 1, 0x55) + finish(), mode="long")
    bell = Bell(made, pio=pio, length=2, match=None)
    run(made)
    assert (bell.total, bell.ops.log) == (0, [(0, 1, 0x55)])


@pytest.mark.parametrize("pio", [True, False])
def test_a_moved_region_takes_its_doorbell_along(pio: bool) -> None:
    code = ring(pio, 4, 1) + write_port_long(0x340) + ring(pio, 4, 1) + ring(pio, 4, 1, 0x20) * 2 + finish()
    made = rig(code, mode="long")
    bell = Bell(made, pio=pio, length=4, match=None)
    mover = Recorder()
    made.map_port(0x340, 1, mover)
    mover.on_write = lambda offset, size, value: bell.region.set_address((PORT if pio else MMIO) + 0x20)
    host = run(made)
    assert bell.total == 3
    assert host.exits[place(pio)] == 1  # at the old place, after the move
    kind, address = place(pio)
    assert host.exits[kind, address + 0x20] == 0


def write_port_long(port: int) -> bytes:
    return b"\x66\xba" + port.to_bytes(2, "little") + b"\xee"


def test_what_was_rung_before_a_move_is_delivered() -> None:
    made = rig(ring(False, 4, 1) * 5 + finish(), mode="long")
    bell = Bell(made, pio=False, length=4, match=None)
    with KvmHost(made.machine) as host:
        for _ in range(3):
            bell.doorbell.notifier.set()
        made.machine.memory.root.del_subregion(bell.region)
        assert bell.total == 3
        assert host.run(5).ok


def test_the_handler_holds_the_machines_lock_on_another_thread() -> None:
    made = rig(ring(False, 4, 1) + SPIN, mode="long")
    bell = Bell(made, pio=False, length=4, match=None)
    threads: list[tuple[str, bool]] = []

    def hear(count: int) -> None:
        threads.append((threading.current_thread().name, made.machine.lock.owned()))
        made.machine.request_exit(9)

    bell.region.del_ioeventfd(bell.doorbell)
    bell.region.add_ioeventfd(IoEventFd(0, 4, None, bell.doorbell.notifier, hear))
    with KvmHost(made.machine) as host:
        assert host.run(10).code == 9
    assert threads == [("devgen-events", True)]


def test_a_handler_that_fails_ends_the_run_in_one_line() -> None:
    made = rig(ring(False, 4, 1) + SPIN, mode="long")
    bell = Bell(made, pio=False, length=4, match=None)

    def fail(count: int) -> None:
        raise RuntimeError("broken device")

    bell.region.del_ioeventfd(bell.doorbell)
    bell.region.add_ioeventfd(IoEventFd(0, 4, None, bell.doorbell.notifier, fail))
    with KvmHost(made.machine) as host:
        result = host.run(10)
    assert (result.reason, result.detail) == ("error", "RuntimeError: broken device")


def test_two_that_collide_are_refused_by_the_kernel_too() -> None:
    made = rig()
    with KvmHost(made.machine) as host, pytest.raises(KvmError, match="EEXIST") as caught:
        for fd in (EventNotifier(), EventNotifier()):
            host.vm.ioeventfd(fd=fd.fileno(), address=MMIO, length=4, match=None, pio=False, assign=True)
            keep.append(fd)
    assert "doorbell at address 0xd0000000, length 4, any value" in str(caught.value)


keep: list[EventNotifier] = []


def test_a_doorbell_the_kernel_refuses_is_rung_by_exits(monkeypatch: pytest.MonkeyPatch) -> None:
    made = rig(ring(False, 4, 1) * 2 + finish(), mode="long")
    bell = Bell(made, pio=False, length=4, match=None)
    refuse = KvmError("KVM_IOEVENTFD", 28, "no more")

    def ioeventfd(*_: object, **__: object) -> None:
        raise refuse

    monkeypatch.setattr("devgen.hosts.kvm.vm.KvmVm.ioeventfd", ioeventfd)
    host = run(made)
    assert host.exits["mmio", MMIO] == 2
    assert bell.total == 2


def test_closing_the_host_leaves_the_address_space_to_ring() -> None:
    made = rig()
    bell = Bell(made, pio=False, length=4, match=None)
    KvmHost(made.machine).close()
    made.machine.memory.write(MMIO, 1, 4)
    assert bell.total == 1 or bell.doorbell.notifier.test_and_clear() == 1


# --- coalesced writes ---


def late(made: Rig, *, pio: bool, size: int = 0x10) -> Recorder:
    ops = Recorder()
    region = MemoryRegion.io("late", 0x20, ops)
    region.coalesced.append((0, size))
    root, address = (made.machine.io.root, PORT) if pio else (made.machine.memory.root, MMIO)
    root.add_subregion(address, region)
    return ops


@pytest.mark.parametrize("pio", [True, False])
def test_late_writes_come_before_the_next_exit(pio: bool) -> None:
    code = b"".join(ring(pio, 4, value, 4 * (value % 4)) for value in range(1, 9)) + ring(pio, 1, 99, 0x18) + finish()
    made = rig(code, mode="long")
    ops = late(made, pio=pio)
    host = run(made)
    assert [value for _, _, value in ops.log] == [*range(1, 9), 99]
    kind, address = place(pio)
    assert sum(host.exits[kind, address + offset] for offset in range(0, 0x10)) == 0


@pytest.mark.parametrize("length", [1, 2, 4, 8])
def test_late_writes_keep_their_length(length: int) -> None:
    made = rig(ring(False, length, 0x1122334455667788) + finish(), mode="long")
    ops = late(made, pio=False)
    run(made)
    assert ops.log == [(0, length, 0x1122334455667788 & (1 << 8 * length) - 1)]


def test_more_writes_than_the_ring_takes() -> None:
    made = rig(b"".join(ring(False, 4, value) for value in range(3 * ENTRIES)) + finish(), mode="long")
    ops = late(made, pio=False)
    host = run(made)
    assert [value for _, _, value in ops.log] == list(range(3 * ENTRIES))
    assert host.exits["mmio", MMIO] <= 3


def wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


def test_late_writes_arrive_though_the_guest_never_exits() -> None:
    made = rig(ring(False, 4, 7) + SPIN, mode="long")
    ops = late(made, pio=False)
    with KvmHost(made.machine) as host:
        runner = threading.Thread(target=host.run, args=(10,))
        runner.start()
        arrived = wait_for(lambda: bool(ops.log))
        host.stop()
        runner.join()
    assert arrived
    assert ops.log == [(0, 4, 7)]


def test_late_writes_arrive_when_the_run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devgen.runtime.machine.event_loop.BEAT", None)
    made = rig(ring(False, 4, 7) + SPIN, mode="long")
    ops = late(made, pio=False)
    with KvmHost(made.machine) as host:
        assert host.run(0.2).reason == "timeout"
        assert ops.log == [(0, 4, 7)]


def test_late_writes_come_before_a_doorbell_is_heard() -> None:
    made = rig(ring(False, 4, 7) + ring(True, 4, 1) + SPIN, mode="long")
    ops = late(made, pio=False)
    bell = Bell(made, pio=True, length=4, match=None)
    seen: list[int] = []

    def hear(count: int) -> None:
        seen.append(len(ops.log))
        made.machine.request_exit(0)

    bell.region.del_ioeventfd(bell.doorbell)
    bell.region.add_ioeventfd(IoEventFd(0, 4, None, bell.doorbell.notifier, hear))
    assert run(made).machine.exit_code == 0
    assert seen == [1]


def test_a_range_that_is_no_longer_coalesced_exits() -> None:
    made = rig(ring(False, 4, 1) + finish(), mode="long")
    ops = late(made, pio=False)
    with KvmHost(made.machine, count_exits=True) as host:
        region = next(region for region in made.machine.memory.root.subregions if region.name == "late")
        region.clear_coalesced()
        assert host.run(5).ok
        assert host.exits["mmio", MMIO] == 1
    assert ops.log == [(0, 4, 1)]
