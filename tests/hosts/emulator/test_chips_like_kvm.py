"""The emulator's PIC pair, IOAPIC, local APIC and PIT against the kernel's: the same guest on both hosts.

Left out, as one software KVM differs there from Linux' own: what is in service at the local APIC once an interrupt has
been taken (it is ended at once), and registers of the local APIC that do not exist.
"""

import ctypes
import fcntl
import struct

import pytest
from chip_program import In, Line, Message, Out, Read, Step, Take, Write, guest, prepare, run
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.kvm import KvmHost, unavailable

pytestmark = [pytest.mark.kvm, pytest.mark.skipif(unavailable() is not None, reason=f"KVM: {unavailable()}")]

LAPIC, IOAPIC = 0xFEE00000, 0xFEC00000
SVR, TPR, EOI, IRR = 0xF0, 0x80, 0xB0, 0x200

PIC: list[Step] = [
    *(Out(0x20, 0x11), Out(0xA0, 0x11), Out(0x21, 0x20), Out(0xA1, 0x28), Out(0x21, 4), Out(0xA1, 2)),
    *(Out(0x21, 1), Out(0xA1, 1), Out(0x21, 0), Out(0xA1, 0)),
]
APIC: list[Step] = [Out(0x21, 0xFF), Out(0xA1, 0xFF), Write(LAPIC + SVR, 0x1FF)]


def entry(pin: int, value: int, high: int = 0) -> list[Step]:
    """Write a redirection entry."""
    steps: list[Step] = []
    for index, word in ((0x11 + 2 * pin, high), (0x10 + 2 * pin, value)):
        steps += [Write(IOAPIC, index), Write(IOAPIC + 0x10, word)]
    return steps


def look(index: int) -> list[Step]:
    """Read a register of the IOAPIC."""
    return [Write(IOAPIC, index), Read(IOAPIC + 0x10)]


TAKE: list[Step] = [Take(), Write(LAPIC + EOI, 0)]
PENDING: list[Step] = [Read(LAPIC + IRR + 0x10 * n) for n in range(8)]
SEQUENCES: dict[str, list[Step]] = {
    "poll word": [*PIC, Line(5, 1), Out(0x20, 0xC), In(0x20), Out(0x20, 0xC), In(0x20), In(0x20)],
    "poll of the slave": [*PIC, Line(10, 1), Out(0xA0, 0xC), In(0xA0), Out(0xA0, 0xC), In(0xA0), In(0x20), Take()],
    "poll of the cascade": [*PIC, Line(8, 1), Out(0x20, 0xC), In(0x20), In(0x20), Line(9, 1), In(0x20)],
    "served and ended": [*PIC, Line(5, 1), In(0x20), Take(), Out(0x20, 0xB), In(0x20), Out(0x20, 0x20), In(0x20)],
    "cascade": [*PIC, Line(10, 1), Take(), Out(0xA0, 0xB), In(0xA0), Out(0x20, 0xB), In(0x20), Line(3, 1), Take()],
    "level withdrawn": [*PIC, Out(0x4D0, 0x20), Line(5, 1), Line(5, 0), Take(), Line(5, 1), Take(), In(0x20)],
    "edge kept": [*PIC, Line(5, 1), Line(5, 0), Take()],
    "edge while masked": [*APIC, *entry(14, 0x10081), Line(14, 1), Line(14, 0), *entry(14, 0x81), *PENDING, *TAKE],
    "edge while masked, still high": [
        *(*APIC, *entry(14, 0x10081), Line(14, 1), *entry(14, 0x81), *PENDING, *TAKE, Line(14, 1), *TAKE),
        *(Line(14, 0), Line(14, 1), *PENDING, *TAKE),
    ],
    "level while masked": [*APIC, *entry(14, 0x18081), Line(14, 1), *entry(14, 0x8081), *look(0x2C), *PENDING],
    "level withdrawn while masked": [
        *(*APIC, *entry(14, 0x18081), Line(14, 1), Line(14, 0), *entry(14, 0x8081), *look(0x2C), *PENDING, *TAKE),
    ],
    "edge becomes level": [*APIC, *entry(14, 0x81), Line(14, 1), *TAKE, *entry(14, 0x8081), *look(0x2C), *PENDING],
    "to another processor": [*APIC, *entry(14, 0x81, 5 << 24), Line(14, 1), *PENDING, *look(0x2D)],
    "entries keep what is written": [*entry(3, 0xFFFFFFFF, 0xFFFFFFFF), *look(0x16), *look(0x17), *look(0x40)],
    "identification": [*look(0), *look(1), *look(2), Write(IOAPIC + 0x10, 0), *look(0)],
    "task priority": [*APIC, Write(LAPIC + TPR, 0x50), Message(0x45), *TAKE, Message(0x65), *TAKE, *PENDING],
    "to itself": [*APIC, Write(LAPIC + 0x300, 0x40044), *PENDING, *TAKE, Read(LAPIC + 0x300)],
    "disabled": [Message(0x45), *PENDING, *APIC, *TAKE],
}
# Version, TPR, LDR, DFR, SVR, ICR high, LVTs but the timer's mode (the processors differ), divisor.
PLAIN = (0x30, 0x80, 0xD0, 0xE0, 0xF0, 0x310, 0x330, 0x340, 0x350, 0x360, 0x370, 0x3E0)
for value in (0, 0xFFFFFFFF):
    registers: list[Step] = [*APIC]
    for register in PLAIN:
        registers += [Read(LAPIC + register), *([Write(LAPIC + register, value)] if register != 0x30 else [])]
        registers.append(Read(LAPIC + register))
    SEQUENCES[f"registers written with {value:#x}"] = registers


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_gives_the_same(name: str) -> None:
    assert run(SEQUENCES[name], EmulatorHost) == run(SEQUENCES[name], KvmHost)


# --- any sequence --------------------------------------------------------------------------------

ports = st.sampled_from((0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1))
pic_values = st.one_of(
    st.sampled_from((0x11, 0x13, 0x20, 0x60, 0x61, 0x65, 0xA0, 0xC3, 0xE2, 0x0A, 0x0B, 0x0C, 0x68, 0x48, 0x80, 0x00)),
    st.integers(0, 255),
)
pic_steps = st.one_of(
    st.builds(Out, ports, pic_values),
    st.builds(In, ports),
    st.builds(Line, st.integers(0, 15), st.integers(0, 1)),
    st.just(Take()),
)
SLOW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@example([Take(), In(0x20), Line(0, 1), Out(0x20, 0x11), Take()])  # ICW1 leaves INTR as it was
@given(st.lists(pic_steps, min_size=5, max_size=60))
def test_any_accesses_to_the_pic_pair(steps: list[Step]) -> None:
    assert run([*PIC, *steps], EmulatorHost) == run([*PIC, *steps], KvmHost)


pins = st.sampled_from((14, 20))
apic_steps = st.one_of(
    st.builds(entry, pins, st.sampled_from((0x81, 0x10081, 0x71, 0x8191, 0x1A081, 0xA1))),
    st.builds(lambda pin: look(0x10 + 2 * pin), pins),
    st.builds(lambda pin, level: [Line(pin, level)], pins, st.integers(0, 1)),
    st.builds(lambda data: [Message(data)], st.sampled_from((0x45, 0x65, 0x0F, 0x1F3))),
    st.builds(lambda value: [Write(LAPIC + TPR, value)], st.sampled_from((0, 0x60, 0x85, 0xFF))),
    st.builds(lambda value: [Write(LAPIC + 0x300, value)], st.sampled_from((0x40044, 0x40155, 0x8F3, 0x44))),
    st.just(PENDING),
)


@SLOW
@given(st.lists(apic_steps, min_size=3, max_size=25))
def test_any_accesses_to_the_apics(groups: list[list[Step]]) -> None:
    steps = [*APIC, *(step for group in groups for step in group), *PENDING]
    assert run(steps, EmulatorHost) == run(steps, KvmHost)


# --- the interval timer: its count depends on time, so what else it holds is compared --------------------

_GET_PIT2 = 0x8070AE9F
_CHANNEL = struct.Struct("<IHBBBBBBBBBBq")


def kernels_pit(host: KvmHost) -> list[tuple[int, ...]]:
    """Of each channel, as `Channel.state` has it: start of the count, what is latched, access, mode, BCD, gate."""
    state = (ctypes.c_uint8 * 112)()
    fcntl.ioctl(host.vm.fd, _GET_PIT2, state)
    found = []
    for number in range(3):
        fields = _CHANNEL.unpack_from(bytes(state), 24 * number)
        count, _, count_latched, status_latched, _, _, writing, _, access, mode, bcd, gate, _ = fields
        found.append((count, bool(count_latched), status_latched, writing == 4, access, mode, bcd, gate))
    return found


def emulators_pit(host: EmulatorHost) -> list[tuple[int, ...]]:
    assert host.chip is not None
    return [channel.state() for channel in host.chip.pit.channels]


pit_steps = st.one_of(
    st.builds(Out, st.just(0x43), st.integers(0, 255)),
    st.builds(Out, st.sampled_from((0x40, 0x41, 0x42)), st.sampled_from((0, 1, 0x34, 0xFF))),
    st.builds(In, st.sampled_from((0x40, 0x41, 0x42))),
    st.builds(Out, st.just(0x61), st.integers(0, 3)),
)


@SLOW
@example([Out(0x43, 0), Out(0x43, 0), Out(0x43, 0x10)])  # a latched count stays
@example([Out(0x43, 0), Out(0x43, 0x10), In(0x40)])  # and is read by the access mode it was latched with
@given(st.lists(pit_steps, min_size=3, max_size=30))
def test_any_accesses_to_the_pit_leave_the_same_state(steps: list[Step]) -> None:
    # Each channel is programmed first: at power-on the kernel's have no access mode yet.
    steps = [*(Out(0x43, word) for word in (0x34, 0x74, 0xB6)), *steps]
    with prepare(steps) as machine, KvmHost(machine) as kernel:
        assert kernel.run(10).reason == "exit"
        expected = kernels_pit(kernel)
    with prepare(steps) as machine, EmulatorHost(machine) as emulator:
        assert emulator.run(10).reason == "exit"
        assert emulators_pit(emulator) == expected


def test_a_guest_has_a_result_for_each_read() -> None:
    assert guest([In(0x20), Out(0x20, 1), Take()])[1] == 2
