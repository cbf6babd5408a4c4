"""A shell that is given one command after the other, as a reader types them: folder, variables and jobs stay."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

MARK = "@shell-done "


class Shell:
    """A bash in ``folder``. Use as a context; leaving it kills whatever it still runs."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        commands, self._commands = os.pipe()
        # What a command reads is not the next command.
        loop = f'while IFS= read -r line <&{commands}; do eval "$line" </dev/null {commands}<&-; echo "{MARK}$?"; done'
        self._process = subprocess.Popen(
            ["bash", "-c", loop], cwd=folder, env=dict(environment), pass_fds=(commands,), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        os.close(commands)

    def run(self, command: str, seconds: float) -> str:
        """What the command prints; jobs in the background may add to it.

        Raises:
            AssertionError: it takes longer than ``seconds``, or its exit status is not 0.
        """
        os.write(self._commands, f"{command}\n".encode())
        output, end = "", time.monotonic() + seconds
        while (done := re.search(rf"^{MARK}(\d+)$", output, re.M)) is None:
            more = self._read(end - time.monotonic())
            assert more, f"$ {command}\n{output}\n… does not end within {seconds:.0f} s"
            output += more
        output = output[: done.start()]
        assert done[1] == "0", f"$ {command}\n{output}\n… exit status {done[1]}"
        return output

    def _read(self, seconds: float) -> str:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            ready = selector.select(max(seconds, 0))
        return os.read(self._process.stdout.fileno(), 65536).decode(errors="replace") if ready else ""

    def close(self) -> None:
        """Kill all that runs. May be called again."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self._process.wait(30)

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        os.close(self._commands)
        if self._process.stdout is not None:
            self._process.stdout.close()
