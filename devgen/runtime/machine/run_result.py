"""The result of a guest's run, returned by every CPU host's ``run``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StopReason = Literal["exit", "halt", "shutdown", "panic", "reset", "timeout", "stopped", "error"]


@dataclass(slots=True, frozen=True)
class RunResult:
    """Why a run ended.

    - ``exit``: a device requested it (``Machine.request_exit``) with exit code ``code``.
    - ``halt``: the processor halted and nothing can wake it.
    - ``shutdown``: triple fault.
    - ``panic``: a device reported that the guest has failed; ``code`` is 1.
    - ``reset``: the machine is to be reset. Hosts use it inside a run; no run ends with it.
    - ``timeout``: the timeout of ``run`` has passed. ``stopped``: ``stop`` was called. Another ``run`` continues.
    - ``error``: the host cannot continue; ``detail`` is one line with the reason.

    ``code`` is 0 unless the reason is ``exit`` or ``panic``; ``accel`` names the host (``kvm``, ``emulator``).
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
        """Return the result as one line of text."""
        text = f"exit code {self.code}" if self.reason == "exit" else self.reason
        return f"{text}: {self.detail}" if self.detail else text
