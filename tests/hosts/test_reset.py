"""A reset of the machine: processors, chips and devices start again, on both hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest

from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.kvm import KvmHost
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig
from devgen.runtime.machine.project_devices import project_registry
from devgen.runtime.machine.run_result import RunResult

Host = Callable[[Machine], KvmHost | EmulatorHost]

HOSTS = [pytest.param(KvmHost, marks=pytest.mark.kvm, id="kvm"), pytest.param(EmulatorHost, id="emulator")]
BOOTS = 0x5000
LOAD = 0x7000
SPIN = b"\xeb\xfe"


def out(port: int, value: int) -> bytes:
    """Real-mode code: mov dx, port; mov al, value; out dx, al."""
    return b"\xba" + pack("<H", port) + b"\xb0" + bytes((value,)) + b"\xee"


RESETS: dict[str, bytes] = {
    "port 0xcf9": out(0xCF9, 6),
    "the ACPI reset register": out(0x600, 6),
    "the keyboard controller": out(0x64, 0xFE),
}


def program(again: bytes, boots: int = 3) -> bytes:
    """Count the starts in RAM and reset the machine by ``again``; at start ``boots`` exit with SCR of the UART."""
    body = again + SPIN
    code = b"\xfe\x06" + pack("<H", BOOTS)  # inc byte [BOOTS]
    code += b"\xba\xff\x03\xec"  # in al, 0x3ff: SCR, which a reset clears
    code += b"\x80\x3e" + pack("<HB", BOOTS, boots)  # cmp byte [BOOTS], boots
    end = b"\xba\xf4\x00\xee" + SPIN  # out 0xf4, al
    code += b"\x75" + bytes((len(end),)) + end  # jne over the end
    return code + out(0x3FF, 0x55) + out(0x21, 0x5A) + body


TRIPLE_FAULT = (
    b"\xfe\x05" + pack("<I", BOOTS)  # 32-bit code: inc byte [BOOTS]
    + b"\x80\x3d" + pack("<IB", BOOTS, 3) + b"\x75\x06"  # cmp byte [BOOTS], 3; jne to the ud2
    + b"\xb0\x00\xe6\xf4" + SPIN  # mov al, 0; out 0xf4, al
    + b"\x0f\x0b"  # ud2, without an interrupt table
)  # fmt: skip


def config(code: bytes, **changes: object) -> MachineConfig:
    devices = (
        DevicePlacement("com1", "serial16550", at={"ports": 0x3F8}, irq={"intr": 4}),
        DevicePlacement("power", "pc-power", at={"ports": 0x600}, on_event={"REBOOT": "reset", "POWER_OFF": "exit"}),
        DevicePlacement("keys", "keyboard-reset", at={"ports": 0x64}, on_event={"REBOOT": "reset"}),
        DevicePlacement("panic", "pvpanic-isa", at={"port": 0x505}, on_event={"GUEST_PANICKED": "panic"}),
        DevicePlacement("exit", "debug-exit", at={"ports": 0xF4}, on_event={"EXIT": "exit"}),
    )
    made = MachineConfig(ram=1 << 20, pci=True, devices=devices, guest=GuestConfig(code, LOAD), triple_fault="reset")
    return replace(made, **changes)  # type: ignore[arg-type]


def run(host: Host, made: MachineConfig) -> tuple[RunResult, int]:
    """The result and the number of starts."""
    with Machine(made, project_registry()) as machine, host(machine) as running:
        result = running.run(30)
        return result, machine.memory.read(BOOTS, 1)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("way", RESETS)
def test_the_guest_starts_again_with_devices_after_reset(host: Host, way: str) -> None:
    result, boots = run(host, config(program(RESETS[way])))
    assert (result.reason, result.code, boots) == ("exit", 0, 3), result


@pytest.mark.parametrize("host", HOSTS)
def test_a_board_may_end_its_run_at_a_reset(host: Host) -> None:
    result, boots = run(host, config(program(RESETS["port 0xcf9"]), on_reset="exit"))
    assert (str(result), boots) == ("exit code 0: the guest asked for a reset", 1)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("what", "reason", "boots"), [("shutdown", "shutdown", 1), ("reset", "exit", 3)])
def test_a_triple_fault_does_what_the_board_says(host: Host, what: str, reason: str, boots: int) -> None:
    guest = GuestConfig(TRIPLE_FAULT, LOAD, mode="protected")
    result, starts = run(host, config(b"", guest=guest, triple_fault=what))
    assert (result.reason, result.code, starts) == (reason, 0, boots)


@pytest.mark.parametrize("host", HOSTS)
def test_power_off_ends_with_code_0(host: Host) -> None:
    assert str(run(host, config(out(0x601, 5 << 2 | 1 << 5) + SPIN))[0]) == "exit code 0"


@pytest.mark.parametrize("host", HOSTS)
def test_a_panic_is_reported_as_one(host: Host) -> None:
    result, _ = run(host, config(out(0x505, 1) + SPIN))
    assert (str(result), result.code, result.ok) == ("panic: panic: GUEST_PANICKED", 1, False)


@pytest.mark.parametrize("host", HOSTS)
def test_the_interrupt_chips_are_as_after_power_on(host: Host) -> None:
    """The first start masks all lines but one; a new chip has no mask, and its mask register reads 0."""
    read_mask = b"\xe4\x21\xa2" + pack("<H", BOOTS + 1)  # in al, 0x21; mov [BOOTS + 1], al
    made = config(read_mask + program(RESETS["port 0xcf9"]))
    with Machine(made, project_registry()) as machine, host(machine) as running:
        assert running.run(30).reason == "exit"
        assert machine.memory.read(BOOTS + 1, 1) == 0


@pytest.mark.parametrize("host", HOSTS)
def test_the_timeout_counts_over_resets(host: Host) -> None:
    result, boots = run_for(host, config(out(0xCF9, 6) + SPIN), 1.0)
    assert result.reason == "timeout"
    assert boots >= 0


def run_for(host: Host, made: MachineConfig, seconds: float) -> tuple[RunResult, int]:
    with Machine(made, project_registry()) as machine, host(machine) as running:
        return running.run(seconds), machine.memory.read(BOOTS, 1)


@pytest.mark.parametrize("host", HOSTS)
def test_a_guest_that_cannot_be_loaded_again_is_one_line(host: Host, tmp_path: Path) -> None:
    image = tmp_path / "guest.bin"
    image.write_bytes(program(RESETS["port 0xcf9"]))
    made = config(b"", guest=GuestConfig(image, LOAD))
    with Machine(made, project_registry()) as machine, host(machine) as running:
        image.unlink()
        result = running.run(30)
    assert result.reason == "error"
    assert f"the machine cannot restart: cannot read guest image {image}: No such file" in str(result)


@pytest.mark.parametrize("host", HOSTS)
def test_processors_that_sleep_for_good_end_the_run_although_a_clock_ticks(host: Host) -> None:
    clock = DevicePlacement("rtc", "mc146818rtc", at={"ports": 0x70}, irq={"irq": 8})
    made = config(b"\xfa\xf4" + SPIN)  # cli; hlt
    result, _ = run(host, replace(made, devices=(*made.devices, clock)))
    assert (result.reason, "interrupts disabled" in result.detail) == ("halt", True)
