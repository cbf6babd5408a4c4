"""Whatever an arm64 guest executes, ``run`` ends in time with a result, and never raises."""

import struct
import time

import pytest
from arm64_assembly import CODE, RAM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devgen import DevicePlacement
from devgen.hosts.emulator import EmulatorHost
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, MachineConfig
from devgen.runtime.machine.project_devices import project_registry

BUDGET = 0.02
REASONS = {"exit", "halt", "timeout", "error"}
DEVICES = (
    DevicePlacement("uart", "pl011", at={"registers": 0x0900_0000}, irq={"intr": 1}),
    DevicePlacement("rtc", "pl031", at={"registers": 0x0901_0000}, irq={"intr": 2}),
    DevicePlacement("gpio", "pl061", at={"registers": 0x0903_0000}, irq={"intr": 7}),
    DevicePlacement("timer", "sp804", at={"registers": 0x0904_0000}, irq={"intr": 8}),
    DevicePlacement("card", "edu", slot=2),
)
PAGES = (0x0800_0000, 0x080A_0000, 0x080B_0000, 0x0808_0000, 0x0900_0000, 0x0901_0000, 0x0903_0000, 0x0904_0000)
BASES = (*PAGES, 0x3F01_0000, 0x3EFF_0000, 0x1000_0000, RAM + 0x1000, RAM + 0xF_FFF0, 1 << 39)
"""Registers x8 to x21 hold these addresses."""

SYSTEM = (
    (3, 0, 1, 0, 0),  # SCTLR_EL1
    (3, 0, 2, 0, 0),  # TTBR0_EL1
    (3, 0, 2, 0, 2),  # TCR_EL1
    (3, 0, 4, 0, 0),  # SPSR_EL1
    (3, 0, 4, 0, 1),  # ELR_EL1
    (3, 0, 12, 0, 0),  # VBAR_EL1
    (3, 3, 4, 2, 1),  # DAIF
    (3, 0, 4, 2, 0),  # SPSel
    (3, 0, 4, 6, 0),  # ICC_PMR_EL1
    (3, 0, 12, 11, 5),  # ICC_SGI1R_EL1
    (3, 0, 12, 12, 0),  # ICC_IAR1_EL1
    (3, 0, 12, 12, 1),  # ICC_EOIR1_EL1
    (3, 0, 12, 12, 4),  # ICC_CTLR_EL1
    (3, 0, 12, 12, 7),  # ICC_IGRPEN1_EL1
    (3, 3, 14, 3, 0),  # CNTV_TVAL_EL0
    (3, 3, 14, 3, 1),  # CNTV_CTL_EL0
    (3, 3, 14, 0, 2),  # CNTVCT_EL0
    (3, 0, 14, 1, 0),  # CNTKCTL_EL1
)
PIECES = (
    0xD503_207F,  # wfi
    0xD400_0002,  # hvc #0
    0xD400_0003,  # smc #0
    0xD400_0001,  # svc #0
    0xD69F_03E0,  # eret
    0xD503_42FF,  # msr daifclr, #2
    0xD503_3FDF,  # isb
    0x1400_0000,  # b .
    0xD508_871F,  # tlbi vmalle1
)

VALUE = st.integers(0, 7)
BASE = st.integers(8, 7 + len(BASES))
SMALL = st.integers(0, 511)


def single(form: int, value: int, base: int, offset: int) -> int:
    """LDR or STR of one register: all widths, with an unsigned offset or with writeback."""
    width, load, writes_back = form & 3, form >> 2 & 1, form >> 3 & 1
    if writes_back:
        return 0x3800_0400 | width << 30 | load << 22 | offset << 12 | base << 5 | value
    return 0x3900_0000 | width << 30 | load << 22 | offset << 10 | base << 5 | value


def multiple(kind: int, value: int, base: int) -> int:
    """LDP, STP, LDR Q, STR D, LDXR, STXR, LDAR, DC ZVA, and LDADD, which a Cortex-A72 does not have."""
    word = (
        0xA940_0000,
        0xA900_0400,
        0x3DC0_0000,
        0xFD00_0000,
        0xC85F_7C00,
        0xC800_7C00,
        0x88DF_FC00,
        0xD50B_7420,
        0xF820_0000,
    )[kind]
    return word & ~0x1F | value if word == 0xD50B_7420 else word | base << 5 | value


def system(read: bool, register: tuple[int, int, int, int, int], value: int) -> int:
    """MRS or MSR."""
    op0, op1, crn, crm, op2 = register
    return 0xD510_0000 | int(read) << 21 | (op0 - 2) << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | value


def moved(value: int, number: int) -> int:
    """MOVZ: 16 bits, at each of their places."""
    return 0xD280_0000 | (number >> 16 & 3) << 21 | (number & 0xFFFF) << 5 | value


words = st.one_of(
    st.builds(single, st.integers(0, 15), VALUE, BASE, SMALL),
    st.builds(multiple, st.integers(0, 8), VALUE, BASE),
    st.builds(system, st.booleans(), st.sampled_from(SYSTEM), VALUE),
    st.builds(moved, VALUE, st.integers(0, (1 << 18) - 1)),
    st.sampled_from(PIECES),
    st.integers(0, (1 << 32) - 1),
)


def start() -> list[int]:
    """Load the bases, and a stack pointer."""
    loads = []
    for register, address in enumerate(BASES, 8):
        parts = [address >> 16 * n & 0xFFFF for n in range(4)]
        loads += [(0xF280_0000 if n else 0xD280_0000) | n << 21 | part << 5 | register for n, part in enumerate(parts)]
    return [*loads, 0x9100_027F]  # mov sp, x19


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(words, max_size=60))
def test_any_guest_ends_with_a_result(code: list[int]) -> None:
    run_any(code)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(words, max_size=60))
def test_many_guests_end_with_a_result(code: list[int]) -> None:
    run_any(code)


def run_any(code: list[int]) -> None:
    image = struct.pack(f"<{len(code)}I", *code)
    guest = GuestConfig(struct.pack(f"<{len(start())}I", *start()) + image, CODE)
    config = MachineConfig(type="virt", ram=1 << 20, pci=True, guest=guest, devices=DEVICES, on_reset="exit")
    with Machine(config, project_registry()) as machine, EmulatorHost(machine) as host:
        started = time.monotonic()
        result = host.run(BUDGET)
        assert result.reason in REASONS, result
        assert "\n" not in result.detail
        assert time.monotonic() - started < 10
