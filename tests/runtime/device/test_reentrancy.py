"""A device's DMA does not re-enter the device, however it gets there; other devices and messages are reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.memory.access import Access
from devgen.runtime.memory.address_space import DMA_DEPTH, DMA_NESTED_LIMIT
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import Reg, RegisterBank

BASE = 0xFE00_0000
RAM = 0x1000


class Copier(Device):
    """A write to REG at 0 runs ``act``; the doorbell is at 8. ``entered`` and ``deepest`` tell how it was entered."""

    NAME = "copier"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.values: list[int] = []
        self.rings = 0
        self.depth = self.deepest = 0
        self.act: Callable[[], None] = lambda: None
        bank = RegisterBank("r", 0x1000, Access((1, 8), (4, 4)), registers=(Reg("REG", 0, 32, self.read, self.write),))
        region = MemoryRegion.io("r", 0x1000, bank)
        self.add_doorbell(region, "BELL", 8, 4, None, self.ring)
        self.add_region(region)
        self.add_gpio_in("pin", lambda level: self.enter())
        self.line = self.add_gpio_out("line")

    def read(self) -> int:
        self.enter()
        return 0x55

    def write(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        self.values.append(value)
        self.enter()

    def ring(self, count: int) -> None:
        self.rings += count
        self.enter()

    def enter(self) -> None:
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        self.act()
        self.depth -= 1


class Board:
    """A machine with some copiers, one after another in memory, and its log."""

    def __init__(self, count: int, **wires: dict[str, str]) -> None:
        self.lines: list[str] = []
        self.machine = Machine(MachineConfig(ram=1 << 16, clock="manual"), log=self.lines.append)
        self.devices: list[Copier] = []
        for index in range(count):
            placement = DevicePlacement(f"d{index}", "copier", at={"r": BASE + index * 0x1000})
            device = self.machine.add_device(placement, Copier)
            assert isinstance(device, Copier)
            self.devices.append(device)

    def write(self, index: int, value: int = 1) -> None:
        """A guest's write to a device's register."""
        self.machine.memory.write(BASE + index * 0x1000, value, 4)


@pytest.fixture
def one() -> Iterator[Board]:
    board = Board(1)
    with board.machine:
        yield board


WAYS: dict[str, Callable[[Copier], object]] = {
    "a store": lambda device: device.store_memory(BASE, 7, 4),
    "a load": lambda device: device.load_memory(BASE, 4),
    "a block out": lambda device: device.store_bytes(BASE, bytearray(16), 0, 16),
    "a block in": lambda device: device.load_bytes(BASE, bytearray(16), 0, 16),
    "a doorbell": lambda device: device.store_memory(BASE + 8, 1, 4),
    "a store that begins before it": lambda device: device.store_memory(BASE - 2, 7, 4),
}


@pytest.mark.parametrize("way", WAYS)
def test_its_own_registers_are_refused_and_it_is_said_once(one: Board, way: str) -> None:
    device = one.devices[0]
    logged: list[object] = []
    device.act = lambda: logged.append(WAYS[way](device))
    one.machine.memory._log._sink = one.lines.append
    one.write(0)
    one.write(0)
    assert (device.values, device.deepest, device.rings, device.engaged) == ([1, 1], 1, 0, 0)
    assert [line for line in one.lines if "DMA into the device itself" in line] == one.lines
    assert len(one.lines) == 1


def test_a_refused_load_reads_ones(one: Board) -> None:
    device = one.devices[0]
    seen: list[int] = []
    device.act = lambda: seen.append(device.load_memory(BASE, 4))
    one.write(0)
    assert seen == [0xFFFFFFFF]


def test_memory_is_reached_meanwhile(one: Board) -> None:
    device = one.devices[0]
    device.act = lambda: device.store_memory(RAM, 0x1234, 4)
    one.write(0)
    assert one.machine.memory.load(RAM, 4) == 0x1234


def test_a_message_from_a_device_that_dma_has_reached_arrives() -> None:
    board = Board(2)
    heard: list[tuple[int, int]] = []
    with board.machine as machine:
        machine.message_sinks.append(lambda address, data: heard.append((address, data)))
        first, second = board.devices
        first.act = lambda: first.store_memory(BASE + 0x1000, 5, 4)
        second.act = lambda: second.store_memory(0xFEE0_0000, 0x41, 4)
        board.write(0)
    assert heard == [(0xFEE0_0000, 0x41)]


def test_two_devices_that_write_to_each_other() -> None:
    board = Board(2)
    with board.machine:
        first, second = board.devices
        first.act = lambda: first.store_memory(BASE + 0x1000, 2, 4)
        second.act = lambda: second.store_memory(BASE, 3, 4)
        board.write(0)
        assert (first.values, second.values) == ([1], [2])
        board.write(1)
        assert (first.values, second.values) == ([1, 3], [2, 1])


def test_a_chain_of_devices_is_bounded() -> None:
    board = Board(DMA_DEPTH + 3)
    with board.machine:
        for index, device in enumerate(board.devices[:-1]):
            device.act = lambda device=device, index=index: device.store_memory(  # type: ignore[misc]
                BASE + (index + 1) * 0x1000, index, 4
            )
        board.write(0)
        assert [bool(device.values) for device in board.devices] == [True] * (DMA_DEPTH + 1) + [False] * 2


def test_what_one_transfer_causes_elsewhere_is_bounded() -> None:
    board = Board(3)
    with board.machine:
        first, second, third = board.devices
        first.act = lambda: first.store_memory(BASE + 0x1000, 1, 4)
        second.act = lambda: [second.store_memory(BASE + 0x2000, 1, 4) for _ in range(3 * DMA_NESTED_LIMIT)] and None
        board.write(0)
        assert len(third.values) == DMA_NESTED_LIMIT
        board.write(0)
        assert len(third.values) == 2 * DMA_NESTED_LIMIT


def test_a_device_that_is_reached_over_a_wire_does_not_re_enter_the_one_that_drives_it() -> None:
    placements = [
        DevicePlacement("d0", "copier", at={"r": BASE}, wires={"line": "d1.pin"}),
        DevicePlacement("d1", "copier", at={"r": BASE + 0x1000}),
    ]

    class Only:
        @staticmethod
        def find(_name: str) -> type[Device]:
            return Copier

    config = MachineConfig(ram=1 << 16, clock="manual", devices=tuple(placements))
    with Machine(config, Only(), log=lambda _line: None) as machine:  # type: ignore[arg-type]
        first, second = machine.devices.values()
        assert isinstance(first, Copier)
        assert isinstance(second, Copier)
        first.act = lambda: first.line.set(1)
        second.act = lambda: second.store_memory(BASE, 9, 4)
        machine.memory.write(BASE, 1, 4)
        assert (first.values, first.deepest, second.deepest) == ([1], 1, 1)


def test_a_device_that_raises_is_not_refused_afterwards(one: Board) -> None:
    device = one.devices[0]
    two = one.machine.add_device(DevicePlacement("d1", "copier", at={"r": BASE + 0x1000}), Copier)
    assert isinstance(two, Copier)

    def fail() -> None:
        raise RuntimeError

    two.act = fail
    device.act = lambda: device.store_memory(BASE + 0x1000, 1, 4)
    with pytest.raises(RuntimeError):
        one.write(0)
    assert (device.engaged, two.engaged) == (0, 0)
