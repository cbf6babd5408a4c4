"""Exceptions of arm64 guests: handlers, syndromes, fault addresses, and accesses that devices do not take."""

import pytest
from arm64_assembly import (
    DATA_ABORT,
    DEVICE,
    ELR,
    ESR,
    EXECUTED,
    EXTERNAL,
    FAR,
    FETCH_ABORT,
    OFF,
    OFFSET,
    RAM,
    REFUSED,
    SPSR,
    STACK,
    START,
    UNALIGNED,
    VECTORS,
    WRITE,
    refusal,
)
from virt_parts import virt

EL1H = 0x3C5


@pytest.mark.parametrize(
    ("body", "syndrome", "after"),
    [
        ("svc #9", 0x5600_0009, 4),
        ("brk #1", 0xF200_0001, 0),
        (".word 0", 0x0200_0000, 0),
        ("ldaddal w1, w2, [x28]", 0x0200_0000, 0),
    ],
)
def test_what_the_handler_finds(body: str, syndrome: int, after: int) -> None:
    with virt(refusal(body)) as guest:
        assert guest.run().ok
        assert (guest.word(OFFSET), guest.word(ESR), guest.word(SPSR)) == (0x200, syndrome, EL1H)
        assert guest.word(ELR) == guest.word(64) + after


@pytest.mark.parametrize(
    ("body", "syndrome", "address"),
    [
        *REFUSED,
        ("ldr w1, [x27, #2]", DATA_ABORT | UNALIGNED, DEVICE + 2),
        ("strh w1, [x27, #1]", DATA_ABORT | UNALIGNED | WRITE, DEVICE + 1),
    ],
)
def test_what_device_memory_refuses(body: str, syndrome: int, address: int) -> None:
    with virt(refusal(body)) as guest:
        assert guest.run().ok
        assert (guest.word(OFFSET), guest.word(ESR), guest.word(FAR)) == (0x200, syndrome, address)
        assert guest.word(ELR) == guest.word(64)
        assert guest.device.log == []


def test_a_device_holds_no_instructions() -> None:
    with virt(refusal("br x27")) as guest:
        assert guest.run().ok
        assert (guest.word(ESR), guest.word(ELR), guest.word(FAR)) == (FETCH_ABORT | EXTERNAL, DEVICE, DEVICE)


@pytest.mark.parametrize("body", EXECUTED)
def test_what_device_memory_takes(body: str) -> None:
    with virt(refusal(body)) as guest:
        assert guest.run().ok
        assert (guest.word(OFFSET), guest.word(ESR), len(guest.device.log)) == (0, 0, 1)


@pytest.mark.parametrize(
    ("body", "log"),
    [
        ("ldr x1, [x27, #8]", (8, 8, None)),
        ("ldr w1, [x27, x0]", (0, 4, None)),
        ("ldurh w1, [x27, #6]", (6, 2, None)),
        ("ldrsb x1, [x27, #3]", (3, 1, None)),
        ("ldar w1, [x27]", (0, 4, None)),
        ("ldtr w1, [x27, #4]", (4, 4, None)),
        ("str xzr, [x27, #16]", (16, 8, 0)),
        ("strb w2, [x27, #5]", (5, 1, 0x88)),
        ("stlr w2, [x27]", (0, 4, 0x5566_7788)),
        ("stur x2, [x27, #8]", (8, 8, 0x1122_3344_5566_7788)),
    ],
)
def test_accesses_of_one_register_reach_the_device_whole(body: str, log: tuple[int, int, int | None]) -> None:
    source = f"{START}\n mov x0, #0\n ldr x2, =0x1122334455667788\n {body}\n str x1, [x28, #64]\n{OFF}{VECTORS}"
    with virt(source) as guest:
        assert guest.run().ok
        assert guest.device.log == [log]
        if log[2] is None:
            assert guest.word(64) == 0x0807060504030201 & ((1 << 8 * log[1]) - 1)


def test_a_pair_across_ram_and_device_stores_its_first_half_only() -> None:
    body = "ldr x1, =RAM + 0x100000 - 8\n mov x2, #5\n str x2, [x1]\n mov x3, #7\n stp x3, x3, [x1]"
    with virt(f"{START}{body}\n{OFF}{VECTORS}") as guest:
        assert guest.run().ok
        assert (guest.word(ESR), guest.word(FAR)) == (DATA_ABORT | EXTERNAL | WRITE, RAM + 0x10_0000)
        assert guest.word(0x10_0000 - 8) == 7


USER = """
        adr x0, user
        msr elr_el1, x0
        msr spsr_el1, xzr
        add x0, x28, #0x4000
        msr sp_el0, x0
        eret
user:
"""


@pytest.mark.parametrize(
    ("body", "offset", "syndrome"),
    [
        ("svc #3", 0x400, 0x5600_0003),
        ("hvc #0", 0x400, 0x0200_0000),
        ("ldp x1, x2, [x27]", 0x400, 0x9200_0010),
        ("mrs x0, s3_0_c12_c12_0", 0x400, 0x0200_0000),
        ("br x27", 0x400, 0x8200_0010),
    ],
)
def test_an_exception_from_level_0_changes_the_stack(body: str, offset: int, syndrome: int) -> None:
    with virt(f"{START}{USER}{body}\n{VECTORS}") as guest:
        assert guest.run().ok
        assert (guest.word(OFFSET), guest.word(ESR), guest.word(SPSR)) == (offset, syndrome, 0)
        assert guest.word(STACK) == RAM + 0x8000


@pytest.mark.parametrize(("allowed", "reads"), [(2, True), (1, False)])
def test_level_0_reads_the_counter_if_it_may(allowed: int, reads: bool) -> None:
    body = f"mov x0, #{allowed}\n msr cntkctl_el1, x0\n{USER} mrs x1, cntvct_el0\n svc #1\n"
    with virt(f"{START}{body}{VECTORS}") as guest:
        assert guest.run().ok
        assert (guest.word(ESR) == 0x5600_0001) is reads


def test_a_handler_with_the_other_stack_pointer() -> None:
    with virt(f"{START} msr spsel, #0\n add x0, x28, #0x4000\n mov sp, x0\n svc #1\n{VECTORS}") as guest:
        assert guest.run().ok
        assert (guest.word(OFFSET), guest.word(SPSR), guest.word(STACK)) == (0, 0x3C4, RAM + 0x8000)


MMU = """
        ldr x1, =RAM + 0xc000           // a table of blocks of 1 GiB
        ldr x2, =0x401                  // 0: the devices
        str x2, [x1]
        ldr x2, =RAM + 0x405            // 1: RAM
        str x2, [x1, #8]
        msr ttbr0_el1, x1
        ldr x2, =0xff00
        msr mair_el1, x2
        ldr x2, =25 | 1 << 23 | 2 << 32
        msr tcr_el1, x2
        isb
        mrs x2, sctlr_el1
        orr x2, x2, #1
        msr sctlr_el1, x2
        isb
"""


@pytest.mark.parametrize(
    ("body", "syndrome", "address"),
    [
        ("ldr x1, =0x80001238\n ldr x2, [x1]", 0x9600_0005, 0x8000_1238),
        ("ldr x1, =0x80001238\n str x2, [x1]", 0x9600_0045, 0x8000_1238),
        ("ldr x1, =0x80001238\n br x1", 0x8600_0005, 0x8000_1238),
        ("ldp x1, x2, [x27]", 0x9600_0410, 0),
        ("svc #2", 0x5600_0002, None),
    ],
)
def test_with_the_mmu_on(body: str, syndrome: int, address: int | None) -> None:
    with virt(f"{START}{MMU} ldr w1, [x27, #4]\n{body}\n{OFF}{VECTORS}") as guest:
        assert guest.run().ok
        assert guest.word(ESR) == syndrome
        assert address is None or guest.word(FAR) == address
        assert guest.device.log == [(4, 4, None)]


@pytest.mark.parametrize("body", ["svc #0", ".word 0", "ldr x0, =DEVICE\n br x0"])
def test_a_handler_that_is_not_in_memory_ends_the_run(body: str) -> None:
    with virt(f".set DEVICE, {DEVICE:#x}\n{body}\n") as guest:
        result = guest.run()
        text = "the guest takes an exception, and there is no memory at its handler, 0x200"
        assert (result.reason, result.detail) == ("error", text)
