"""Each benchmark runs, and its tables have the rows that docs/figures.md explains. Nothing here is about time."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    "build_speed",
    "catalogue",
    "footprint",
    "hardware_accesses",
    "import_speed",
    "kvm_exit",
    "messages",
    "other_accesses",
    "register_access",
    "streams",
    "vfio_user",
]
Import = Callable[[str], ModuleType]


def skip_without_kvm(module: ModuleType) -> None:
    reason = module.why_not() if hasattr(module, "why_not") else None
    if reason is not None and os.environ.get("CI") == "true" and Path("/dev/kvm").exists():
        pytest.fail(f"this machine has /dev/kvm and CI needs it: {reason}")
    if reason is not None:
        pytest.skip(reason)


def test_every_benchmark_is_run_together(benchmark: Import) -> None:
    assert sorted(benchmark("run").BENCHMARKS) == NAMES


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_makes_tables_of_numbers(benchmark: Import, name: str) -> None:
    module = benchmark(name)
    skip_without_kvm(module)
    tables = list(module.tables(quick=True))
    assert tables
    for table in tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.head)}
        assert all(cell > 0 for row in table.rows for cell in row if isinstance(cell, (int, float)))


def test_the_hand_written_hardware_does_what_the_described_one_does(benchmark: Import) -> None:
    module = benchmark("hardware_accesses")
    devices = [made(module.Environment(module.Clocks.manual())) for made in (_described(module), module.HandWritten)]
    for offset in module.PLACES.values():
        for value in (0x301, 0, 0x301, 0xFF, 0):
            for device in devices:
                device.regions["registers"].ops.resolve_write(offset, 4)(value)
            names = ("PLAIN", "LOCKED", "ENABLE", "SOURCE", "STATUS", "TICK", "COUNT", "STOP", "RUN")
            described, by_hand = ([getattr(device, name) for name in names] for device in devices)
            assert described == by_hand
            assert devices[0].irq.level == devices[1].irq.level


def _described(module: ModuleType) -> Any:
    return module.device_class(module.DESCRIPTION)


def test_the_baseline_of_each_access_is_the_hand_written_bus(benchmark: Import) -> None:
    results = benchmark("register_access").measure(calls=5, rounds=3)
    assert {kind: (each[0].name, each[0].ratio) for kind, each in results.items()} == {
        "read": ("hand-written, 1", 1.0),
        "write": ("hand-written, 1", 1.0),
    }


def test_both_sides_of_a_register_access_answer_alike(benchmark: Import) -> None:
    module = benchmark("register_access")
    address = module.BASE + module.SIZE + module.OFFSET
    for bus in (module.hand_bus(3), module.address_space(3)):
        bus.write(address, 0x12345678, 4)
        values = [bus.read(at, 4) for at in (address, address - module.SIZE, address + 4, 0)]
        assert values == [0x12345678, 0, 0, 0xFFFFFFFF]


def test_each_round_trip_has_its_c_loop(benchmark: Import) -> None:
    module = benchmark("kvm_exit")
    skip_without_kvm(module)
    (table,) = module.tables(quick=True)
    measured = {(row[0], row[1]) for row in table.rows}
    assert {(kind, who) for kind in module.BODIES for who in ("C loop", "devgen")} <= measured
    assert {("port write", "doorbell"), ("memory write", "doorbell")} <= measured


def test_a_message_has_each_of_its_ways(benchmark: Import) -> None:
    module = benchmark("messages")
    skip_without_kvm(module)
    (table,) = module.tables(quick=True)
    sent = [("sending", way) for way in ("KVM_SIGNAL_MSI", "route and irqfd", "a write to RAM")]
    trips = [("round trip", way) for way in ("KVM_SIGNAL_MSI", "route and irqfd")]
    assert [(row[0], row[1]) for row in table.rows] == sent + trips


def test_each_way_to_a_served_device_has_a_process_that_does_nothing(benchmark: Import) -> None:
    trips, writes, interrupts = islice(benchmark("vfio_user").tables(quick=True), 3)
    assert {row[0] for row in trips.rows} >= {"Python echo", "devgen, register read"}
    assert {row[1] for row in writes.rows} == {"Python sink", "devgen"}
    assert [row[0] for row in interrupts.rows] == ["Python eventfd", "devgen, an empty copy and its MSI-X"]


def test_bytes_that_do_not_arrive_end_the_stream_benchmark(benchmark: Import) -> None:
    module = benchmark("streams")
    count, digest = len(module.DATA), hashlib.sha256(module.DATA).hexdigest()
    module.check("the device", (count, digest), 1)
    for received in ((count - 1, digest), (count, "0" * 64)):
        with pytest.raises(SystemExit, match="the device"):
            module.check("the device", received, 1)


def test_the_stream_benchmark_sends_from_both_devices(benchmark: Import) -> None:
    (table,) = benchmark("streams").tables(quick=True)
    assert [str(row[0]).split(",")[0] for row in table.rows] == ["virtio console"] * 3 + ["16550"]


def test_the_memory_of_a_process_is_its_own(benchmark: Import, tmp_path: Path) -> None:
    ballast = bytearray(200 << 20)
    cost = benchmark("build_speed").run([sys.executable, "-c", "pass"], tmp_path)
    assert 0 < cost.memory < len(ballast) >> 20


def test_the_large_description_is_as_large_as_it_says(benchmark: Import) -> None:
    text = benchmark("_described").registers(30)
    assert len(re.findall(r"^      R\d+:$", text, re.M)) == 30
    assert len(re.findall(r"^          F\d:$", text, re.M)) == 120


def test_a_misspelled_benchmark_is_refused() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "build_sped"]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, check=False)
    assert (done.returncode, "no benchmark 'build_sped'" in done.stderr) == (2, True)
