"""The guests take spurious interrupts and edges from before a timer was set, as they come on real hosts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from devgen.api.board_configuration import board_configuration
from devgen.hosts.emulator import EmulatorHost
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.run_result import RunResult

WITH_PIC = ("small-pc", "pl031-alarm", "sp804-timer", "pl011-uart", "pl061-gpio", "hpet-periodic", "pci-cards")
SPURIOUS = {
    0x27: b"\xcf",  # iret
    0x2F: b"\x50\xb0\x20\xe6\x20\x58\xcf",  # push ax; mov al, 0x20; out 0x20, al; pop ax; iret
}
"""Vectors of lines 7 and 15 of the PIC pair, and their handlers: the master's end of interrupt is due for 15 only."""

PIT_CONTROL = 0x43
RTC_INDEX = 0x70
NEXT_STEP = 77


@pytest.fixture
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    with Machine(board_configuration(request.param), Registry(), log=lambda _line: None) as made:
        yield made


def run(machine: Machine) -> RunResult:
    with EmulatorHost(machine) as host:
        return host.run(30)


@pytest.mark.parametrize("machine", WITH_PIC, indirect=True)
def test_spurious_interrupts_of_both_pics_have_handlers(machine: Machine) -> None:
    assert run(machine).ok
    assert machine.ram is not None
    table = machine.ram.view[:0x400].cast("I")
    for vector, code in SPURIOUS.items():
        address = (table[vector] >> 16) * 16 + (table[vector] & 0xFFFF)
        assert machine.ram.view[address : address + len(code)] == code


def test_an_edge_of_the_timer_from_before_its_count_was_loaded_is_no_tick() -> None:
    """The PIT's output may rise when its mode is set. On a manual clock its ticks are never late, so one more shows."""
    config = replace(board_configuration("small-pc"), clock="manual")
    with Machine(config, Registry(), log=lambda _line: None) as machine:
        line = machine.devices["hpet"].irqs["irq[0]"]

        class Watch:
            def before(self, write: bool, offset: int, size: int, value: int) -> None:
                if write and offset == PIT_CONTROL:
                    line.set(0)
                    line.pulse()
                elif offset == RTC_INDEX:
                    machine.request_exit(NEXT_STEP)

            def after(self, write: bool, offset: int, size: int, value: int) -> None:
                pass

        machine.io.observer = Watch()
        result = run(machine)
        assert (result.reason, result.code) == ("exit", NEXT_STEP)
