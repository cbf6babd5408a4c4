"""A guest that makes drawn accesses, on a machine whose world moves between them: x86 in real mode, or arm64.

Each step of the world is a write to a second device, the conductor, which tells its number by an event. So the steps of
the guest and those of the world have one order on every host.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import pack
from typing import Any, Literal

from generated_code import class_of, described_in
from generated_descriptions import DONE, MARK
from generated_steps import Advance, Drive, Place, Read, Receive, Reset, Shown, Step, Take, Write, as_shown

from devgen.hosts.bench.output_taker import OutputTaker
from devgen.hosts.bench.placing import place_bars
from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.kvm import KvmHost
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig
from devgen.runtime.observe.journal import Journal
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import VirtualClock

Host = Callable[[Machine], KvmHost | EmulatorHost]

PORTS, MEMORY, CONDUCTOR = 0xC000, 0xA0000, 0x500
RAM = 0x80000
CODE, VALUES, SCRATCH = 0x7000, 0x5000, 0x6000
BASES: dict[Place, int] = {"ports": PORTS, "bank": 0, "store": 0x1000}

CONDUCTING = """
device: conductor
title: Tells which step of the world is next
bus: sysbus
regions:
  ports:
    space: SPACE
    size: 4
    registers:
      NEXT: {at: 0, width: 16, access: wo, on_write: STEP(n=value)}
events:
  STEP: {n: 16}
"""


# --- the guest's code -----------------------------------------------------------------------------


def program(steps: list[Step], first: int, marks: Callable[[int], bool]) -> bytes:
    """Code that makes the steps, numbered from ``first``, then writes DONE. It keeps what it reads at VALUES."""
    code = b"\x31\xc0\x8e\xd8\xb8\x00\xa0\x8e\xc0"  # xor ax,ax; mov ds,ax; mov ax,0xa000; mov es,ax
    for number, step in enumerate(steps, first):
        code += _step(step, number)
        if marks(number):
            code += _out(PORTS + MARK, 1, number)
    return code + _out(PORTS + DONE, 4, 0) + b"\xf4"


def _step(step: Step, number: int) -> bytes:
    match step:
        case Read(place, offset, size):
            return _load(place, BASES[place] + offset, size, VALUES + 8 * number)
        case Write("ports", offset, size, value):
            return _out(PORTS + offset, size, value)
        case Write(place, offset, size, value):
            return _store(BASES[place] + offset, size, value)
        case _:
            return _out(CONDUCTOR, 2, number)


def _out(port: int, size: int, value: int) -> bytes:
    """Load eax with an immediate, dx with the port, then out dx, al/ax/eax."""
    return b"\x66\xb8" + pack("<I", value) + b"\xba" + pack("<H", port) + {1: b"\xee", 2: b"\xef", 4: b"\x66\xef"}[size]


def _load(place: Place, address: int, size: int, result: int) -> bytes:
    """Read a port, or memory through es, and store what was read at ds:result."""
    at = pack("<H", address)
    if place == "ports":
        read = b"\xba" + at + {1: b"\xec", 2: b"\xed", 4: b"\x66\xed"}[size]
    elif size == 8:
        return b"\x26\x0f\x6f\x06" + at + b"\x0f\x7f\x06" + pack("<H", result)  # movq mm0, es:[at]; movq [result], mm0
    else:
        read = {1: b"\x26\xa0", 2: b"\x26\xa1", 4: b"\x66\x26\xa1"}[size] + at
    return read + b"\x66\xa3" + pack("<H", result)


def _store(address: int, size: int, value: int) -> bytes:
    at = pack("<H", address)
    if size == 8:
        halves = pack("<Q", value)
        load = b"".join(
            b"\x66\xc7\x06" + pack("<H", SCRATCH + at) + halves[at : at + 4] for at in (0, 4)
        )  # mov dword [SCRATCH + at], half
        return load + b"\x0f\x6f\x06" + pack("<H", SCRATCH) + b"\x26\x0f\x7f\x06" + at  # movq es:[at], mm0
    store = {1: b"\x26\xa2", 2: b"\x26\xa3", 4: b"\x66\x26\xa3"}[size]
    return b"\x66\xb8" + pack("<I", value) + store + at


# --- the machine ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Processor:
    """A kind of guest: its code for steps, its machine, and where the card's BARs and the values read are."""

    program: Callable[[list[Step], int, Callable[[int], bool]], bytes]
    config: Mapping[str, Any]
    space: Literal["pio", "mmio"]
    code: int
    conductor: int
    memory: int
    values: int


REAL_MODE = Processor(program, {"irqchip": "none"}, "pio", CODE, CONDUCTOR, MEMORY, VALUES)


@dataclass
class World:
    """The machine of a guest, and what happens to it between the guest's accesses."""

    machine: Machine
    processor: Processor
    card: PciDevice
    steps: list[Step]
    first: int

    def __post_init__(self) -> None:
        clock = self.machine.clocks.virtual
        assert isinstance(clock, VirtualClock)
        self.clock = clock
        self.taker = OutputTaker(self.card.streams["line"])

    def conducted(self, device: str, event: str, values: dict[str, int]) -> None:
        """The guest has reached a step of the world."""
        if (device, event) == ("conductor", "STEP"):
            self.carry_out(self.steps[values["n"] - self.first])

    def carry_out(self, step: Step) -> None:
        match step:
            case Advance(ns):
                self.clock.advance(ns)
            case Drive(level):
                self.card.gpio_in["button"].set(level)
            case Receive(data):
                self.card.streams["line"].receive(data)
            case Take(count):
                self.taker.take(count)
            case Reset():
                self.machine.reset()
                place(self.card, self.processor)
            case _:
                raise AssertionError(step)


def place(card: PciDevice, processor: Processor) -> None:
    """Place the BARs as the processor's program expects them."""
    place_bars(card, {"0": PORTS, "1": processor.memory})


def conductor(folder: Path, processor: Processor = REAL_MODE) -> type[Device]:
    """The conductor's class."""
    found: type[Device] = class_of(described_in(CONDUCTING.replace("SPACE", processor.space), folder))
    return found


@contextmanager
def machine_of(
    device: type[PciDevice],
    conducting: type[Device],
    steps: list[Step],
    first: int,
    marks: Callable[[int], bool],
    processor: Processor,
) -> Iterator[World]:
    """A machine whose guest makes the steps."""
    guest = GuestConfig(processor.program(steps, first, marks), processor.code, processor.code)
    with Machine(MachineConfig(ram=RAM, pci=True, guest=guest, clock="manual", **processor.config)) as machine:
        card = machine.add_device(DevicePlacement("drawn", device.NAME, slot=4, on_event={"END": "exit"}), device)
        machine.add_device(DevicePlacement("conductor", "conductor", at={"ports": processor.conductor}), conducting)
        assert isinstance(card, PciDevice)
        place(card, processor)
        machine.clocks.virtual.settle()
        world = World(machine, processor, card, steps, first)
        machine.event_sinks.append(world.conducted)
        yield world


def run(host: Host, world: World, saved: Json = None) -> tuple[list[int], Shown, Json]:
    """Run the guest: the values that it has read, the outputs of the card in order, and the state at its end."""
    machine = world.machine
    if saved is not None:
        machine.load_state(saved)
    journal = Journal(world.card, world.clock)
    journal.tap_streams()
    machine.event_sinks.append(journal.event)
    with host(machine) as running:
        result = running.run(20)
    assert result.reason == "exit", result
    values = [
        int.from_bytes(machine.memory.read_bytes(world.processor.values + 8 * number, step.size), "little")
        for number, step in enumerate(world.steps, world.first)
        if isinstance(step, Read)
    ]
    shown = [as_shown(output) for output in journal.take() if output.name != "END"]
    return values, shown, json.loads(json.dumps(machine.save_state(with_ram=False)))


def on_a_guest(
    host: Host,
    device: type[PciDevice],
    conducting: type[Device],
    steps: list[Step],
    marks: Callable[[int], bool],
    cut: int | None = None,
    processor: Processor = REAL_MODE,
) -> tuple[list[int], Shown]:
    """The values read and the outputs in order, marks included; saved and restored after ``cut`` steps."""
    with machine_of(device, conducting, steps[:cut], 0, marks, processor) as world:
        values, shown, saved = run(host, world)
    if cut is None:
        return values, shown
    with machine_of(device, conducting, steps[cut:], cut, marks, processor) as world:
        later, shown_later, _ = run(host, world, saved)
    return values + later, shown + shown_later
