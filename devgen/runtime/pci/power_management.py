"""PCI power management: the capability, the power states and PME#.

In D1, D2 and D3hot a function responds to configuration accesses only: its BARs are not decoded, and it neither masters
the bus nor interrupts. On the transition from D3hot to D0 it resets itself unless its No_Soft_Reset bit is set.

Source: PCI Bus Power Management Interface Specification 1.2, sections 3.2 (registers) and 5.4 (functions' states).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from devgen.runtime.base.faults import DeviceError
from devgen.runtime.pci.config_space import PciConfig

POWER_ID: Final = 0x01
SIZE: Final = 8
D0, D1, D2, D3HOT, D3COLD = range(5)

_VERSION = 3
"""Revision 1.2 of the specification."""
_D1_SUPPORT = 1 << 9
_D2_SUPPORT = 1 << 10
_PME_SUPPORT = 11
_STATE = 0x3
_NO_SOFT_RESET = 1 << 3
_PME_ENABLE = 1 << 8
_PME_STATUS = 1 << 15


@dataclass(slots=True, frozen=True)
class PowerManagement:
    """A power management capability. ``d1`` and ``d2`` say whether the function supports these states.

    ``pme`` lists the states from which PME# can be asserted: 0 to 4 for D0, D1, D2, D3hot and D3cold. With
    ``no_soft_reset``, the transition from D3hot to D0 does not reset the function.
    """

    d1: bool = False
    d2: bool = False
    pme: tuple[int, ...] = ()
    no_soft_reset: bool = False
    at: int | None = None


class PowerControl:
    """The behaviour of a `PowerManagement` capability.

    ``changed()`` is called when PME# or the power state may have changed, ``reset()`` when the function resets itself.
    Raises DeviceError if ``pme`` contains a state that the function does not support.
    """

    def __init__(
        self, config: PciConfig, capability: PowerManagement, changed: Callable[[], None], reset: Callable[[], None]
    ) -> None:
        states = {D0, D3HOT, D3COLD} | ({D1} if capability.d1 else set()) | ({D2} if capability.d2 else set())
        if not states >= set(capability.pme):
            raise DeviceError("power management: PME# in a state that the function does not support")
        self._states = states
        self._pme = capability.pme
        self._no_soft_reset = capability.no_soft_reset
        self._config = config
        self._changed = changed
        self._reset = reset
        support = sum(1 << _PME_SUPPORT + state for state in capability.pme)
        about = _VERSION | (_D1_SUPPORT if capability.d1 else 0) | (_D2_SUPPORT if capability.d2 else 0) | support
        control = _NO_SOFT_RESET if capability.no_soft_reset else 0
        writable = _STATE | (_PME_ENABLE if capability.pme else 0)
        body = (about | control << 16).to_bytes(SIZE - 2, "little")
        self.offset = config.add_capability(POWER_ID, body, (writable << 16).to_bytes(4, "little"), at=capability.at)
        self._register = self.offset + 4
        self._state = D0
        if capability.pme:
            config.clear(self._register, _PME_STATUS, 2)
            config.drive(self._register, _PME_STATUS, 2)
        if D3COLD in capability.pme:
            config.keep(self._register, _PME_STATUS | _PME_ENABLE, 2)
        config.watch(self._register, 2, self._written)

    @property
    def state(self) -> int:
        """The present power state, 0 to 3."""
        return self._state

    @property
    def asserts_pme(self) -> bool:
        """Whether the function asserts PME#."""
        wanted = _PME_ENABLE | _PME_STATUS
        return self._config.get(self._register, 2) & wanted == wanted

    def raise_pme(self) -> None:
        """Set PME_Status to wake the system; does nothing in a power state without PME# support."""
        if self._state in self._pme:
            self._config.put(self._register, self._config.get(self._register, 2) | _PME_STATUS, 2)
            self._changed()

    def follow(self) -> None:
        """Take the power state from configuration space, after it was written, reset or restored."""
        self._state = self._config.get(self._register, 2) & _STATE
        self._config.asleep = self._state != D0

    def _written(self) -> None:
        before, value = self._state, self._config.get(self._register, 2)
        wanted = value & _STATE
        # A write of an unsupported state is ignored, and from D1 to D3hot the only way up is to D0 (3.2.4, 5.4).
        if wanted not in self._states or D0 < wanted < before:
            self._config.put(self._register, value & ~_STATE | before, 2)
        self.follow()
        self._changed()
        if before == D3HOT and self._state == D0 and not self._no_soft_reset:
            self._reset()
