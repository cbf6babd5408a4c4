"""Whatever a guest executes and its devices answer, ``run`` ends in time with a result, and never raises."""

import time

import pytest
from emulator_parts import Log, Rig, rig
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devgen.hosts.emulator.x86.emulated_chips import IrqChip
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.time.clock import VirtualClock

BUDGET = 0.02
REASONS = {"exit", "halt", "shutdown", "timeout", "error"}

# Pieces that get somewhere: port and memory accesses, interrupts, flags, stack and table registers, jumps.
PIECES = (
    b"\xe4\xe0",  # in al, 0xe0
    b"\xe7\xe1",  # out 0xe1, eax
    b"\xf3\x6c",  # rep insb
    b"\xf3\x6f",  # rep outsd
    b"\xfb",  # sti
    b"\xfa",  # cli
    b"\xf4",  # hlt
    b"\xcd\x20",  # int 0x20
    b"\xcc",  # int3
    b"\xcf",  # iret
    b"\x9d",  # popf
    b"\x17",  # pop ss
    b"\xf7\xf1",  # div ecx
    b"\x0f\x01\x16\x00\x50",  # lgdt
    b"\x0f\x01\x1e\x00\x50",  # lidt
    b"\x0f\x22\xc0",  # mov cr0, eax
    b"\x0f\x22\xd8",  # mov cr3, eax
    b"\x0f\x22\xe0",  # mov cr4, eax
    b"\x0f\x30",  # wrmsr
    b"\x0f\xa2",  # cpuid
    b"\x0f\x0b",  # ud2
    b"\xa3\x00\x00\x00\xd0",  # mov [0xd0000000], eax
    b"\xa1\x00\x00\x00\xd0",  # mov eax, [0xd0000000]
    b"\xb8\x11\x00\x00\x80",  # mov eax, PG | ET | PE
    b"\xb8\x11\x00\x00\x00",  # mov eax, ET | PE
    b"\xb9\x80\x00\x00\xc0",  # mov ecx, EFER
    b"\xb0\x11\xe6\x20\xb0\x20\xe6\x21",  # start of a PIC's initialisation
    b"\xb0\x34\xe6\x43\xe6\x40\xe6\x40",  # the PIT, periodic
    b"\xea\x00\x70\x00\x00\x08\x00",  # far jump
    b"\xeb\xfe",  # jmp $
)

guests = st.one_of(
    st.binary(min_size=1, max_size=200),
    st.lists(st.one_of(st.sampled_from(PIECES), st.binary(min_size=1, max_size=4)), max_size=40).map(b"".join),
)


def furnish(r: Rig) -> None:
    """Devices that raise lines, move and lie."""
    levels = [0]

    def toggle(_offset: int, _size: int) -> int:
        levels[0] ^= 1
        for sink in r.machine.gsi_sinks:
            sink(5, levels[0])
        return 0xA5

    port = r.map_port(0xE0)
    port.answer = toggle
    mmio = r.map_mmio(0xD0000000, 0x800)
    mmio.answer = toggle
    r.add_ram(0xD0001000, rom=True)
    r.add_region(0xD0002000, MemoryRegion.io("late", 0x1000, Log())).add_coalesced(0, 0x100)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["real", "protected", "long"])
@pytest.mark.parametrize("irqchip", ["kernel", "none"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(code=guests)
def test_any_code_ends_in_time_with_a_result(mode: str, irqchip: str, code: bytes) -> None:
    with rig(code or b"\xf4", mode=mode, irqchip=irqchip) as r:
        furnish(r)
        started = time.monotonic()
        result = r.run(BUDGET)
        assert result.reason in REASONS
        assert time.monotonic() - started < 5
        assert "\n" not in result.detail


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    accesses=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 0xFFFF), st.integers(0, (1 << 64) - 1)), max_size=30)
)
def test_the_chips_take_any_access(accesses: list[tuple[int, int, int]]) -> None:
    clock = VirtualClock()
    chip = IrqChip(clock, lambda: None)
    ports = (0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1, 0x40, 0x41, 0x42, 0x43, 0x61)
    for kind, place, value in accesses:
        size = (1, 2, 4, 8)[place & 3]
        low = value & ((1 << 8 * size) - 1)
        match kind:
            case 0:
                chip.write_port(ports[place % len(ports)], low, size)
                assert 0 <= chip.read_port(ports[place % len(ports)], size) < 1 << 32
            case 1:
                chip.write_memory(0xFEE00000 + place % 0x1000, low, size)
                assert 0 <= chip.read_memory(0xFEE00000 + place % 0x1000, size) < 1 << 8 * size
            case 2:
                chip.write_memory(0xFEC00000 + place % 0x20, low, size)
                assert 0 <= chip.read_memory(0xFEC00000 + place % 0x20, size) < 1 << 8 * size
            case 3:
                chip.set_gsi(place % 32, value & 1)
                chip.signal_msi(value, place)
        clock.run_until(clock.now() + place * 1000, 50)
        if chip.pending():
            assert 0 <= chip.acknowledge() <= 255
    chip.close()
