"""Chromium without a window, for tests of pages: loads a file, says what went wrong, runs JavaScript in it.

Chromium speaks its DevTools protocol over two pipes: JSON messages, each followed by a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "needs Chromium (on Debian: apt-get install chromium)"
PATIENCE = 120
"""Seconds for one answer; the machine may be busy."""


def find() -> str | None:
    """The browser's path, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Page:
    """A page that was loaded: what it reported, and what it asked the network for."""

    browser: Browser
    session: str
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        result = self.browser.call("Runtime.evaluate", self, expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def resize(self, width: int, height: int = 900, dark: bool = False) -> None:
        """Give the window a size in CSS pixels, and say which colours the user likes."""
        self.browser.call(
            "Emulation.setDeviceMetricsOverride", self, width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.call("Emulation.setEmulatedMedia", self, features=[scheme])

    def screenshot(self, path: Path) -> None:
        """What the window shows, as PNG."""
        data = self.browser.call("Page.captureScreenshot", self, format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def hear(self, method: str, params: dict[str, Any]) -> None:
        """Note an event of the protocol."""
        match method:
            case "Runtime.exceptionThrown":
                self.faults.append(str(params["exceptionDetails"].get("exception", params).get("description", params)))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.faults.append(params["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])


class Browser:
    """A running Chromium with a profile of its own in ``folder``."""

    def __init__(self, folder: Path) -> None:
        program = find()
        assert program is not None, MISSING
        ours, self._out = os.pipe()
        self._in, theirs = os.pipe()
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        command += [f"--user-data-dir={folder}", "--no-first-run", "--disable-background-networking", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{ours} 4>&{theirs}', "bash", *command],
            pass_fds=(ours, theirs),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours)
        os.close(theirs)
        self._rest = b""
        self._number = 0
        self._pages: dict[str, Page] = {}

    def __enter__(self) -> Browser:
        """The browser itself; it ends with the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the browser."""
        self._process.terminate()
        self._process.wait(timeout=PATIENCE)
        os.close(self._in)
        os.close(self._out)

    def load(self, file: Path, width: int = 1400, height: int = 900, dark: bool = False) -> Page:
        """A page in a window of that size, when its scripts have run."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable", page)
        page.resize(width, height, dark)
        self.call("Page.navigate", page, url=file.as_uri())
        deadline = time.monotonic() + PATIENCE
        while page.run("document.readyState + location.protocol") != "completefile:":
            assert time.monotonic() < deadline, f"{file} does not load"
            time.sleep(0.02)
        return page

    def call(self, method: str, page: Page | None = None, **params: Any) -> dict[str, Any]:
        """The result of a command of the protocol; events that come meanwhile are noted."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if page is not None:
            message["sessionId"] = page.session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result = answer["result"]
                assert isinstance(result, dict)
                return result
            about = self._pages.get(answer.get("sessionId", ""))
            if about is not None and "method" in answer:
                about.hear(answer["method"], answer["params"])

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], PATIENCE)
            assert ready, "Chromium does not answer"
            data = os.read(self._in, 1 << 16)
            assert data, "Chromium has ended"
            self._rest += data
        text, _, self._rest = self._rest.partition(b"\0")
        answer = json.loads(text)
        assert isinstance(answer, dict)
        return answer
