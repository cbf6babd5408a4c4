"""Replay a recorded trace against a device and compare the outputs.

Inputs are carried out one by one. The device's outputs must equal the outputs that follow the input in the trace, in
order within each kind (levels of interrupts, of GPIO, bytes, events) and each at its virtual time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from devgen.common.guarded_files import open_regular
from devgen.hosts.bench.bench import Bench
from devgen.hosts.bench.replay_comparison import (
    UNRECORDED,
    Diverged,
    Divergence,
    Entry,
    ReplayResult,
    expected_entries,
    same_entry,
    show_entry,
)
from devgen.hosts.bench.sparse_memory import SparseMemory
from devgen.hosts.bench.trace_header import (
    LineNames,
    addresses_of,
    command_of,
    epoch,
    plain_json,
    properties_of,
    recorded_class,
)
from devgen.hosts.bench.trace_places import TracePlaces
from devgen.runtime.base.faults import DeviceError, RuntimeFault, TraceError
from devgen.runtime.device.device import Device
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.observe.journal import Output, OutputKind, level_of
from devgen.runtime.observe.trace_format import OUTPUTS, TIME_LIMIT, Line, read_lines
from devgen.runtime.time.clock import Clocks, OffsetClock

RAM: Final = 64 << 20
RAM_LIMIT: Final = 4 << 30
MEMORY_LIMIT: Final = 16 << 20
STEP_EXPIRATIONS: Final = 5_000_000
"""Most timers that may fire in one ``clock_step``, so that an untrusted trace cannot run for hours."""


def replay_trace(path: Path, registry: Registry, *, snapshot_every: int = 0, source: str | None = None) -> ReplayResult:
    """Replay one file. Raises TraceError if it is not a trace, or its device cannot be made.

    With ``snapshot_every`` N, the device is saved after every N inputs, built again and restored.
    ``source`` is the device's name on the board, for a file that holds traces of several.
    """
    try:
        with open_regular(path) as file:
            return replay_file(file, str(path), registry, snapshot_every=snapshot_every, source=source)
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error


def replay_file(
    file: BinaryIO, name: str, registry: Registry, *, snapshot_every: int = 0, source: str | None = None
) -> ReplayResult:
    """Replay an open file as ``replay_trace`` does; ``name`` is for messages."""
    lines = read_lines(file, name, source)
    header = next(lines)
    replay = Replay(header, registry, snapshot_every)
    try:
        for line in lines:
            replay.feed(line)
        return ReplayResult(replay.device_name, True, replay.ops)
    except Diverged as found:
        at = replay.current
        divergence = Divergence(replay.ops - 1, at.number, str(at), found.expected, found.found)
        return ReplayResult(replay.device_name, False, replay.ops, divergence)
    finally:
        replay.close()


class _RecordedBench(Bench):
    """A bench with the addresses of a recording's header."""

    @staticmethod
    def _check_places(device: Device, at: Mapping[str, int]) -> None:
        """Check nothing: a header may name address spaces, and parts that only the recorded device has."""


class Replay:
    """A replay in progress: call ``feed`` with each line after the header."""

    def __init__(self, header: Line, registry: Registry, snapshot_every: int = 0) -> None:
        self.header = header
        self.current = header
        self.ops = 0
        self.device_name = header.text("device")
        self._snapshot_every = snapshot_every
        try:
            self._device_class = recorded_class(header, registry.find(self.device_name))
        except RuntimeFault as error:
            raise header.fail(str(error)) from None
        self._names = LineNames(header)
        self._served = SparseMemory() if header.fields.get("served") is True else None
        self._recorded = header.fields.get("events")
        self._stepped = header.fields.get("due") == "stepped"
        self._expected: list[Line] = []
        self._ram = RamBlock(header.integer("ram", 0, RAM_LIMIT, RAM) or RAM)
        try:
            self.bench = self._make_bench()
        except BaseException:
            self._ram.close()
            raise
        self._places = self._make_places()
        self._inputs: Mapping[str, Callable[[Line], None]] = {
            "read": self._read,
            "write": self._write,
            "clock_step": self._clock_step,
            "gpio_in": self._gpio_in,
            "mem_write": self._mem_write,
            "mem_read": self._mem_read,
            "rx": self._rx,
            "break": self._break,
            "probe": self._probe,
            "reset": self._reset,
            "note": self._note,
        }
        self._started = False

    def close(self) -> None:
        """Release the bench and its memory."""
        self.bench.close()
        self._ram.close()

    def feed(self, line: Line) -> None:
        """Process the next line: carry out an input, or collect an expected output."""
        if line.op in OUTPUTS:
            self._expected.append(line)
            return
        self._compare_outputs()
        self.current = line
        if line.op == "end":
            self._end(line)
            return
        self.ops += 1
        try:
            self._inputs[line.op](line)
            if not self._stepped:
                self.bench.settle()
        except TraceError:
            raise
        except RuntimeFault as error:  # the device has no such part, or its BAR is not decoded
            raise line.fail(str(error)) from None
        if self._snapshot_every and self.ops % self._snapshot_every == 0:
            self._rebuild()

    # --- setting up ----------------------------------------------------------------------

    def _make_bench(self) -> Bench:
        header = self.header
        try:
            bench = _RecordedBench(
                self._device_class,
                ram=self._ram,
                rtc=epoch(header),
                at=addresses_of(header, self._device_class),
                log=_quiet,
                command=command_of(header),
                properties=properties_of(header, self._device_class),
            )
        except RuntimeFault as error:
            raise header.fail(str(error)) from None
        bench.at_once = not self._stepped
        if self._served is not None:
            bench.dut.env.memory = self._served
        try:
            self._begin(bench)
        except BaseException:
            bench.close()
            raise
        return bench

    def _make_places(self) -> TracePlaces:
        return TracePlaces(self.bench, self.header, self._served is not None)

    def _begin(self, bench: Bench) -> None:
        """Set the clocks and the device's state to the start of the recording."""
        header = self.header
        start = header.integer("clock_ns", 0, TIME_LIMIT, 0)
        clocks = bench.machine.clocks
        _set_offsets(header, clocks)
        if "state" not in header.fields:
            self._run_until(header, bench, start)
            return
        bench.clock.set_time(start)
        try:
            bench.dut.load_state(plain_json(header.fields["state"]))
        except RuntimeFault as error:
            raise header.fail(str(error)) from None

    def _check_start(self) -> None:
        """Compare the levels before the first input. Raises Diverged."""
        for kind, key in (("irq", "initial_irq"), ("gpio_out", "initial_gpio_out")):
            for line, level in self.header.mapping(key).items():
                name = self._names.output(self.bench.dut, kind, line)
                found = 0 if name is None else level_of(self.bench.dut, name)
                if found != level:
                    raise Diverged(f"{kind} {line} at {level} before the first op", str(found))

    # --- comparing -----------------------------------------------------------------------

    def _compare_outputs(self) -> None:
        """Compare the outputs that the last input caused with those of the trace. Raises Diverged."""
        if not self._started:
            self._started = True
            self.bench.journal.take()
            self._check_start()
        expected, self._expected = self._expected, []
        found = self.bench.journal.take()
        if not expected and not found:
            return
        for kind in ("irq", "gpio_out", "tx", "event"):
            self._compare(kind, expected, found)

    def _compare(self, kind: OutputKind, expected: list[Line], found: list[Output]) -> None:
        lines = [line for line in expected if line.op == kind]
        wanted = [entry for line in lines for entry in expected_entries(line)]
        places = [line for line in lines for _ in expected_entries(line)]
        done = self._found_entries(kind, found)
        if kind == "event":
            done = self._without_unrecorded(done, wanted)
        for index in range(max(len(wanted), len(done))):
            want = wanted[index] if index < len(wanted) else None
            have = done[index] if index < len(done) else None
            if not same_entry(want, have):
                if index < len(places):
                    self.current = places[index]
                raise Diverged(show_entry(kind, want), show_entry(kind, have))

    def _found_entries(self, kind: OutputKind, found: list[Output]) -> list[Entry]:
        entries: list[Entry] = []
        for output in found:
            if output.kind != kind:
                continue
            if kind == "tx":
                entries.append((output.value, output.t))
            elif kind == "event":
                entries.append((output.name, dict(output.values), output.t))
            else:
                line = self._names.compared_number(self.bench.dut, kind, output.name)
                if line is not None:
                    entries.append((line, output.value, output.t))
        return entries

    def _without_unrecorded(self, done: list[Entry], wanted: list[Entry]) -> list[Entry]:
        """Drop events that this trace's recorder did not record."""
        if self._recorded == "all":
            return done
        if isinstance(self._recorded, list):
            return [entry for entry in done if entry[0] in self._recorded]
        expected_names = {entry[0] for entry in wanted}
        return [entry for entry in done if entry[0] not in UNRECORDED or entry[0] in expected_names]

    # --- inputs --------------------------------------------------------------------------

    def _read(self, line: Line) -> None:
        size = line.integer("size", 1, 8)
        if line.fields.get("space") == "cfg":
            found = self.bench.read("cfg", line.integer("offset", 0, 4095), size)
        else:
            space, address = self._places.find(line)
            found = space.read(address, size)
        expected = line.integer("value")
        if found != expected:
            raise Diverged(f"{expected:#x}", f"{found:#x}")

    def _write(self, line: Line) -> None:
        size = line.integer("size", 1, 8)
        value = line.integer("value") & ((1 << 8 * size) - 1)
        if line.fields.get("space") == "cfg":
            self.bench.write("cfg", line.integer("offset", 0, 4095), value, size)
            self._places.clear()
        elif line.fields.get("rings") is not None:
            self._ring(line, size, value)
        else:
            space, address = self._places.find(line)
            space.write(address, value, size)
        if line.fields.get("settle"):
            self._run_until(line, self.bench, self.bench.now)

    def _ring(self, line: Line, size: int, value: int) -> None:
        """Ring a doorbell as often as the recorded write had merged rings."""
        region = self.bench.dut.regions.get(line.text("space"))
        what = (line.integer("offset", 0, (1 << 48) - 1), size, value)
        for doorbell in () if region is None else region.ioeventfds:
            if (doorbell.offset, doorbell.length or 4, doorbell.match or 0) == what:
                doorbell.handler(line.integer("rings", 1))
                return
        raise line.fail(f"{self.device_name} has no such doorbell")

    def _clock_step(self, line: Line) -> None:
        _set_offsets(line, self.bench.machine.clocks)
        until = self.bench.now + line.integer("ns", 0, TIME_LIMIT)
        self._run_until(line, self.bench, until)
        expected = line.integer("t", 0, TIME_LIMIT, until)
        if expected != until:
            raise line.fail(f"the clock is at {until}, not at {expected}: a line is missing")

    def _run_until(self, line: Line, bench: Bench, until: int) -> None:
        if until > TIME_LIMIT:
            raise line.fail("time runs over")
        if not bench.clock.run_until(until, STEP_EXPIRATIONS):
            raise line.fail(f"more than {STEP_EXPIRATIONS:,} timers fire in one step")

    def _gpio_in(self, line: Line) -> None:
        name = self._names.input(self.bench.dut, str(line.fields.get("line")))
        if name is None:
            raise line.fail(f"{self.device_name} has no GPIO input {line.fields.get('line')!r}")
        self.bench.drive(name, line.integer("level", 0, 1))

    def _mem_write(self, line: Line) -> None:
        store = self.bench.store if self._served is None else self._served.write_bytes
        store(line.integer("addr"), line.data())

    def _mem_read(self, line: Line) -> None:
        expected = line.data()
        length = line.integer("size", 0, MEMORY_LIMIT, len(expected))
        load = self.bench.load if self._served is None else self._served.read_bytes
        found = load(line.integer("addr"), length)
        if found != expected:
            at = next((i for i, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), 0)
            raise Diverged(f"{expected[at : at + 16].hex()} at byte {at}", found[at : at + 16].hex())

    def _rx(self, line: Line) -> None:
        if not self.bench.dut.streams:
            raise line.fail(f"{self.device_name} has no stream")
        self.bench.receive(line.data(), next(iter(self.bench.dut.streams)))

    def _break(self, line: Line) -> None:
        if not self.bench.dut.streams:
            raise line.fail(f"{self.device_name} has no stream")
        self.bench.receive_break(next(iter(self.bench.dut.streams)))

    def _probe(self, line: Line) -> None:
        what = line.text("what")
        try:
            found, expected = self.bench.dut.probe(what), line.integer("value")
        except DeviceError as error:
            raise line.fail(str(error)) from None
        if found != expected:
            raise Diverged(str(expected), str(found))

    def _reset(self, _line: Line) -> None:
        if self._served is None:
            self.bench.reset()
        else:  # no firmware: the trace has what the client writes to configuration space afterwards
            self.bench.machine.reset()
        self._places.clear()

    def _note(self, _line: Line) -> None:
        """Do nothing: notes are for readers."""

    def _end(self, line: Line) -> None:
        expected = line.integer("clock_ns", 0, TIME_LIMIT, self.bench.now)
        if expected != self.bench.now:
            raise Diverged(f"the clock at {expected}", str(self.bench.now))

    # --- snapshots -----------------------------------------------------------------------

    def _rebuild(self) -> None:
        """Save, build a new device and restore it, to check that the saved state is complete."""
        outputs = self.bench.journal.take()
        saved = json.loads(json.dumps(self.bench.machine.save_state(with_ram=False)))
        self.bench.close()
        self.bench = self._make_bench()
        self.bench.machine.load_state(saved)
        self.bench.journal.take()
        self.bench.journal.outputs.extend(outputs)
        self._places = self._make_places()


def _quiet(_message: str) -> None:
    """Drop a log line: recordings access reserved offsets on purpose."""


def _set_offsets(line: Line, clocks: Clocks) -> None:
    """Set what rtc and host are ahead of the virtual clock, if the line says it."""
    for key, clock in (("rtc_offset_ns", clocks.rtc), ("host_offset_ns", clocks.host)):
        if line.fields.get(key) is not None and isinstance(clock, OffsetClock):
            clock.set_offset(line.integer(key, -TIME_LIMIT, TIME_LIMIT))
