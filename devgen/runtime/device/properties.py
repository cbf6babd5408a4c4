"""Declared properties of a device, and the check of the values that a board or a test gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from devgen.runtime.base.faults import DeviceError

PropertyValue = int | bool | str

_KINDS = {
    "int": "an integer",
    "bool": "true or false",
    "string": "a string",
    "bytes": "hexadecimal text, two digits a byte",
}


@dataclass(slots=True, frozen=True)
class Property:
    """A declared property of a device.

    An int must be within ``low .. high``; with ``clamp``, a value outside is clamped instead of refused. A value of
    type "bytes" is hexadecimal text of at most ``size`` bytes, padded with zeros.
    """

    name: str
    type: Literal["int", "bool", "string", "bytes"]
    default: PropertyValue
    low: int = 0
    high: int = (1 << 64) - 1
    clamp: bool = False
    description: str = ""
    size: int = 0

    def check(self, device: str, value: object) -> PropertyValue:
        """Return the value to use. Raises DeviceError if it has another type or is outside the range."""
        match value:
            case bool() if self.type == "bool":
                return value
            case str() if self.type == "string":
                return value
            case str() if self.type == "bytes":
                return self._check_bytes(device, value)
            case int() if self.type == "int" and not isinstance(value, bool):
                return self._check_range(device, value)
        expected = _KINDS[self.type]
        raise DeviceError(f"{device}: property '{self.name}' must be {expected}, not {value!r}")

    def _check_bytes(self, device: str, value: str) -> str:
        try:
            data = bytes.fromhex(value)
        except ValueError:
            raise DeviceError(f"{device}: property '{self.name}' must be {_KINDS['bytes']}") from None
        if len(data) > self.size:
            raise DeviceError(f"{device}: property '{self.name}' has {len(data)} bytes; there is room for {self.size}")
        return data.ljust(self.size, b"\0").hex()

    def _check_range(self, device: str, value: int) -> int:
        if self.clamp:
            return min(max(value, self.low), self.high)
        if not self.low <= value <= self.high:
            raise DeviceError(f"{device}: property '{self.name}' is {value}; it must be {self.low} .. {self.high}")
        return value
