"""Unicorn's hooks for an x86 guest: ports, and the memory accesses of `devgen.hosts.emulator.memory_accesses`.

Known differences from KVM: REP INS to a hole stores each element, where KVM may join some; CMPS reads its operands in
the other order; floating-point loads and stores work, which KVM cannot emulate on device memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from devgen.hosts.emulator.host_calls import HostCalls
from devgen.hosts.emulator.memory_accesses import MemoryAccesses
from devgen.hosts.emulator.memory_map import GuestMemory
from devgen.hosts.emulator.unicorn_engine import Engine
from devgen.hosts.emulator.x86.port_bus import PortBus
from devgen.runtime.base.machine_lock import MachineLock

_INS: Final = frozenset((0x6C, 0x6D))


class GuestAccesses(MemoryAccesses):
    """``excepted`` is called with an exception's vector. ``instruction`` returns the present instruction's address and
    opcode without prefixes.
    """

    def __init__(
        self,
        engine: Engine,
        bus: PortBus,
        memory: GuestMemory,
        lock: MachineLock,
        calls: HostCalls,
        *,
        excepted: Callable[[int], None],
        instruction: Callable[[], tuple[int, bytes]],
    ) -> None:
        """``lock`` is the machine's, taken for each access."""
        super().__init__(engine, bus, memory, lock, calls)
        self._ports = bus
        self._excepted = excepted
        self._instruction = instruction
        self._probed: int | None = None

    def on_exception(self, _engine: object, vector: int, _data: object) -> None:
        """An exception (its instruction is aborted and makes no further access) or an INT n (completed)."""
        self.forget()
        self._probed = None
        self._excepted(vector)

    # --- ports -------------------------------------------------------------------------------

    def on_in(self, _engine: object, port: int, size: int, _data: object) -> int:
        """IN, and each element of INS."""
        try:
            with self._lock:
                value = self._ports.read_port(port, size)
                self._settle()
        except Exception as error:
            self._failed(error)
            return 0
        return value

    def on_out(self, _engine: object, port: int, size: int, value: int, _data: object) -> None:
        """OUT, and each element of OUTS."""
        try:
            with self._lock:
                self._ports.write_port(port, value & ((1 << 8 * size) - 1), size)
                self._settle()
        except Exception as error:
            self._failed(error)

    # --- stores ------------------------------------------------------------------------------

    def _store_to_device(self, address: int, size: int, value: int) -> None:
        if value or not self._is_probe():
            self._probed = None
            self._bus.write_memory(address, value, size)
            self._settle()

    def _is_probe(self) -> bool:
        """Whether this is the zero that Unicorn stores before each element of INS, to test the page's permission."""
        place, opcode = self._instruction()
        if opcode[:1] and opcode[0] in _INS and self._probed != place:
            self._probed = place
            return True
        return False
