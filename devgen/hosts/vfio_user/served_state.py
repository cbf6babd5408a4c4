"""The saved state of a served device: its clocks and the device, without anything of the client."""

from __future__ import annotations

from typing import Final

from devgen.runtime.base.faults import StateError
from devgen.runtime.base.plain_state import Json, mapping
from devgen.runtime.device.device import Device
from devgen.runtime.device.saved_state import arm_restored
from devgen.runtime.time.clock import Clocks

STATE_FORMAT: Final = "devgen-served-device"
STATE_VERSION: Final = 1


def save_served(clocks: Clocks, device: Device) -> dict[str, Json]:
    """Return the device and its clocks as plain data with a version."""
    return {"format": STATE_FORMAT, "version": STATE_VERSION, **clocks.save(), "device": device.save_state()}


def load_served(clocks: Clocks, device: Device, data: Json) -> None:
    """Restore what ``save_served`` returned. Raises StateError, with nothing changed, for other data."""
    fields = mapping(data, "the saved state", ("format", "version", "clock", "rtc", "host", "device"))
    if fields["format"] != STATE_FORMAT or fields["version"] != STATE_VERSION:
        found = f"{str(fields['format'])[:32]!r} version {str(fields['version'])[:32]}"
        raise StateError(f"the saved state is a {found}, not {STATE_FORMAT!r} version {STATE_VERSION}")
    times = clocks.check(fields)
    restoration = device.prepare_state(fields["device"])
    clocks.restore(times)
    restoration.apply()
    arm_restored([restoration])
