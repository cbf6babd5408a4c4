"""The registers of a device with their places, and everything in a device that has behaviour."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.common.quick_dataclass import dataclass
from devgen.language import model
from devgen.language.typed_walk import Nodes


@dataclass(slots=True, frozen=True)
class Placed:
    """A register with its region and its file."""

    register: model.Register
    region: model.Region
    file: model.RegisterFile | None

    @property
    def key(self) -> tuple[str | None, str]:
        """How a place names it."""
        return (self.file.name if self.file else None), self.register.name


def placed_registers(device: model.Device) -> Iterator[Placed]:
    """Yield every register of every region in order, and members with their register file."""
    for region in device.regions:
        for entry in region.entries:
            if isinstance(entry, model.RegisterFile):
                for register in entry.registers:
                    yield Placed(register, region, entry)
            else:
                yield Placed(entry, region, None)


def behaviour(device: model.Device) -> tuple[Nodes, ...]:
    """Yield every expression and statement of the description."""
    return (
        *(hook for placed in placed_registers(device) for hook in _hooks(placed.register)),
        *(timer.on_expire for timer in device.timers),
        *(timer.match for timer in device.timers),
        *(counter.enable for counter in device.counters),
        *(function.body for function in (*device.functions, *device.outputs)),
        *(action.body for action in (*device.actions, *device.counting)),
        *(line.level for line in (*device.interrupts, *device.gpio_out)),
        *(pin.on_input for pin in device.gpio_in),
        *(
            part
            for stream in device.streams
            for part in (stream.on_receive, stream.on_break, stream.room, stream.on_writable)
        ),
        *(bell.on_ring for region in device.regions for bell in region.doorbells),
        device.on_reset,
        device.after_access,
    )


def _hooks(register: model.Register) -> tuple[Nodes, ...]:
    window = None if register.window is None else register.window.at
    hooks = register.read, register.write, register.before_read, register.on_read, register.on_write
    locks = [register.write_enable, *[field.write_enable for field in register.fields]]
    moved = [field.hardware for field in register.fields if field.hardware is not None]
    return (
        *[hook for hook in (*hooks, window, register.when) if hook],
        *[lock.test for lock in locks if lock is not None],
        *[expr for hardware in moved for expr in hardware.expressions],
    )
