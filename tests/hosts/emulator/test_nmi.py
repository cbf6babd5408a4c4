"""Non-maskable interrupts: from the interrupt command, from messages, and from a board's wire; on both CPU hosts."""

from collections.abc import Callable

import pytest
from emulator_parts import Rig, asm, rig
from test_exceptions import EXIT, GATES, START, handler

from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.kvm import KvmHost, unavailable
from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.irq_line import IrqLine
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig
from devgen.runtime.machine.run_result import RunResult
from devgen.runtime.time.timer import Timer

kvm = pytest.param(
    KvmHost,
    marks=[pytest.mark.kvm, pytest.mark.skipif(unavailable() is not None, reason=f"KVM: {unavailable()}")],
    id="kvm",
)
BOTH = pytest.mark.parametrize("host", [pytest.param(EmulatorHost, id="emulator"), kvm])

COUNT = "h2: inc %ebp\niret\n"
RESULT = f"mov %ebp, %eax{EXIT}"


def run(source: str, host: Callable[[Machine], EmulatorHost | KvmHost], connect: Callable[[Rig], None]) -> RunResult:
    with rig(asm(START + handler(2, "h2") + source + GATES, 32), mode="protected", irqchip="kernel") as r:
        connect(r)
        with host(r.machine) as running:
            return running.run(10)


def nmi_wire(r: Rig) -> None:
    """A write to port 0x300 sets the level of a line on the NMI wire."""
    line = IrqLine("bark")
    line.connect(r.machine.nmi.source(0))
    r.map_port(0x300).on_write = lambda offset, size, value: line.set(value & 1)


def raise_by(port: str = "$1") -> str:
    return f"mov {port}, %al\nmov $0x300, %edx\nout %al, %dx\n"


def test_the_interrupt_command_sends_an_nmi_with_interrupts_off() -> None:
    command = "movl $0x1ff, 0xfee000f0\nmovl $0, 0xfee00310\nmovl $0x400, 0xfee00300\nnop\nnop\n"
    assert run(command + RESULT + COUNT, EmulatorHost, lambda r: None).code == 1


@pytest.mark.parametrize(("data", "count"), [(0x400, 1), (0x4400, 1), (0x500, 0), (0x200, 0)])
def test_a_message_may_be_an_nmi(data: int, count: int) -> None:
    def connect(r: Rig) -> None:
        sinks = r.machine.message_sinks
        r.map_port(0x300).on_write = lambda offset, size, value: [sink(0xFEE00000, data) for sink in sinks] and None

    assert run(raise_by() + "nop\n" + RESULT + COUNT, EmulatorHost, connect).code == count


def test_each_rising_edge_of_the_wire_is_one_nmi() -> None:
    edges = (raise_by("$1") + "nop\n") * 2 + raise_by("$0") + "nop\n" + raise_by("$1") + "nop\nnop\n"
    assert run(edges + RESULT + COUNT, EmulatorHost, nmi_wire).code == 2


# Ends the run in the handler: not every KVM emulates IRET.
END = f"h2: mov $0x21, %al{EXIT}"


@BOTH
def test_a_device_raises_an_nmi_while_the_guest_runs(host: Callable[[Machine], EmulatorHost | KvmHost]) -> None:
    assert run(raise_by() + "1: jmp 1b\n" + END, host, nmi_wire).code == 0x21


@BOTH
def test_an_nmi_wakes_a_halted_processor(host: Callable[[Machine], EmulatorHost | KvmHost]) -> None:
    """A device's timer raises it while the guest sleeps with interrupts off."""

    def connect(r: Rig) -> None:
        line = IrqLine("bark")
        line.connect(r.machine.nmi.source(0))
        timer = Timer(r.machine.clocks.virtual, lambda: line.set(1))
        r.map_port(0x300).on_write = lambda offset, size, value: timer.arm_in(20_000_000)

    assert run(raise_by() + "1: hlt\njmp 1b\n" + END, host, connect).code == 0x21


@BOTH
def test_an_nmi_that_came_before_the_host_is_not_lost(host: Callable[[Machine], EmulatorHost | KvmHost]) -> None:
    def connect(r: Rig) -> None:
        line = IrqLine("bark")
        line.connect(r.machine.nmi.source(0))
        line.set(1)

    # It comes before the first instruction, where there is no table yet: the processor shuts down.
    result = run("1: jmp 1b\n" + END, host, connect)
    assert result.reason == "shutdown"


def test_an_nmi_in_the_handler_of_one_waits_for_its_iret() -> None:
    """The handler raises two more: they are one, taken behind the first handler's IRET and not before."""
    nested = "h2: inc %ebp\ncmp $1, %ebp\njne 1f\n" + (raise_by("$0") + raise_by("$1")) * 2
    nested += "cmp $1, %ebp\nje 1f\nmov $0x80, %ebp\n1: iret\n"
    assert run(raise_by() + "nop\nnop\n" + RESULT + nested, EmulatorHost, nmi_wire).code == 2


def test_an_nmi_waits_for_the_instruction_behind_a_load_of_ss() -> None:
    code = "mov $0x10, %ecx\nmov $1, %al\nmov $0x300, %edx\nout %al, %dx\nmov %ecx, %ss\nmov $0x5800, %esp\nnop\n"
    assert run(code + RESULT + COUNT, EmulatorHost, nmi_wire).code == 1


class Watchdog(Device):
    """A device with one line, high from the start."""

    NAME = "watchdog"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.bark = self.add_gpio_out("bark", 1)


def board(irqchip: str) -> MachineConfig:
    image = asm(START + handler(2, "h2") + "nop\n" + RESULT + COUNT + GATES, 32)
    return MachineConfig(
        ram=1 << 20,
        irqchip=irqchip,  # type: ignore[arg-type]
        guest=GuestConfig(image, 0x7000, 0x7000, "protected"),
        devices=(DevicePlacement("dog", "watchdog", wires={"bark": "nmi"}),),
    )


def registry() -> Registry:
    made = Registry()
    made.add(Watchdog)
    return made


def test_a_board_wires_a_line_to_nmi() -> None:
    with Machine(board("kernel"), registry()) as machine:
        heard: list[int] = []
        machine.connect_nmi(lambda: heard.append(1))
        assert heard == [1]
        machine.devices["dog"].gpio_out["bark"].set(0)
        machine.devices["dog"].gpio_out["bark"].set(1)
        assert heard == [1, 1]


def test_a_board_without_controllers_refuses_the_wire() -> None:
    with pytest.raises(MachineError, match="a wire to 'nmi' needs a PC with `irqchip: kernel`"):
        Machine(board("none"), registry())
