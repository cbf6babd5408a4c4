"""The catalogue's Arm devices on an arm64 machine of the emulator, with a world that acts while the guest sleeps."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from arm64_assembly import CODE, GIC, OFF, RAM, START, asm64

from devgen import DevicePlacement
from devgen.hosts.emulator import EmulatorHost
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, MachineConfig
from devgen.runtime.machine.project_devices import project_registry
from devgen.runtime.machine.run_result import RunResult

SLEEP = """
        mov w1, #(1 << 1 | 1 << 7)      // SPI 1 and SPI 7
        str w1, [x26, #0x104]
1:      ldr w1, [x28, #128]
        cbnz w1, 2f
        wfi
        msr daifclr, #2
        isb
        msr daifset, #2
        b 1b
2:
"""

INTERRUPT = """
        b .
        .ltorg
        .balign 2048
vectors:
        .org vectors + 0x280
        mrs x10, s3_0_c12_c12_0
        {serve}
        msr s3_0_c12_c12_1, x10
        eret
        .ltorg
"""

# UART: what comes in goes out again; 'q' ends the guest.
ECHO = """
        ldr w1, =0x301
        str w1, [x27, #0x30]            // CR
        mov w1, #0x10
        str w1, [x27, #0x38]            // IMSC: receive
        ldr x26, =GICD
"""
SERVE_UART = """
1:      ldr w11, [x27, #0x18]           // FR
        tbnz w11, #4, 2f                // RXFE
        ldr w11, [x27]
        str w11, [x27]
        cmp w11, #'q'
        b.ne 1b
        str w11, [x28, #128]
2:
"""

EDGE = """
        ldr x25, =0x09030000
        mov w1, #8
        str w1, [x25, #0x40c]           // GPIOIEV: rising
        str w1, [x25, #0x410]           // GPIOIE
        ldr x26, =GICD
"""
SERVE_GPIO = """
        ldr w11, [x25, #0x418]          // GPIOMIS
        str w11, [x25, #0x41c]          // GPIOIC
        ldr w12, [x25, #0x418]
        str w10, [x28, #64]
        str w11, [x28, #128]
"""


DEVICES = (
    DevicePlacement("uart", "pl011", at={"registers": 0x0900_0000}, irq={"intr": 1}, streams={"serial": "memory"}),
    DevicePlacement("gpio", "pl061", at={"registers": 0x0903_0000}, irq={"intr": 7}),
)


@contextmanager
def running(setup: str, serve: str) -> Iterator[tuple[Machine, Callable[[], RunResult]]]:
    source = START + GIC + setup + SLEEP + OFF + INTERRUPT.format(serve=serve)
    config = MachineConfig(
        type="virt",
        ram=1 << 20,
        guest=GuestConfig(asm64(source), CODE),
        devices=(
            DevicePlacement(
                "uart", "pl011", at={"registers": 0x0900_0000}, irq={"intr": 1}, streams={"serial": "memory"}
            ),
            DevicePlacement("gpio", "pl061", at={"registers": 0x0903_0000}, irq={"intr": 7}),
        ),
    )
    with Machine(config, project_registry()) as machine, EmulatorHost(machine) as host:
        yield machine, lambda: host.run(20)


def later(machine: Machine, act: Callable[[], object]) -> None:
    """Call ``act`` under the machine's lock, while the guest runs."""

    def locked() -> None:
        time.sleep(0.1)
        with machine.lock:
            act()

    threading.Thread(target=locked, daemon=True).start()


@pytest.mark.parametrize("text", [b"q", b"hello q"])
def test_a_uart_receives_by_interrupt_and_sends(text: bytes) -> None:
    with running(ECHO, SERVE_UART) as (machine, run):
        later(machine, lambda: machine.devices["uart"].streams["serial"].receive(text))
        assert run().ok
        assert bytes(machine.backends["uart", "serial"].data) == text  # type: ignore[attr-defined]


def test_a_line_that_the_host_drives_is_an_edge() -> None:
    with running(EDGE, SERVE_GPIO) as (machine, run):
        later(machine, lambda: machine.devices["gpio"].gpio_in["input[3]"].set(1))
        assert run().ok
        word = lambda offset: int.from_bytes(machine.memory.read_bytes(RAM + offset, 4), "little")  # noqa: E731
        assert (word(64), word(128)) == (32 + 7, 1 << 3)
