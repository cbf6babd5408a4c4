"""Traces by name, on the bench: what is said, what is left out, and that nothing stays behind."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from device_kit import Card, Kit
from vcd.reader import TokenKind, tokenize

from devgen.hosts.bench import Bench
from devgen.hosts.bench.replay import replay_file
from devgen.hosts.bench.replay_comparison import ReplayResult
from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.memory.access import Access
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.observe import JsonTrace, Level, NameFilter, Tracer
from devgen.runtime.observe.access_names import RegisterNames
from devgen.runtime.observe.waves import Waves
from devgen.runtime.pci import PciDevice


class Trace:
    """Lines without their times."""

    def __init__(self, dev: Bench, level: Level = "field", only: tuple[str, ...] = ()) -> None:
        self._lines: list[str] = []
        self.tracer = dev.trace(self._lines.append, level, only)

    def take(self) -> list[str]:
        lines = [line.split(maxsplit=1)[1] for line in self._lines]
        self._lines.clear()
        return lines


@pytest.fixture
def hpet() -> Any:
    with Bench("hpet") as dev:
        yield dev


def test_an_access_has_the_names_of_the_description(hpet: Bench) -> None:
    trace = Trace(hpet, "access")
    hpet.write32(0x10, 1)
    hpet.read32(0x104)
    hpet.read64(0x128)
    hpet.read32(0x3F8)
    hpet.read32(0xF0)
    assert (
        trace.take()
        == [
            "hpet.CFG[31:0] write 1",
            "hpet.T[0].CONFIG[63:32] read 4",
            "hpet.T[1].CMP[31:0] read 0xffffffff",
            "hpet.T[1].CMP[63:32] read 0xffffffff",
            "hpet.registers+0x3f8 read 0",
            "hpet.COUNTER[31:0] read 0",
        ]
        or trace.take() == []
    )


def test_fields_are_shown_and_what_changes() -> None:
    with Bench("hpet") as dev:
        trace = Trace(dev)
        dev.write32(0x100, 0x4)
        assert trace.take() == ["hpet.T[0].CONFIG[31:0] write 4 (INT_ENB=1)", "hpet.T[0].CONFIG.INT_ENB 0→1"]
        dev.read32(0x100)
        assert trace.take() == ["hpet.T[0].CONFIG[31:0] read 0x34 (INT_ENB=1, PER_CAP=1, SIZE_CAP=1)"]


def alarm(dev: Bench) -> None:
    dev.write32(0x10, 1)
    dev.write32(0x04, dev.read32(0) + 1)
    dev.advance("1 s")
    dev.write32(0x1C, 1)


def test_at_level_all_lines_and_events_too() -> None:
    with Bench("pl031") as dev:
        trace = Trace(dev, "all")
        alarm(dev)
        assert trace.take() == [
            "pl031.IMSC write 1 (ALARM=1)",
            "pl031.IMSC.ALARM 0→1",
            "pl031.DR read 0",
            "pl031.MR write 1",
            "pl031.MR 0→1",
            "pl031.RIS.ALARM 0→1",
            "pl031.intr 0→1",
            "pl031.ICR write 1",
            "pl031.RIS.ALARM 1→0",
            "pl031.intr 1→0",
        ]
        dev.write32(0x08, 0x1234)
        assert "pl031.RTC_CHANGE seconds=0x1234" in trace.take()
        dev.reset()
        assert trace.take() == ["pl031 reset"]


@pytest.mark.parametrize("level", ["access", "field", "all"])
def test_an_error_is_shown_with_its_reason_at_every_level(level: Level) -> None:
    with Bench("nvme") as dev:
        trace = Trace(dev, level)
        dev.write32(0x14, 1)
    told = "nvme.BAD_CONFIGURATION error: controller fatal status: enabled with CC 0x1, admin queues of 1 and 1"
    assert [line for line in trace.take() if "error" in line] == [told]


def test_a_recorded_error_has_its_reason_and_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with Bench("nvme") as dev, path.open("w") as file, JsonTrace(dev.machine, file):
        dev.write32(0x14, 1)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    (told,) = [line for line in lines if line.get("op") == "event"]
    assert told["data"] == {"cc": 1, "submission": 1, "completion": 1}
    assert told["error"] == "controller fatal status: enabled with CC 0x1, admin queues of 1 and 1"
    with path.open("rb") as trace:
        result = replay_file(trace, "t", Registry(), source="nvme")
    assert result.passed, result


def test_command_and_capabilities_are_shown_by_name_and_field() -> None:
    with Bench("dma-engine") as dev:
        trace = Trace(dev)
        dev.write("cfg", 4, 0x106, 2)
        msix = next(at for at in range(0x40, 0x100, 4) if dev.read("cfg", at, 1) == 0x11)
        trace.take()
        dev.write("cfg", msix + 2, 0x8000, 2)
        dev.read("cfg", msix + 4, 4)
        dev.write("cfg", 4, 0x102, 2)
    assert trace.take() == [
        f"cfg+{msix + 2:#x} dma-engine.cfg.MSIX.CONTROL write 0x8000 (ENABLE=1)",
        f"cfg+{msix + 4:#x} dma-engine.cfg.MSIX.TABLE read 4 (BAR=4)",
        "cfg+0x4 dma-engine.cfg.COMMAND write 0x102 (MEMORY=1, SERR=1)",
    ]


def test_a_device_s_own_registers_in_configuration_space_have_their_names() -> None:
    with Bench("i6300esb") as dev:
        trace = Trace(dev)
        dev.write("cfg", 0x60, 4, 2)
    assert trace.take()[0] == "cfg+0x60 i6300esb.CONFIG write 4 (FAST=1)"


def test_the_registers_of_masked_msi_are_there() -> None:
    with Bench("dma-engine") as dev:
        names = [part.name for at in range(0x40, 0x80, 4) for part in RegisterNames(dev.dut).parts("cfg", at, 4, False)]
    assert "cfg.MSI.MASK" in names
    assert "cfg.MSI.PENDING" in names


def test_time_stands_first() -> None:
    lines: list[str] = []
    with Bench("pl031") as dev:
        dev.trace(lines.append)
        dev.advance(1_000_000_002)
        dev.read32(0)
    assert lines == ["    1.000000002            pl031.DR read 1"]


def test_the_rest_of_a_device() -> None:
    with Bench(Kit) as dev:
        trace = Trace(dev, "all")
        dev.drive("gate[0]", 1)
        dev.receive(b"\x41")
        dev.write32(0x80, 7)
        dev.write64(8, 0x1000)
        dev.read32(0x10)
        said = trace.take()
    assert "kit.gate[0] driven to 1" in said
    assert any(line.startswith("kit.") and line.endswith("receives b'A'") for line in said)
    assert any(line.endswith(" rung") for line in said)
    assert any("memory load 0x1000 4 bytes" in line for line in said)


def test_a_buffer_is_not_shown_byte_by_byte() -> None:
    with Bench("dma-engine") as dev:
        dev.store(0x1000, bytes(range(256)))
        trace = Trace(dev, "all")
        dev.write32(0x08, 0x1000)
        dev.write32(0x18, 256)
        dev.write32(0, 1, "bells")
        assert not [line for line in trace.take() if "buffer" in line]


def test_what_a_device_may_not_reach_is_told() -> None:
    with Bench("dma-engine", command=2) as dev:  # memory decoding alone
        trace = Trace(dev, "all")
        dev.write32(0x08, 0x1000)
        dev.write32(0x10, 0x2000)
        dev.write32(0x18, 16)
        dev.write32(0, 1, "bells")
        said = trace.take()
    assert "dma-engine.memory load 0x1000 16 bytes refused: not a bus master" in said
    assert "dma-engine.memory store 0x2000 16 bytes refused: not a bus master" in said


def test_a_message_that_a_host_would_have_delivered_is_told_as_lost() -> None:
    with Bench("dma-engine", command=2) as dev:
        assert isinstance(dev.dut, PciDevice)
        dev.dut.on_vector = lambda vector: None
        trace = Trace(dev, "all")
        dev.write32(0, 1, "bells")
        assert not [line for line in trace.take() if ".vector" in line]  # messages are off
        dev.dut.config.write(dev.dut.messages["msix"].offset + 2, 0x8000, 2)
        dev.write32(0, 1, "bells")
        assert "dma-engine.vector 0 refused: not a bus master" in trace.take()


def test_configuration_space() -> None:
    with Bench(Card) as dev:
        trace = Trace(dev, "access")
        dev.write("cfg", 4, 3, 2)
        dev.read("cfg", 0x10, 4)
        dev.read("cfg", 0x40, 4)
        assert [line.rpartition(" ")[0] for line in trace.take()] == [
            "cfg+0x4 card.cfg.COMMAND write",
            "cfg+0x10 card.cfg.BAR0 read",
            "cfg+0x40 card.cfg+0x40 read",
        ]


@pytest.mark.parametrize(
    ("globs", "passing", "failing"),
    [
        ([], ["rtc", "rtc.MR"], []),
        (["rtc"], ["rtc", "rtc.RIS.ALARM", "rtc.MR[7:0]", "rtc.registers+0x48"], ["rtcx.MR", "con.OUT"]),
        (["*.RIS"], ["rtc.RIS", "rtc.RIS.ALARM"], ["rtc.MRIS2", "rtc.MR"]),
        (["hpet.T[0]", "a?c"], ["hpet.T[0].CMP", "abc"], ["hpet.T[1].CMP", "hpet.T0", "ac"]),
        (["rtc.(*"], ["rtc.(x"], ["rtc.x"]),
    ],
)
def test_filters(globs: list[str], passing: list[str], failing: list[str]) -> None:
    wanted = NameFilter(globs)
    assert [name for name in (*passing, *failing) if wanted(name)] == passing


def test_a_filtered_trace() -> None:
    with Bench("pl031") as dev:
        trace = Trace(dev, "all", ("*.RIS", "*.intr"))
        alarm(dev)
        assert trace.take() == [
            "pl031.RIS.ALARM 0→1",
            "pl031.intr 0→1",
            "pl031.RIS.ALARM 1→0",
            "pl031.intr 1→0",
        ]


def test_a_device_that_no_glob_names_is_left_alone() -> None:
    with Bench("pl031") as dev:
        ops = dev.dut.regions["registers"].ops
        Tracer(dev.machine, print, "all", NameFilter(["hpet"]))
        assert dev.dut.regions["registers"].ops is ops


def test_afterwards_all_is_as_before() -> None:
    with Bench(Kit) as dev:
        ops, bells = dev.dut.regions["registers"].ops, dev.dut.regions["registers"].ioeventfds[0].handler
        with dev.record(io.StringIO()):
            trace = Trace(dev, "all")
            dev.write32(0x80, 7)
            trace.tracer.close()
            trace.tracer.close()
            trace.take()
            dev.write32(0x80, 7)
            assert trace.take() == []
        assert dev.dut.regions["registers"].ops is ops
        assert dev.dut.regions["registers"].ioeventfds[0].handler == bells
        assert dev.dut.observer is None


def test_a_full_disk_ends_the_trace_and_not_the_guest() -> None:
    def full(_line: str) -> None:
        raise OSError(28, "No space left on device")

    with Bench("pl031") as dev, Tracer(dev.machine, full) as tracer:
        dev.write32(0x10, 1)
        assert dev.read32(0x10) == 1
    assert tracer.error is not None


class Big(Device):
    """A big-endian bank."""

    NAME = "big"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        registers = (Reg("A", 0, 32, lambda: 0x11223344, None), Reg("B", 4, 16, lambda: 0x5566, None))
        bank = RegisterBank("r", 16, Access(endian="big", valid=(1, 8), implemented=(1, 8)), registers=registers)
        self.add_region(MemoryRegion.io("r", 16, bank))


@pytest.mark.parametrize(
    ("offset", "size", "expected"),
    [
        (0, 4, [("A", 0x11223344)]),
        (0, 1, [("A[31:24]", 0x11)]),
        (2, 2, [("A[15:0]", 0x3344)]),
        (4, 4, [("B", 0x5566)]),
        (8, 4, [("r+0x8", 0)]),
    ],
)
def test_big_endian_lanes(offset: int, size: int, expected: list[tuple[str, int]]) -> None:
    with Bench(Big) as dev:
        value = dev.read(None, offset, size)
        swapped = int.from_bytes(value.to_bytes(size, "little"), "big")
        parts = RegisterNames(dev.dut).parts("r", offset, size, False)
        assert [(part.name, part.value(swapped)) for part in parts] == expected


# --- JSON ---------------------------------------------------------------------------------


def replay(text: str, source: str | None = None) -> ReplayResult:
    return replay_file(io.BytesIO(text.encode()), "t", Registry(), source=source)


def test_json_lines_replay_and_say_names() -> None:
    out = io.StringIO()
    with Bench("pl031") as dev, JsonTrace(dev.machine, out, program_counter=lambda: 0x7C00):
        alarm(dev)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {line["source"] for line in lines} == {"pl031"}
    write = next(line for line in lines if line["op"] == "write")
    assert (write["register"], write["changed"], write["pc"]) == ("IMSC", {"IMSC.ALARM": [0, 1]}, 0x7C00)
    assert replay(out.getvalue()).passed


# --- waves --------------------------------------------------------------------------------


def waves(text: str) -> tuple[dict[str, str], list[tuple[int, str, int]]]:
    """Variables by identifier, and (time, name, value) of each change."""
    names: dict[str, str] = {}
    changes: list[tuple[int, str, int]] = []
    scope, now = "", 0
    for token in tokenize(io.BytesIO(text.encode())):
        if token.kind is TokenKind.SCOPE:
            scope = token.scope.ident
        elif token.kind is TokenKind.VAR:
            names[token.var.id_code] = f"{scope}.{token.var.reference}"
        elif token.kind is TokenKind.CHANGE_TIME:
            now = token.time_change
        elif token.kind in (TokenKind.CHANGE_SCALAR, TokenKind.CHANGE_VECTOR):
            change = token.scalar_change if token.kind is TokenKind.CHANGE_SCALAR else token.vector_change
            changes.append(
                (now, names[change.id_code], int(str(change.value), 2 if token.kind is TokenKind.CHANGE_SCALAR else 10))
            )
    return names, changes


def test_lines_and_counters_as_waves() -> None:
    out = io.StringIO()
    with Bench("pl031", rtc=10) as dev, Waves(dev.machine, out):
        alarm(dev)
        dev.advance(5)
    names, changes = waves(out.getvalue())
    assert sorted(names.values()) == ["pl031.intr", "pl031.seconds"]
    assert [(t, v) for t, name, v in changes if name == "pl031.intr"] == [(0, 0), (10**9, 1), (10**9, 0)]
    assert [(t, v) for t, name, v in changes if name == "pl031.seconds"] == [(0, 10), (10**9, 11)]
    assert out.getvalue().rstrip().endswith("#1000000005")


def test_arrays_and_inputs_as_waves_and_a_filter() -> None:
    out = io.StringIO()
    with Bench("hpet") as dev, Waves(dev.machine, out, NameFilter(["*.pit", "*.irq[0]"])):
        dev.advance(7)
        dev.drive("pit", 1)
    names, changes = waves(out.getvalue())
    assert len(names) == 2
    assert [(t, v) for t, _, v in changes if v] == [(7, 1), (7, 1)]


def test_a_full_disk_ends_the_waves_and_not_the_guest() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    with Bench("pl031") as dev, Waves(dev.machine, Full()) as found:
        alarm(dev)
        assert dev.read32(0) == 1
    assert found.error is not None


def test_the_python_of_the_page_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[3] / "docs" / "observing.md").read_text()
    examples = [block.partition("```")[0] for block in page.split("```python\n")[1:]]
    for example in examples:
        exec(example, {})
    assert len(examples) == 2
    assert replay((tmp_path / "session.jsonl").read_text()).passed
