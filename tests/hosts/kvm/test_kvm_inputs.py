"""Bytes from the host reach a device of a running guest."""

import os
import threading
from pathlib import Path

from kvm_code import SPIN
from kvm_parts import Rig, rig

from devgen.hosts.kvm import KvmHost
from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.machine.machine_config import DevicePlacement
from devgen.runtime.machine.stream_backends import NullBackend


class Listener(Device):
    """Collects what its stream brings; a zero byte ends the run."""

    NAME = "listener"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.heard = bytearray()
        self.add_stream("input", self.receive)

    def receive(self, value: int) -> None:
        self.heard.append(value)
        if value == 0:
            self.emit("DONE", code=0)


class PipeBackend(NullBackend):
    """A stream end with something to say."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def fileno(self) -> int | None:
        return self.fd


def listening(made: Rig, fd: int) -> Listener:
    device = made.machine.add_device(DevicePlacement("ear", "listener", on_event={"DONE": "exit"}), Listener)
    made.machine.backends["ear", "input"] = PipeBackend(fd)
    assert isinstance(device, Listener)
    return device


def test_bytes_arrive_in_order_while_the_guest_runs() -> None:
    reader, writer = os.pipe()
    made = rig(SPIN)
    ear = listening(made, reader)
    with KvmHost(made.machine) as host:
        timer = threading.Timer(0.02, os.write, (writer, b"hello\0"))
        timer.start()
        assert host.run(10).ok
        timer.join()
    assert ear.heard == b"hello\0"
    os.close(reader)
    os.close(writer)


def test_an_end_that_closes_is_forgotten_and_costs_nothing() -> None:
    reader, writer = os.pipe()
    made = rig(SPIN)
    ear = listening(made, reader)
    os.write(writer, b"bye")
    os.close(writer)
    with KvmHost(made.machine) as host:
        assert host.run(0.1).reason == "timeout"
    assert ear.heard == b"bye"
    os.close(reader)


def test_a_plain_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "typed"
    path.write_bytes(b"x" * 10_000 + b"\0")
    with path.open("rb") as file:
        made = rig(SPIN)
        ear = listening(made, file.fileno())
        with KvmHost(made.machine) as host:
            assert host.run(10).ok
    assert ear.heard == path.read_bytes()
