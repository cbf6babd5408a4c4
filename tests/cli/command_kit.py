"""What a command did, for the tests of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ACCELS = ("emulator", pytest.param("kvm", marks=pytest.mark.kvm))
"""Parameters of a test that runs on either host."""

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]
