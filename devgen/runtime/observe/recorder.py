"""Record a device's inputs and outputs in the trace format that ``devgen.hosts.bench.replay`` reads.

A recording starts with the device's saved state in the header, so it may begin at any moment and still replays exactly.
On a live clock the recorder makes time exact for the device: the time is constant during an access, and it is the
deadline when the host fires a timer late.

Bytes that the device reads from the machine's RAM are written as ``mem_write`` before the input that caused the read;
bytes that it writes, as ``mem_read`` after the input. A doorbell is a write, with the number of ``rings`` if several
were merged.

Timers that an input makes due fire at the end of the input. But an input may be a part of another device's access and
end earlier than the access. Therefore the recorder writes a ``clock_step`` wherever timers fired, of 0 ns if no time
has passed, and marks this in the header: ``"due": "stepped"``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TextIO

from devgen.runtime.base.guest_log import Refusal
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device, RegionPlace
from devgen.runtime.memory.access import ObservedOps, unobserved
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import RegisterBank
from devgen.runtime.observe.access_notes import AccessNotes
from devgen.runtime.observe.fanout import fan_out
from devgen.runtime.observe.journal import Journal, Output, level_of
from devgen.runtime.observe.observable import Observable
from devgen.runtime.pci import CarriedDevice, PciDevice
from devgen.runtime.pci.config_space import COMMAND
from devgen.runtime.time.clock import LiveClock
from devgen.runtime.time.timer import Timer

CATCH_UP: Final = 1000
"""Most overdue timers that fire before an access of a live guest; with more, the recording is not exact."""

PIECE: Final = 1 << 18
"""Most bytes of guest memory in one line."""

CATEGORY: Final = "recorded"


class Recorder:
    """Records one device of ``scene`` into ``file``, from construction to ``close()``.

    All work is done under the scene's lock. If writing the file fails, recording stops with the reason in ``error``,
    and the guest continues.
    """

    def __init__(
        self, scene: Observable, device: Device, file: TextIO, *, source: str = "", notes: AccessNotes | None = None
    ) -> None:
        """``source`` is written on each line if it is not empty, for several recordings in one file.

        ``notes`` may add fields to the lines of accesses.
        """
        self.scene = scene
        self.device = device
        self.ops = 0
        self.error: OSError | None = None
        self.looped: set[str] = set()
        """Inputs that the device's own outputs drove during an access: they are not in the recording."""
        self._file = file
        self._source = source
        self.notes = notes or AccessNotes()
        self._clock = scene.clocks.virtual
        self._depth = 0
        self._loads: list[tuple[int, bytes]] = []
        self._stores: list[tuple[int, bytes]] = []
        self._undo: list[Callable[[], None]] = []
        self._irqs = {name: index for index, name in enumerate(device.irqs)}
        self._outputs = {name: index for index, name in enumerate(device.gpio_out)}
        self._inputs = {name: index for index, name in enumerate(device.gpio_in)}
        with scene.lock:
            self._journal = Journal(device, self._clock)
            self._last = self._clock.now()
            self._recorded_offsets = self.scene.clocks.offsets()
            self._expirations = self._clock.queue.expirations
            self._write(self._header())
            self._attach()

    # --- attaching -----------------------------------------------------------------------

    def _attach(self) -> None:
        device, scene = self.device, self.scene
        self._journal.tap_streams()
        scene.event_sinks.append(self._journal.event)
        self._undo.append(partial(scene.event_sinks.remove, self._journal.event))
        scene.on_reset.append(self._reset)
        self._undo.append(partial(scene.on_reset.remove, self._reset))
        self._undo.append(partial(setattr, device, "observer", device.observer))
        device.observer = fan_out(device.observer, self)
        with scene.transaction():
            for place in device.placements:
                self._watch(place)
        if isinstance(device, PciDevice):
            config = device.config
            self._undo.append(partial(setattr, config, "observer", config.observer))
            config.observer = fan_out(config.observer, SpaceObserver(self, "cfg"))
        for stream in device.streams.values():
            self._undo.append(partial(setattr, stream, "observer", stream.observer))
            stream.observer = fan_out(stream.observer, self)
        if isinstance(self._clock, LiveClock):
            self._clock.make_exact(_timers(device))

    def _watch(self, place: RegionPlace) -> None:
        region = place.region
        if region.ops is not None:
            inner = region.ops
            region.ops = ObservedOps(inner, SpaceObserver(self, region.name))
            self._undo.append(partial(setattr, region, "ops", inner))
        for doorbell in list(region.ioeventfds):
            watched = replace(doorbell, handler=partial(self._rung, region.name, doorbell))
            exchange_doorbell(region, doorbell, watched)
            self._undo.append(partial(exchange_doorbell, region, watched, doorbell))

    def close(self) -> None:
        """End the recording: write the last outputs and the ``end`` line, and detach. May be called again."""
        with self.scene.lock:
            if not self._undo:
                return
            self.begin()
            self._unlatch()
            self._write({"op": "end", "clock_ns": self._last, "ops": self.ops})
            self._detach()
        try:
            self._file.flush()
        except OSError as error:
            self.error = error

    def _detach(self) -> None:
        with self.scene.transaction():
            for action in reversed(self._undo):
                action()
        self._undo.clear()
        if isinstance(self._clock, LiveClock):
            self._clock.make_live(_timers(self.device))
        self._journal.detach()

    # --- the header ----------------------------------------------------------------------

    def _header(self) -> dict[str, Json]:
        device = self.device
        header: dict[str, Json] = {
            "op": "header",
            "format": 1,
            "device": device.NAME,
            "category": CATEGORY,
            "clock_ns": self._last,
            **self.scene.clocks.offsets(),
            **self.scene.surroundings(),
            "properties": dict(device.properties),
            "regions": {
                place.region.name: {"base": self._base(place), "size": place.region.size} for place in device.placements
            },
            "access": dict(_accesses(device)),
            "irq_lines": {str(index): name for name, index in self._irqs.items()},
            "initial_irq": {str(index): level_of(device, name) for name, index in self._irqs.items()},
            "gpio_in_lines": {str(index): name for name, index in self._inputs.items()},
            "gpio_out_lines": {str(index): name for name, index in self._outputs.items()},
            "initial_gpio_out": {str(index): level_of(device, name) for name, index in self._outputs.items()},
            "events": "all",
            "due": "stepped",
            "description": f"Recorded from '{device.name}' of {self.scene.name}.",
            "state": device.save_state(),
        }
        if isinstance(device, PciDevice):
            header["pci"] = _pci_header(device)
        return header

    def _base(self, place: RegionPlace) -> int:
        return place.region.address if place.bar is None else place.offset

    # --- inputs --------------------------------------------------------------------------

    def begin(self) -> bool:
        """Begin an input: write the time that has passed and the outputs since the last input.

        Return False if this input happens during another one and is therefore part of it.
        """
        self._depth += 1
        if self._depth > 1:
            return False
        if isinstance(self._clock, LiveClock):
            self._clock.latch(CATCH_UP)
        self._pass_time()
        return True

    def finish(self, fields: dict[str, Json]) -> None:
        """End an input: write it and the outputs that it caused."""
        self._unlatch()
        if self._depth:
            return
        self._write_loads()
        self._write(fields)
        self.ops += 1
        self._write_outputs()

    def _unlatch(self) -> None:
        self._depth -= 1
        if not self._depth and isinstance(self._clock, LiveClock):
            self._clock.unlatch()

    def _pass_time(self) -> None:
        now, expirations = self._clock.now(), self._clock.queue.expirations
        offsets = self.scene.clocks.offsets()
        if now != self._last or expirations != self._expirations or offsets != self._recorded_offsets:
            self._write_loads()
            step: dict[str, Json] = {"op": "clock_step", "ns": now - self._last, "t": now}
            self._write(step if offsets == self._recorded_offsets else step | offsets)
            self.ops += 1
            self._recorded_offsets = offsets
        self._last, self._expirations = now, expirations
        self._write_outputs()

    def accessed(self, write: bool, space: str, offset: int, size: int, value: int) -> None:
        """Write an access after it was carried out; ``begin`` was called before it."""
        op = "write" if write else "read"
        fields: dict[str, Json] = {"op": op, "space": space, "offset": offset, "size": size, "value": value}
        self.notes.after(fields)
        self.finish(fields)

    def received(self, data: bytes | None) -> None:
        """See InputObserver."""
        self.finish({"op": "break"} if data is None else {"op": "rx", "data": data.hex()})

    def driven(self, name: str, level: int) -> None:
        """See DeviceObserver."""
        if self._depth > 1:
            self.looped.add(name)
        self.finish({"op": "gpio_in", "line": self._inputs[name], "level": level})

    def _reset(self, done: bool) -> None:
        if done:
            self.finish({"op": "reset"})
        else:
            self.begin()

    def _rung(self, region: str, doorbell: IoEventFd, count: int) -> None:
        self.begin()
        doorbell.handler(count)
        size = doorbell.length or 4
        ring: dict[str, Json] = {
            "op": "write",
            "space": region,
            "offset": doorbell.offset,
            "size": size,
            "value": doorbell.match or 0,
        }
        self.finish(ring if count == 1 else {**ring, "rings": count})

    def loaded(self, address: int, data: bytes) -> None:
        """See DeviceObserver."""
        if self.scene.is_ram(address, len(data)):
            self._loads += _pieces(address, data)

    def stored(self, address: int, data: bytes) -> None:
        """See DeviceObserver."""
        if self.scene.is_ram(address, len(data)):
            self._stores += _pieces(address, data)

    def refused(self, verb: str, address: int, length: int) -> None:
        """See DeviceObserver. Nothing is written: in a replay the command register refuses the access too."""

    def dropped(self, register: str, index: int | None, reason: Refusal) -> None:
        """See DeviceObserver. The notes may tell it; in a replay the register refuses the write too."""
        self.notes.dropped(register, index)

    def unsent(self, vector: int) -> None:
        """See DeviceObserver. Nothing is written, as in ``refused``."""

    # --- outputs -------------------------------------------------------------------------

    def _write_loads(self) -> None:
        loads, self._loads = self._loads, []
        for address, data in loads:
            self._write({"op": "mem_write", "addr": address, "data": data.hex()})
            self.ops += 1

    def _write_outputs(self) -> None:
        for output in self._journal.take():
            self._write(self._output(output))
        stores, self._stores = self._stores, []
        for address, data in _last_stores(stores):
            self._write({"op": "mem_read", "addr": address, "size": len(data), "data": data.hex()})
            self.ops += 1

    def _output(self, output: Output) -> dict[str, Json]:
        match output.kind:
            case "irq":
                return {"op": "irq", "line": self._irqs[output.name], "level": output.value, "t": output.t}
            case "gpio_out":
                return {"op": "gpio_out", "line": self._outputs[output.name], "level": output.value, "t": output.t}
            case "tx":
                return {"op": "tx", "data": f"{output.value:02x}", "t": output.t}
        values = dict(output.values)
        text = self.device.ERRORS.get(output.name)
        error: dict[str, Json] = {} if text is None else {"error": text.format(**values)}
        return {"op": "event", "name": output.name, "data": dict(values), **error, "t": output.t}

    def _write(self, fields: dict[str, Json]) -> None:
        if self.error is not None:
            return
        if self._source:
            fields = {**fields, "source": self._source}
        try:
            self._file.write(json.dumps(fields) + "\n")
        except OSError as error:
            self.error = error

    def __enter__(self) -> Recorder:
        """Use as a context that ends the recording."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the recording."""
        self.close()


class SpaceObserver:
    """Observes the accesses of one region, or of configuration space, for a recorder."""

    __slots__ = ("_recorder", "_space")

    def __init__(self, recorder: Recorder, space: str) -> None:
        self._recorder = recorder
        self._space = space

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        """See AccessObserver."""
        self._recorder.begin()
        self._recorder.notes.before(write, self._space, offset, size)

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        """See AccessObserver."""
        self._recorder.accessed(write, self._space, offset, size, value)


def exchange_doorbell(region: MemoryRegion, old: IoEventFd, new: IoEventFd) -> None:
    """Replace the doorbell ``old`` with ``new``."""
    region.del_ioeventfd(old)
    region.add_ioeventfd(new)


def _pieces(address: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut data into pieces that fit a line of the trace."""
    for start in range(0, len(data), PIECE):
        yield address + start, data[start : start + PIECE]


def _last_stores(stores: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Return the stores that no later store overlaps, whose bytes memory therefore still contains."""
    later: list[tuple[int, int]] = []
    kept: list[tuple[int, bytes]] = []
    for address, data in reversed(stores):
        end = address + len(data)
        if not any(start < end and address < stop for start, stop in later):
            kept.append((address, data))
        later.append((address, end))
    return reversed(kept)


def _timers(device: Device) -> list[Timer]:
    """Return all timers in a device's STATE."""
    found: list[Timer] = []
    for item in device.STATE:
        value: object = getattr(device, item.held_in)
        found.extend(part for part in (value if isinstance(value, list) else [value]) if isinstance(part, Timer))
    return found


def _accesses(device: Device) -> Iterator[tuple[str, Json]]:
    for place in device.placements:
        ops = unobserved(place.region.ops)
        if isinstance(ops, RegisterBank):
            yield place.region.name, {"valid": list(ops.access.valid), "impl": list(ops.access.implemented)}


def _pci_header(device: PciDevice) -> dict[str, Json]:
    identity = device.PCI
    bars: dict[str, Json] = {}
    for bar in device.BARS:
        address = device.config.get(bar.register, bar.width) & -bar.size
        bars[str(bar.index)] = {"kind": "io" if bar.type == "io" else "mem", "address": address, "size": bar.size}
    return {
        "vendor_id": identity.vendor,
        "device_id": identity.device,
        **({"carried": True} if isinstance(device, CarriedDevice) else {}),
        "msix": "msix" in device.messages,
        "command": device.config.get(COMMAND, 2),
        "bars": bars,
    }
