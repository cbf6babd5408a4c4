"""The names that generated modules import, and the lines that import them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from devgen.targets.python.python_literals import WIDTH
from devgen.targets.python.source_tree import Import, Uses

IMPORTS: Final = {
    name: Import(module, name)
    for module, name in (
        ("collections.abc", "Mapping"),
        ("functools", "partial"),
        ("typing", "ClassVar"),
        ("devgen.runtime.device.described_registers", "Shape"),
        ("devgen.runtime.device.device", "Device"),
        ("devgen.runtime.device.environment", "Environment"),
        ("devgen.runtime.device.fifo", "Fifo"),
        ("devgen.runtime.device.firmware_identity", "AcpiIdentity"),
        ("devgen.runtime.device.firmware_identity", "DeviceTreeIdentity"),
        ("devgen.runtime.device.firmware_identity", "FirmwareRegister"),
        ("devgen.runtime.device.properties", "Property"),
        ("devgen.runtime.device.properties", "PropertyValue"),
        ("devgen.runtime.device.saved_state", "StateItem"),
        ("devgen.runtime.memory.access", "Access"),
        ("devgen.runtime.memory.memory_region", "MemoryRegion"),
        ("devgen.runtime.memory.ram_block", "RamBlock"),
        ("devgen.runtime.memory.register_bank", "Reg"),
        ("devgen.runtime.memory.register_bank", "RegisterBank"),
        ("devgen.runtime.memory.register_window", "Window"),
        ("devgen.runtime.pci", "Bar"),
        ("devgen.runtime.pci", "Express"),
        ("devgen.runtime.pci", "Msi"),
        ("devgen.runtime.pci", "MsiX"),
        ("devgen.runtime.pci", "PciDevice"),
        ("devgen.runtime.pci", "PciIdentity"),
        ("devgen.runtime.pci", "PowerManagement"),
        ("devgen.runtime.pci", "SerialNumber"),
        ("devgen.runtime.pci", "VendorExtended"),
        ("devgen.runtime.pci", "VendorSpecific"),
        ("devgen.runtime.time.counter", "Counter"),
        ("devgen.runtime.time.timer", "Timer"),
    )
}
"""Every name that a generated module may import, in the order of import lines."""


@lru_cache(maxsize=64)
def imported(name: str) -> Uses:
    """Return the use of ``name``, one of IMPORTS."""
    return frozenset((IMPORTS[name],))


class ImportRecorder:
    """Gives importable names to a template and records them, so that the module imports exactly the printed names."""

    def __init__(self) -> None:
        self._used: set[Import] = set()

    def use(self, name: str) -> str:
        """``name``, which the module then imports. Raises KeyError for a name that is not in IMPORTS."""
        self._used.add(IMPORTS[name])
        return name

    def record(self, uses: Uses) -> None:
        """Record the imports among ``uses``."""
        self._used.update(used for used in uses if isinstance(used, Import))

    def standard(self) -> list[str]:
        """Return the import lines of the standard library."""
        return list(self._lines(runtime=False))

    def runtime(self) -> list[str]:
        """Return the import lines of the runtime."""
        return list(self._lines(runtime=True))

    def _lines(self, runtime: bool) -> Iterator[str]:
        modules: dict[str, list[str]] = {}
        for found in IMPORTS.values():
            if found in self._used and found.module.startswith("devgen.") == runtime:
                modules.setdefault(found.module, []).append(found.name)
        for module, names in modules.items():
            yield from _import_lines(module, names)


def _import_lines(module: str, names: Iterable[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"    {name}," for name in names), ")"]
