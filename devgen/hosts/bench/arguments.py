"""Checks of a bench's arguments: each wrong argument raises a one-line error with its value and the allowed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from devgen.runtime.base.faults import RuntimeFault, suggest
from devgen.runtime.device.device import Device
from devgen.runtime.machine.stale_builds import stale_class
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.observe import LEVELS
from devgen.runtime.observe.trace_names import unmatched_glob
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.durations import nanoseconds

SIZES: Final = frozenset((1, 2, 4, 8))
MOST_BYTES: Final = 1 << 30
"""Most bytes of guest memory that one ``load`` reads."""

_LATEST: Final = 1 << 33
"""Limit of the rtc's start in seconds since 1970: the year 2242."""


class BenchError(RuntimeFault):
    """A test has called the bench with a wrong argument, or for something that the device does not have."""


def wrong_access(offset: object, size: object, value: object = 0) -> BenchError:
    """Return the error for an access that ``Bench.read`` or ``Bench.write`` refuses."""
    if not isinstance(size, int) or size not in SIZES:
        return BenchError(f"an access has 1, 2, 4 or 8 bytes, not {size!r}")
    if not isinstance(offset, int) or offset < 0:
        return BenchError(f"an offset is a number of bytes from 0 up, not {offset!r}")
    return BenchError(f"a value of {8 * size} bits is 0 .. {(1 << 8 * size) - 1:#x}, not {_shown(value)}")


def check_start(ram: object, rtc: object, command: object) -> None:
    """Check arguments of the bench's constructor. Raises BenchError."""
    if not isinstance(ram, int | RamBlock):
        raise BenchError(f"ram is a number of bytes or a RamBlock, not {ram!r}")
    if not isinstance(rtc, int) or not 0 <= rtc < _LATEST:
        raise BenchError(f"rtc is a number of seconds since 1970, 0 .. {_LATEST - 1}, not {rtc!r}")
    if not isinstance(command, int) or not 0 <= command <= 0xFFFF:
        raise BenchError(f"command is a value of the command register, 16 bits, not {command!r}")


def device_class_of(device: object) -> type[Device]:
    """Return ``device`` if it is a device class whose build is not stale. Raises BenchError."""
    if isinstance(device, type) and issubclass(device, Device):
        fault = stale_class(device)
        if fault is not None:
            raise BenchError(fault)
        return device
    raise BenchError(f"{device!r} is no device: give a name or the class of a device")


def check_places(device: type[Device], places: Mapping[str, int], known: Iterable[str]) -> None:
    """Check ``at``: names of regions, or indexes of BARs, and addresses. Raises BenchError."""
    names = list(known)
    kind = "BAR" if issubclass(device, PciDevice) else "region"
    for name, address in places.items():
        if name not in names:
            hint = suggest(str(name), names)
            raise BenchError(f"at: {device.NAME} has no {kind} {name!r}{hint}; it has {', '.join(names) or 'none'}")
        if not isinstance(address, int) or address < 0:
            raise BenchError(f"at: the address of {kind} {name} is a number from 0 up, not {address!r}")


def check_bar_places(device: PciDevice, places: Mapping[str, int]) -> None:
    """Check that BARs lie at multiples of their sizes, as hardware can place them. Raises BenchError."""
    for bar in device.BARS:
        address = places.get(str(bar.index), 0)
        if address % bar.size:
            raise BenchError(f"at: BAR {bar.index} lies at a multiple of its size, {bar.size:#x}, not at {address:#x}")


def duration_of(duration: object) -> int:
    """Return a duration in ns. Raises BenchError."""
    if not isinstance(duration, int | str):
        raise BenchError(f"a duration is a number of ns, or a text as '2.5 ms', not {duration!r}")
    try:
        return nanoseconds(duration)
    except ValueError as error:
        raise BenchError(str(error)) from None


def check_load(address: object, length: object) -> None:
    """Check a range of guest memory. Raises BenchError."""
    if not isinstance(address, int) or address < 0:
        raise BenchError(f"an address is a number from 0 up, not {address!r}")
    if not isinstance(length, int) or not 0 <= length <= MOST_BYTES:
        raise BenchError(f"a length is a number of bytes, at most {MOST_BYTES:#x}, not {length!r}")


def bytes_of(data: Any) -> bytes:
    """Return ``data`` as bytes. Raises BenchError for a text or a number."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise BenchError(f"the data are bytes, as b'abc', not {_shown(data)}")
    return bytes(data)


def check_level(level: object) -> None:
    """Check a level of a trace. Raises BenchError."""
    if level not in LEVELS:
        raise BenchError(f"a trace's level is {', '.join(LEVELS)}, not {level!r}{suggest(str(level), LEVELS)}")


def check_line_level(level: object) -> None:
    """Check the level that an input is driven to. Raises BenchError."""
    if not isinstance(level, int) or level not in (0, 1):
        raise BenchError(f"the level of an input is 0 or 1, not {_shown(level)}")


def check_text_file(file: object) -> None:
    """Check the file of a recording. Raises BenchError."""
    if not hasattr(file, "write"):
        raise BenchError(
            f"a recording needs a file that is open for writing, as open('a.jsonl', 'w'), not {_shown(file)}"
        )


def unknown_part(device: str, kind: str, known: Iterable[str], name: object) -> BenchError:
    """The error for a line or stream that ``device`` does not have, or that must be named because it has several."""
    names = list(known)
    if not names:
        return BenchError(f"{device} has no {kind}")
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    if name is None:
        return BenchError(f"{device} has more than one {kind}: name one of {shown}")
    if f"{name}[0]" in names:
        count = sum(known_name.startswith(f"{name}[") for known_name in names)
        return BenchError(f"{device}: {kind} {name!r} is an array: name an element, {name}[0] to {name}[{count - 1}]")
    return BenchError(f"{device} has no {kind} {name!r}{suggest(str(name), names)}; it has {shown}")


def check_globs(only: Iterable[str], device: Device) -> None:
    """Check the globs that select what a trace of ``device`` shows. Raises BenchError."""
    if isinstance(only, str):
        raise BenchError(f"only is a list of globs, as [{only!r}], not a text")
    wrong = unmatched_glob(only, {device.name: device})
    if wrong is not None:
        raise BenchError(f"only: {wrong}")


def _shown(value: object) -> str:
    return hex(value) if isinstance(value, int) else f"{value!r:.60}"
