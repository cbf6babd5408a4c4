"""A driver that looks at THRE loses nothing, however slowly the other side of the socket reads."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from pathlib import Path

from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.machine.stream_inputs import StreamInputs
from devgen.runtime.machine.stream_outputs import BACKLOG

THR, LSR, THRE = 0x3F8, 0x3FD, 0x20
SENT = 3 * BACKLOG // 2
"""More than the backlog and a socket's buffer hold together."""


class Loop:
    """An event loop whose events are handled when the test says so."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._callbacks: dict[int, Callable[[], None]] = {}

    def watch_event(self, fd: int, callback: Callable[[], None]) -> None:
        self._poll.register(fd, select.EPOLLIN)
        self._callbacks[fd] = callback

    def unwatch_event(self, fd: int) -> None:
        self._poll.unregister(fd)
        del self._callbacks[fd]

    def handle(self) -> None:
        """Handle what is ready now."""
        for fd, _ in self._poll.poll(0):
            if fd in self._callbacks:
                self._callbacks[fd]()


def test_a_16550_whose_reader_is_slow_loses_nothing(tmp_path: Path) -> None:
    uart = DevicePlacement("uart", "serial16550", at={"ports": 0x3F8}, streams={"serial": f"socket:{tmp_path / 's'}"})
    loop, heard, sent, waited = Loop(), bytearray(), 0, 0
    with (
        Machine(MachineConfig(ram=1 << 20, clock="manual", devices=(uart,)), Registry()) as machine,
        socket.socket(socket.AF_UNIX) as reader,
    ):
        inputs = StreamInputs(machine, loop, lambda: None)
        inputs.start()
        reader.connect(str(tmp_path / "s"))
        reader.setblocking(False)
        loop.handle()
        while len(heard) < SENT:
            while sent < SENT and machine.io.read(LSR, 1) & THRE:
                machine.io.write(THR, sent % 251, 1)
                sent += 1
            waited += sent < SENT
            loop.handle()
            try:
                heard += reader.recv(1 << 16)
            except BlockingIOError:
                assert sent < SENT or machine.devices["uart"].streams["serial"].writable < BACKLOG
        inputs.close()
    assert heard == bytes(number % 251 for number in range(SENT))
    assert waited
