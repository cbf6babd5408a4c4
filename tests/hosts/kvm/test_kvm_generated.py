"""The guests of examples/ on KVM with the built catalogue's devices: from YAML to a real guest."""

from pathlib import Path

import pytest

from devgen.hosts.kvm import KvmHost
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig
from devgen.runtime.machine.stream_backends import MemoryBackend

ROOT = Path(__file__).parents[3]
CONSOLE = DevicePlacement("con", "debugcon", at={"ports": 0xE9}, streams={"out": "memory"})
EXIT = DevicePlacement("exit", "debug-exit", at={"ports": 0xF4}, on_event={"EXIT": "exit"})
RTC = DevicePlacement("rtc", "pl031", at={"registers": 0xFE001000}, irq={"intr": 10})


def machine(guest: str, *devices: DevicePlacement, mode: str = "real", pci: bool = False) -> Machine:
    image = ROOT / "examples" / "guests" / "prebuilt" / f"{guest}.bin"
    config = MachineConfig(
        ram=1 << 20,
        pci=pci,
        devices=(*devices, CONSOLE, EXIT),
        guest=GuestConfig(image, 0x7000, 0x7000, mode),  # type: ignore[arg-type]
    )
    return Machine(config, Registry([ROOT / "generated"]))


def text(made: Machine) -> str:
    backend = made.backends["con", "out"]
    assert isinstance(backend, MemoryBackend)
    return backend.data.decode("ascii")


@pytest.mark.parametrize("delivery", ["line", "irqfd"])
def test_pl031_alarm(delivery: str) -> None:
    with machine("pl031_alarm", RTC) as made, KvmHost(made, irq_delivery=delivery) as host:  # type: ignore[arg-type]
        assert host.run(10).ok, text(made)
        assert text(made).splitlines()[-1] == "pl031: done"


def test_xche_card() -> None:
    card = DevicePlacement("card", "xche", slot=3)
    with machine("xche_card", card, pci=True) as made, KvmHost(made) as host:
        assert host.run(10).ok, text(made)
        assert text(made).splitlines()[-1] == "xche: done"


def test_doorbell_card_and_no_ring_exits() -> None:
    card = DevicePlacement("card", "doorbell", slot=5)
    with machine("doorbell_card", card, pci=True) as made, KvmHost(made, count_exits=True) as host:
        assert host.run(10).ok, text(made)
        assert made.devices["card"].RINGS == [32] * 5  # type: ignore[attr-defined]
        # Two writes that do not match, and one when the card has moved away.
        assert host.exits["mmio", 0xE0000000] == 3
        assert host.exits["mmio", 0xE0000008] == 0


def test_long_mode() -> None:
    with machine("long_mode", RTC, mode="long") as made, KvmHost(made) as host:
        assert host.run(10).ok, text(made)


def test_the_alarm_survives_a_pause_of_the_machine() -> None:
    """Stopped and continued every 50 ms, the guest takes its alarm all the same."""
    with machine("pl031_alarm", RTC) as made, KvmHost(made) as host:
        for _ in range(200):
            result = host.run(0.05)
            if result.reason != "timeout":
                break
        assert result.ok, text(made)
