"""A device of another bus inside a PCI function: where its regions are, how its lines interrupt, what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import ClassVar

import pytest
from device_kit import Kit
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen import Bench
from devgen.runtime.base.faults import DeviceError, StateError
from devgen.runtime.device.device import Device, Space
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.memory.access import Access
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import RegisterBank
from devgen.runtime.pci import CarriedDevice, carry
from devgen.runtime.pci.carried_device import describe_carriage

MSIX = 0x40
"""Offset of the one capability."""


def sysbus(regions: Sequence[tuple[Space, int]], lines: int = 0) -> type[Device]:
    """A device with regions r0, r1, ... of these spaces and sizes, and lines irq[0], irq[1], ..."""

    class Shape(Device):
        NAME: ClassVar[str] = "shape"

        def __init__(self, env: Environment, /, **properties: PropertyValue) -> None:
            super().__init__(env, **properties)
            for number, (space, size) in enumerate(regions):
                bank = RegisterBank(f"r{number}", size, Access((1, 4), (1, 4)), registers=())
                self.add_region(MemoryRegion.io(f"r{number}", size, bank), space=space)
            self.irq = self.add_irqs("irq", lines)

    return Shape


def bars(function: type[CarriedDevice]) -> list[tuple[object, str, int]]:
    return [(bar.index, bar.type, bar.size) for bar in function.BARS]


@pytest.mark.parametrize(
    ("regions", "lines", "expected"),
    [
        ([("mmio", 0x10)], 0, [(0, "mem32", 0x1000)]),
        ([("mmio", 0x1001)], 0, [(0, "mem32", 0x2000)]),
        ([("pio", 1)], 0, [(0, "io", 4)]),
        ([("pio", 5), ("mmio", 0x1000)], 0, [(0, "io", 8), (1, "mem32", 0x1000)]),
        ([("mmio", 0x1000)], 1, [(0, "mem32", 0x1000), (1, "mem32", 0x1000)]),
        ([("mmio", 0x1000)], 2048, [(0, "mem32", 0x1000), (1, "mem32", 0x10000)]),
        ([("mmio", 1 << 29), ("mmio", 4)], 1, [(0, "mem64", 1 << 29), (2, "mem32", 0x1000), (3, "mem32", 0x1000)]),
        ([], 1, [(0, "mem32", 0x1000)]),
    ],
)
def test_each_region_has_a_bar_and_the_msix_table_the_next(
    regions: Sequence[tuple[Space, int]], lines: int, expected: list[tuple[object, str, int]]
) -> None:
    assert bars(carry(sysbus(regions, lines), {})) == expected


def test_regions_that_are_too_many_share_a_bar_for_memory_and_one_for_ports() -> None:
    regions: list[tuple[Space, int]] = [("mmio", 0x1800), ("pio", 3), ("mmio", 0x10), ("pio", 8), ("mmio", 0x1000)]
    function = carry(sysbus([*regions, ("mmio", 4)], 1), {})
    assert bars(function) == [(0, "mem32", 0x8000), (1, "io", 16), (2, "mem32", 0x1000)]
    device = function(Environment(Bench("pl031").machine.clocks))
    places = {place.region.name: (place.bar, place.offset, place.space) for place in device.placements}
    assert places == {
        "r0": (0, 0, "mmio"),
        "r2": (0, 0x2000, "mmio"),
        "r4": (0, 0x3000, "mmio"),
        "r5": (0, 0x4000, "mmio"),
        "r1": (1, 0, "pio"),
        "r3": (1, 8, "pio"),
    }


@pytest.mark.parametrize(
    ("device", "options", "said"),
    [
        (Registry().find("edu"), {}, "edu is on PCI already"),
        (sysbus([("pio", 0x4001)]), {}, r"shape: r0 would need a BAR of 0x8000 bytes; the largest has 0x4000"),
        (sysbus([("mmio", 1 << 47)]), {}, r"shape: r0 would need a BAR of 0x800000000000 bytes"),
        (sysbus([("mmio", 1 << 45)] * 7), {}, r"r0, r1, r2, r3, r4, r5, r6 would need a BAR"),
        (sysbus([], 2049), {}, "shape has 2049 interrupt lines, and MSI-X at most 2048 vectors: serve it without"),
        (sysbus([]), {"msix": False}, "shape has no interrupt line and so no MSI-X"),
        (sysbus([]), {"identity": (0xFFFF, 1)}, "ffff:0001 is no PCI ID"),
        (sysbus([]), {"identity": (1, 0x10000)}, "0001:10000 is no PCI ID"),
        (sysbus([]), {"identity": (-1, 1)}, "is no PCI ID"),
    ],
)
def test_what_fits_into_no_function_is_refused(device: type[Device], options: Mapping[str, object], said: str) -> None:
    with pytest.raises(DeviceError, match=said):
        carry(device, {}, **options)  # type: ignore[arg-type]  # wrong ones too


SIZES = st.one_of(st.integers(1, 0x5000), st.integers(1, 1 << 31))
REGIONS = st.lists(
    st.one_of(st.tuples(st.just("mmio"), SIZES), st.tuples(st.just("pio"), st.integers(1, 0x800))), max_size=12
)


@given(REGIONS, st.integers(0, 40))
def test_every_region_lies_in_its_bar_and_beside_the_others(regions: list[tuple[Space, int]], lines: int) -> None:
    try:
        function = carry(sysbus(regions, lines), {})
    except DeviceError as error:
        assert "would need a BAR of" in str(error)
        return
    with Bench(function) as bench:
        device = bench.dut
        assert isinstance(device, CarriedDevice)
        slots = [slot for bar in device.BARS for slot in range(int(bar.index), int(bar.index) + bar.width // 4)]
        assert len(set(slots)) == len(slots)
        assert max(slots, default=0) < 6
        parts = [(place.bar, place.offset, place.region.size) for place in device.placements]
        assert len(parts) == len(regions)
        parts += [(place.bar, place.offset, place.region.size) for place in device.message_places]
        for bar, offset, size in parts:
            assert offset + size <= device.bars[bar].size
            assert not any(bar == other[0] and offset < other[1] < offset + size for other in parts)


@pytest.mark.parametrize("name", [name for name in Registry().names() if Registry().find(name).BUS != "pci"])
@given(st.data())
@settings(max_examples=10)
def test_no_access_of_a_guest_raises(name: str, data: st.DataObject) -> None:
    with Bench(carry(Registry().find(name), {})) as bench:
        device = bench.dut
        assert isinstance(device, CarriedDevice)
        spaces = {str(index): AddressSpace(f"BAR {index}", bar) for index, bar in device.bars.items()}
        for _ in range(data.draw(st.integers(1, 12))):
            offset, size = data.draw(st.integers(0, 0x1100)), data.draw(st.sampled_from((1, 2, 4, 8)))
            value = data.draw(st.integers(0, (1 << 8 * size) - 1))
            place = data.draw(st.sampled_from(("cfg", *spaces)))
            if place == "cfg":
                device.config.write(offset & 0xFF, value, size)
            else:
                spaces[place].write(offset, value, size)
                spaces[place].read(offset, size)
        device.load_state(device.save_state())


def test_a_wrong_property_is_refused() -> None:
    with pytest.raises(DeviceError, match="kit has no property 'chanels'"):
        carry(Kit, {"chanels": 3})


def test_regions_that_a_property_decides_are_those_of_the_property() -> None:
    assert carry(Kit, {"channels": 4}).CAPABILITIES[0].vectors == 4  # type: ignore[union-attr]


# --- a PL031 that a test drives ------------------------------------------------------------------


def rtc(**options: bool) -> Bench:
    return Bench(carry(Registry().find("pl031"), {}, **options))


def ring(bench: Bench) -> None:
    """Set an alarm one second ahead and let it pass."""
    bench.write32(0x10, 1)
    bench.write32(0x04, bench.read32(0x00) + 1)
    bench.advance("1 s")


def status(bench: Bench) -> int:
    """Bit 3 of the status register: the function's interrupt status."""
    return bench.dut.config.read(6, 2) >> 3 & 1  # type: ignore[attr-defined]


def pin(bench: Bench) -> int:
    return bench.dut.pin.level  # type: ignore[attr-defined]


def test_registers_are_in_the_bar() -> None:
    bench = rtc()
    bench.write32(0x08, 100)
    assert bench.read32(0x00) == 100
    assert bench.read(None, 0xFE0, 4) == 0x31


def test_identity_is_for_experiments_unless_another_is_given() -> None:
    pl031 = Registry().find("pl031")
    identities = [carry(pl031, {}).PCI, carry(pl031, {}, (0x1234, 0x5678)).PCI]
    assert [(found.vendor, found.device, found.subsystem_vendor, found.subsystem_device) for found in identities] == [
        (0x1AF4, 0x10F0, 0x1AF4, 0x10F0),
        (0x1234, 0x5678, 0x1234, 0x5678),
    ]


def test_a_line_drives_inta_until_the_driver_clears_it() -> None:
    bench = rtc()
    ring(bench)
    assert (pin(bench), status(bench)) == (1, 1)
    bench.write32(0x1C, 1)
    assert (pin(bench), status(bench)) == (0, 0)


def test_with_msix_a_line_sends_the_message_of_its_place_and_the_pin_is_silent() -> None:
    bench = Bench(carry(sysbus([], 3), {}))
    sent: list[tuple[int, int]] = []
    bench.machine.message_sinks.append(lambda address, data: sent.append((address, data)))
    for vector in range(3):
        for word, value in enumerate((0xFEE00000, 0, 0x40 + vector, 0)):
            bench.machine.memory.write(
                bench.dut.config.bar_address(bench.dut.BARS[0]) + 16 * vector + 4 * word, value, 4
            )  # type: ignore[attr-defined]
    bench.dut.config.write(MSIX + 2, 0x8000, 2)  # type: ignore[attr-defined]
    for number in (2, 0, 2):
        bench.dut.irqs[f"irq[{number}]"].pulse()
    assert [data for _, data in sent] == [0x42, 0x40, 0x42]
    bench.dut.irqs["irq[1]"].set(1)
    assert (pin(bench), status(bench)) == (0, 1)


def test_inta_is_high_while_any_line_is() -> None:
    bench = Bench(carry(sysbus([], 2), {}))
    levels = []
    for number, level in ((0, 1), (1, 1), (0, 0), (1, 0)):
        bench.dut.irqs[f"irq[{number}]"].set(level)
        levels.append(pin(bench))
    assert levels == [1, 1, 1, 0]


def test_without_msix_there_is_no_capability_and_no_table() -> None:
    bench = rtc(msix=False)
    assert [bar.index for bar in bench.dut.BARS] == [0]  # type: ignore[attr-defined]
    assert bench.dut.config.read(0x34, 1) == 0  # type: ignore[attr-defined]
    ring(bench)
    assert pin(bench) == 1


def test_memory_is_reached_by_a_bus_master_only() -> None:
    device = carry(Kit, {})(Environment(Bench("pl031").machine.clocks, _Memory()))
    assert device.load_memory(0, 4) == 0xFFFFFFFF
    device.config.write(4, 4, 2)
    assert device.load_memory(0, 4) == 0x12345678


class _Memory:
    """Guest memory that reads the same everywhere."""

    def load(self, address: int, size: int) -> int:
        return 0x12345678


def test_a_state_comes_back_with_levels_and_configuration_space() -> None:
    bench = rtc()
    ring(bench)
    saved = json.loads(json.dumps(bench.dut.save_state()))
    other = rtc()
    other.dut.load_state(saved)
    assert (pin(other), status(other), other.read32(0x14)) == (1, 1, 1)
    other.write32(0x1C, 1)
    assert pin(other) == 0


def test_the_state_of_the_bare_device_is_another() -> None:
    with pytest.raises(StateError, match="saved state lacks 'pci'"):
        rtc().dut.load_state(Bench("pl031").dut.save_state())


def test_what_has_gone_where_is_told_in_a_line() -> None:
    bench = Bench(carry(Registry().find("pc-pit"), {}))
    assert isinstance(bench.dut, CarriedDevice)
    assert describe_carriage(bench.dut) == (
        "PCI function 1af4:10f0; BAR 0 (I/O, 0x4 bytes): ports; BAR 1 (I/O, 0x4 bytes): speaker; "
        "BAR 2 (memory, 0x1000 bytes): MSI-X table; INTA#: irq; MSI-X: irq is vector 0"
    )


OTHERS = [name for name in Registry().names() if Registry().find(name).BUS != "pci"]


@pytest.mark.parametrize("name", OTHERS)
def test_every_device_of_the_catalogue_can_be_carried_reset_and_saved(name: str) -> None:
    with Bench(carry(Registry().find(name), {})) as bench:
        for region in bench.dut.regions:
            bench.read(region, 0, 1)
        bench.dut.reset()
        bench.dut.load_state(bench.dut.save_state())
