"""How a run of a guest ended: what every CPU host's ``run`` gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StopReason = Literal["exit", "halt", "shutdown", "timeout", "stopped", "error"]


@dataclass(slots=True, frozen=True)
class RunResult:
    """Why a run ended.

    - ``exit``: a device asked for it (``Machine.request_exit``); ``code`` is what it gave.
    - ``halt``: the processor halted where nothing can wake it.
    - ``shutdown``: triple fault, or the guest powered off.
    - ``timeout``: the time given to ``run`` is over; ``stopped``: someone called ``stop``. The run may go on later.
    - ``error``: the host cannot go on; ``detail`` is one line saying why.

    ``code`` is 0 unless the reason is ``exit``; ``accel`` names the host (``kvm``, ``emulator``).
    """

    reason: StopReason
    code: int = 0
    detail: str = ""
    accel: str = ""

    @property
    def ok(self) -> bool:
        """Whether the guest ended the run itself, with code 0."""
        return self.reason == "exit" and self.code == 0

    def __str__(self) -> str:
        """One line for people."""
        text = f"exit code {self.code}" if self.reason == "exit" else self.reason
        return f"{text}: {self.detail}" if self.detail else text
