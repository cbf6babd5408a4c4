"""PSCI calls of a machine with one processor, as KVM answers them.

Arm DEN 0022 (Power State Coordination Interface), 5.1; Arm DEN 0028 (SMC calling convention), 7.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

VERSION_1_0: Final = 0x1_0000
SMCCC_1_1: Final = 0x1_0001
NOT_SUPPORTED: Final = -1
INVALID_PARAMETERS: Final = -2
ALREADY_ON: Final = -4
_NO_TRUSTED_OS: Final = 2
_ON: Final = 0

_KNOWN: Final = frozenset(
    (
        0x8000_0000,  # SMCCC_VERSION
        0x8400_0000,  # PSCI_VERSION
        0x8400_0001,  # CPU_SUSPEND
        0xC400_0001,
        0x8400_0002,  # CPU_OFF
        0x8400_0003,  # CPU_ON
        0xC400_0003,
        0x8400_0004,  # AFFINITY_INFO
        0xC400_0004,
        0x8400_0006,  # MIGRATE_INFO_TYPE
        0x8400_0008,  # SYSTEM_OFF
        0x8400_0009,  # SYSTEM_RESET
        0x8400_000A,  # PSCI_FEATURES
    )
)
"""Function identifiers that PSCI_FEATURES confirms."""

Action = Literal["return", "sleep", "off", "power-off", "reset"]


@dataclass(slots=True, frozen=True)
class Answer:
    """What a call does. ``return``: only give ``value`` in X0; ``sleep``: also wait for an interrupt."""

    action: Action
    value: int = 0


def call(function: int, argument: int) -> Answer:
    """Carry out function ``function`` (W0) with its first argument (X1)."""
    match function & 0xFFFF_FFFF:
        case 0x8400_0000:  # PSCI_VERSION
            return Answer("return", VERSION_1_0)
        case 0x8000_0000:  # SMCCC_VERSION
            return Answer("return", SMCCC_1_1)
        case 0x8400_0001 | 0xC400_0001:  # CPU_SUSPEND
            return Answer("sleep")
        case 0x8400_0002:  # CPU_OFF
            return Answer("off")
        case 0x8400_0003 | 0xC400_0003:  # CPU_ON
            return Answer("return", ALREADY_ON if _is_this_processor(argument) else INVALID_PARAMETERS)
        case 0x8400_0004 | 0xC400_0004:  # AFFINITY_INFO
            return Answer("return", _ON if _is_this_processor(argument) else INVALID_PARAMETERS)
        case 0x8400_0006:  # MIGRATE_INFO_TYPE
            return Answer("return", _NO_TRUSTED_OS)
        case 0x8400_0008:  # SYSTEM_OFF
            return Answer("power-off")
        case 0x8400_0009:  # SYSTEM_RESET
            return Answer("reset")
        case 0x8400_000A:  # PSCI_FEATURES
            return Answer("return", 0 if argument & 0xFFFF_FFFF in _KNOWN else NOT_SUPPORTED)
    return Answer("return", NOT_SUPPORTED)


def _is_this_processor(affinity: int) -> bool:
    return not affinity & 0xFF_00FF_FFFF
