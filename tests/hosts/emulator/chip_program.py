"""Programs of accesses to the chips beside the processor, compiled to one guest that runs on either CPU host.

A step is a port or memory access of the guest, a change of a GSI, a message, or ``take``: interrupts are open for a
moment, and one that waits is taken. Each read and each vector taken is a result, in order. Nothing depends on time.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from kvm_parts import LOAD, Recorder, rig

from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.kvm import KvmHost
from devgen.runtime.machine.machine import Machine

RESULTS = 0x40000
VECTOR = 0x30000
RESUME = 0x30004
IDT = 0x8000
STUBS = 0x9000
CODE = 0x10000
GSI_PORT = 0x300
MESSAGE_PORT = 0x380
NONE = 0xFFFFFFFF
"""What ``take`` gives when nothing waits."""


@dataclass(frozen=True)
class Out:
    """OUT of a byte."""

    port: int
    value: int


@dataclass(frozen=True)
class In:
    """IN of a byte."""

    port: int


@dataclass(frozen=True)
class Write:
    """A store of 32 bits."""

    address: int
    value: int


@dataclass(frozen=True)
class Read:
    """A load of 32 bits."""

    address: int


@dataclass(frozen=True)
class Line:
    """A GSI's level."""

    gsi: int
    level: int


@dataclass(frozen=True)
class Message:
    """An MSI to 0xfee00000."""

    data: int


@dataclass(frozen=True)
class Take:
    """Interrupts are open for a few instructions, one of which leaves the guest; the result is the vector taken."""


Step = Out | In | Write | Read | Line | Message | Take


def dword(value: int) -> bytes:
    return struct.pack("<I", value)


def load_edx(value: int) -> bytes:
    return b"\xba" + dword(value)


def load_eax(value: int) -> bytes:
    return b"\xb8" + dword(value)


class Compiler:
    """32-bit machine code of steps, at ``base``."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.code = bytearray()
        self.results = 0

    def _store(self) -> bytes:
        """mov %eax, to the next result."""
        address = RESULTS + 4 * self.results
        self.results += 1
        return b"\xa3" + dword(address)

    def add(self, step: Step) -> None:
        match step:
            case Out(port, value):
                self.code += load_edx(port) + b"\xb0" + bytes((value,)) + b"\xee"
            case In(port):
                self.code += load_eax(0) + load_edx(port) + b"\xec" + self._store()
            case Write(address, value):
                self.code += b"\xc7\x05" + dword(address) + dword(value)
            case Read(address):
                self.code += b"\xa1" + dword(address) + self._store()
            case Line(gsi, level):
                self.code += load_edx(GSI_PORT + gsi) + b"\xb0" + bytes((level,)) + b"\xee"
            case Message(data):
                self.code += load_edx(MESSAGE_PORT) + load_eax(data) + b"\xef"
            case Take():
                self._take()

    def _take(self) -> None:
        self.code += b"\xc7\x05" + dword(VECTOR) + dword(NONE)
        window = b"\xfb\x90\xe6\x80\x90\xfa"  # sti; nop; out %al, $0x80; nop; cli
        resume = self.base + len(self.code) + 10 + len(window)
        self.code += b"\xc7\x05" + dword(RESUME) + dword(resume) + window
        self.code += b"\xa1" + dword(VECTOR) + self._store()


def guest(steps: list[Step]) -> tuple[bytes, int]:
    """The image for LOAD and the number of results."""
    start = b"\xfa\xbc" + dword(0x6000) + b"\x0f\x01\x1d" + dword(LOAD + 0x40) + b"\xb8" + dword(CODE) + b"\xff\xe0"
    compiler = Compiler(CODE)
    for step in steps:
        compiler.add(step)
    compiler.code += b"\xb0\x00\xe6\xf4\xeb\xfe"
    image = bytearray(CODE - LOAD) + compiler.code
    image[0 : len(start)] = start
    image[0x40:0x46] = struct.pack("<HI", 0x7FF, IDT)
    for vector in range(256):
        stub = STUBS + 32 * vector
        struct.pack_into("<HHHH", image, IDT - LOAD + 8 * vector, stub & 0xFFFF, 0x08, 0x8E00, stub >> 16)
        body = b"\xc7\x05" + dword(VECTOR) + dword(vector) + b"\xbc" + dword(0x6000) + b"\xff\x25" + dword(RESUME)
        image[stub - LOAD : stub - LOAD + len(body)] = body
    return bytes(image), compiler.results


def prepare(steps: list[Step]) -> Machine:
    """A machine whose guest carries out ``steps`` and ends its run."""
    made = rig(guest(steps)[0], mode="protected", irqchip="kernel")
    machine = made.machine
    lines, messages = Recorder(), Recorder()

    def drive(offset: int, _size: int, value: int) -> None:
        for sink in machine.gsi_sinks:
            sink(offset, value & 1)

    def send(_offset: int, _size: int, value: int) -> None:
        for sink in machine.message_sinks:
            sink(0xFEE00000, value)

    lines.on_write, messages.on_write = drive, send
    made.map_port(GSI_PORT, 24, lines)
    made.map_port(MESSAGE_PORT, 4, messages)
    return machine


def run(steps: list[Step], host: type[EmulatorHost] | type[KvmHost]) -> list[int]:
    """The results of ``steps`` on ``host``."""
    results = guest(steps)[1]
    with prepare(steps) as machine, host(machine) as running:
        result = running.run(10)
        assert result.reason == "exit", (host.__name__, result)
        data = machine.memory.read_bytes(RESULTS, 4 * results)
    return list(struct.unpack(f"<{results}I", data))
