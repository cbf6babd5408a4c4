"""Machines from configurations: places, wires, events, streams, faults of a board."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from device_kit import Card, Kit
from handwritten_pl031 import Pl031

from devgen.runtime.base.faults import MachineError, RuntimeFault, StateError
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig

AT = {"registers": 0xFE000000, "buffer": 0xFE001000}


def registry() -> Registry:
    made = Registry(bundled=False, installed=False)
    for device_class in (Kit, Card, Pl031):
        made.add(device_class)
    return made


def build(*devices: DevicePlacement, **config: Any) -> Machine:
    return Machine(MachineConfig(ram=1 << 20, clock="manual", devices=devices, **config), registry())


def kit(**changes: Any) -> DevicePlacement:
    return DevicePlacement(**{"name": "one", "device": "kit", "at": AT, **changes})


class Outdated(Kit):
    """As if built by a version whose runtime could more."""

    NAME = "outdated"

    def __init__(self, env: Any, **properties: Any) -> None:
        super().__init__(env, **properties)
        self.add_something_unknown()  # type: ignore[attr-defined]


def test_a_device_built_for_another_runtime_is_told_to_be_built_again() -> None:
    made = registry()
    made.add(Outdated)
    config = MachineConfig(ram=1 << 20, clock="manual", devices=(kit(device="outdated"),))
    with pytest.raises(RuntimeFault, match=r"one: device 'outdated' cannot be made .*; build it again"):
        Machine(config, made)


def test_devices_are_where_the_board_says() -> None:
    with build(kit(), DevicePlacement("rtc", "pl031", {"registers": 0xFE002000})) as machine:
        machine.memory.write(0xFE000008, 0x55, 1)
        assert machine.memory.read(0xFE000008, 4) == 0x55
        assert machine.memory.read(0xFE002FE0, 4) == 0x31
        assert list(machine.devices) == ["one", "rtc"]


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"device": "kitt"}, "unknown device 'kitt' (did you mean 'kit'?)"),
    ({"at": {"registers": 0}}, "'one' (region 'registers') at memory 0x0..0xff overlaps RAM at 0x0..0xfffff"),
    ({"at": {"registers": 0xFE000000}}, "one: no address for region 'buffer'"),
    ({"at": {**AT, "bufer": 0}}, "one: no region 'bufer' (did you mean 'buffer'?)"),
    ({"at": {**AT, "buffer": 1 << 64}}, "outside the memory space"),
    ({"at": {**AT, "buffer": -1}}, "outside the memory space"),
    ({"at": {**AT, "buffer": 0xFE000080}}, "overlaps 'one' (region 'registers')"),
    ({"slot": 3}, "one: kit is not a PCI device"),
    ({"irq": {"irq": 3}}, "one: no interrupt 'irq' (did you mean 'irq["),
    ({"irq": {"irq[0]": 5000}}, "GSI 5000 is not 0..1023"),
    ({"properties": {"channels": 9}}, "one: property 'channels' is 9"),
    ({"on_event": {"FIRED": "exti"}}, "unknown action 'exti' (did you mean 'exit'?)"),
    ({"on_event": {"FIRE": "exit"}}, "one: no event 'FIRE' (did you mean 'FIRED'?)"),
    ({"streams": {"serial": "stdioo"}}, "unknown stream backend 'stdioo' (did you mean 'stdio'?)"),
    ({"streams": {"seral": "null"}}, "one: no stream 'seral' (did you mean 'serial'?)"),
    ({"streams": {"serial": "file:/nonexistent/x"}}, "cannot open stream backend 'file:/nonexistent/x'"),
    ({"wires": {"irq": "one.gate[0]"}}, "one: no line 'irq' (did you mean 'irq["),
    ({"wires": {"ready": "on.gate[0]"}}, "one: wire 'ready': no device 'on' (did you mean 'one'?)"),
    ({"wires": {"ready": "one.gate[2]"}}, "one: wire 'ready': one: no input 'gate[2]' (did you mean 'gate["),
    ({"device": "card", "at": {}}, "this machine has no PCI bus"),
]


@pytest.mark.parametrize(("changes", "message"), FAULTS, ids=[message[:40] for _, message in FAULTS])
def test_a_boards_fault_is_said_in_a_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RuntimeFault) as caught:
        build(kit(**changes))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_overlapping_devices_are_both_named() -> None:
    other = DevicePlacement("rtc", "pl031", {"registers": 0xFE001800})
    with pytest.raises(MachineError, match=r"'rtc' \(region 'registers'\).*overlaps 'one' \(region 'buffer'\)"):
        build(kit(), other)


def test_two_devices_of_one_name() -> None:
    with pytest.raises(MachineError, match="two devices named 'one'"):
        build(kit(), kit(at={"registers": 0xFD000000, "buffer": 0xFD001000}))


def test_a_pci_device_needs_a_slot_and_no_addresses() -> None:
    with pytest.raises(MachineError, match="no PCI slot given"):
        build(kit(device="card", at={}), pci=True)
    with pytest.raises(MachineError, match="guest places its BARs"):
        build(kit(device="card", slot=1), pci=True)


def test_ram_goes_on_at_4_gib() -> None:
    with Machine(MachineConfig(ram=(3 << 30) + 4096, clock="manual")) as machine:
        machine.memory.write((4 << 30) + 8, 7, 4)
        assert machine.ram is not None
        assert machine.ram.view[(3 << 30) + 8] == 7
        assert machine.memory.read(3 << 30, 4) == 0xFFFFFFFF


def test_too_much_ram_is_a_clear_error() -> None:
    with pytest.raises(MachineError, match="cannot get 0x"):
        Machine(MachineConfig(ram=1 << 60))


def test_one_gsi_of_several_sources_is_their_or() -> None:
    placement = kit(irq={"irq[0]": 5, "irq[1]": 5})
    with build(placement) as machine:
        heard: list[tuple[int, int]] = []
        machine.connect_gsi(lambda gsi, level: heard.append((gsi, level)))
        first, second = machine.devices["one"].irqs.values()
        first.set(1)
        second.set(1)
        first.set(0)
        assert machine.gsi_level(5) == 1
        second.set(0)
        assert heard == [(5, 1), (5, 0)]


def test_a_host_that_comes_late_hears_what_is_high() -> None:
    with build(kit(irq={"irq[0]": 5})) as machine:
        machine.devices["one"].irqs["irq[0]"].set(1)
        heard: list[tuple[int, int]] = []
        sink = lambda gsi, level: heard.append((gsi, level))  # noqa: E731
        machine.connect_gsi(sink)
        machine.disconnect_gsi(sink)
        machine.devices["one"].irqs["irq[0]"].set(0)
        assert heard == [(5, 1)]


def test_a_wire_drives_an_input_of_another_device_from_the_start() -> None:
    one = kit(wires={"irq[0]": "two.gate[1]", "ready": "two.gate[0]"})
    two = kit(name="two", at={"registers": 0xFE002000, "buffer": 0xFE003000})
    with build(one, two) as machine:
        gates = machine.devices["two"].gpio_in
        assert [gate.level for gate in gates.values()] == [1, 0]
        machine.devices["one"].irqs["irq[0]"].set(1)
        machine.devices["one"].gpio_out["ready"].set(0)
        assert [gate.level for gate in gates.values()] == [0, 1]


def test_an_event_can_end_the_run_and_the_first_code_stays() -> None:
    with build(kit(on_event={"FIRED": "exit"})) as machine:
        ended: list[int | None] = []
        machine.on_exit.append(lambda: ended.append(machine.exit_code))
        machine.devices["one"].emit("FIRED", index=3)
        machine.devices["one"].emit("FIRED", index=4)
        assert ended == [3, 3]


def test_an_event_can_be_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with build(kit(on_event={"FIRED": "log"})) as machine:
        machine.devices["one"].emit("FIRED", index=3)
    assert capfd.readouterr().err == "one: FIRED index=0x3\n"


def test_streams_reach_their_ends(tmp_path: Path) -> None:
    with build(kit(streams={"serial": f"file:{tmp_path / 'out'}"})) as machine:
        for value in b"hello":
            machine.memory.write(0xFE000040, value, 1)
    assert (tmp_path / "out").read_bytes() == b"hello"


def test_a_whole_machine_is_saved_and_restored_in_order() -> None:
    one, other = build(kit()), build(kit())
    one.memory.write(0x2000, 0x1234, 4)
    one.memory.write(0xFE000024, 500, 4)
    one.memory.write(0xFE000020, 500, 4)
    other.load_state(one.save_state())
    assert other.memory.read(0x2000, 4) == 0x1234
    assert other.save_state() == one.save_state()
    one.close()
    other.close()


@pytest.mark.parametrize("key", ["clock", "devices", "ram", "version"])
def test_a_hostile_machine_state_changes_nothing(key: str) -> None:
    with build(kit()) as machine:
        before = machine.save_state()
        with pytest.raises(StateError):
            machine.load_state({**before, key: -1})
        assert machine.save_state() == before


def test_nothing_stays_open(tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    build(kit()).close()
    before = descriptors()
    for _ in range(5):
        build(kit(streams={"serial": f"file:{tmp_path / 'out'}"}), pci=True).close()
        with pytest.raises(MachineError):
            build(kit(irq={"x": 1}))
    assert descriptors() == before
