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
    """A declared property: an int within ``low .. high`` (forced in if ``clamp``, else refused), a bool or a string.

    One of type "bytes" is given as hexadecimal text of at most ``size`` bytes; the rest is zero.
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
        """The value in force. Raises DeviceError if it is of another type or outside the range."""
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
