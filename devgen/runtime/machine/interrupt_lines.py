"""The interrupt lines of a machine: GSIs and the NMI wire, each with several sources and several sinks."""

from __future__ import annotations

from collections.abc import Callable

from devgen.runtime.base.machine_lock import MachineLock
from devgen.runtime.device.irq_line import IrqLine
from devgen.runtime.machine.gsi import SharedLine

GsiSink = Callable[[int, int], None]


class InterruptLines:
    """The lines that devices drive and hosts follow. ``lock`` is the machine's; hosts connect sinks under it."""

    def __init__(self, lock: MachineLock) -> None:
        self.lock = lock
        self.gsi_sinks: list[GsiSink] = []
        self._gsis: dict[int, SharedLine] = {}
        self.nmi = SharedLine(self._nmi_changed)
        """The wire to the processor's NMI input: its rising edge is a non-maskable interrupt."""
        self._nmi_sinks: list[Callable[[], None]] = []

    def connect_line(self, line: IrqLine, gsi: int) -> None:
        """Connect ``line`` to ``gsi``; the GSI's level is the OR of all connected lines."""
        if gsi not in self._gsis:
            self._gsis[gsi] = SharedLine(lambda level: self._gsi_changed(gsi, level))
        line.connect(self._gsis[gsi].source(line.level))

    def connect_gsi(self, sink: GsiSink) -> None:
        """Call ``sink(gsi, level)`` on every change, and immediately for each GSI that is high."""
        with self.lock:
            self.gsi_sinks.append(sink)
            for gsi, line in self._gsis.items():
                if line.level:
                    sink(gsi, 1)

    def disconnect_gsi(self, sink: GsiSink) -> None:
        """Undo ``connect_gsi``."""
        with self.lock:
            if sink in self.gsi_sinks:
                self.gsi_sinks.remove(sink)

    def gsi_level(self, gsi: int) -> int:
        """The present level (0 or 1) of ``gsi``; 0 if nothing is connected to it."""
        line = self._gsis.get(gsi)
        return 0 if line is None else line.level

    def _gsi_changed(self, gsi: int, level: int) -> None:
        for sink in self.gsi_sinks:
            sink(gsi, level)

    def connect_nmi(self, sink: Callable[[], None]) -> None:
        """Call ``sink()`` for each rising edge of the NMI wire, and immediately if it is high."""
        with self.lock:
            self._nmi_sinks.append(sink)
            if self.nmi.level:
                sink()

    def disconnect_nmi(self, sink: Callable[[], None]) -> None:
        """Undo ``connect_nmi``."""
        with self.lock:
            if sink in self._nmi_sinks:
                self._nmi_sinks.remove(sink)

    def _nmi_changed(self, level: int) -> None:
        if level:
            for sink in self._nmi_sinks:
                sink()
