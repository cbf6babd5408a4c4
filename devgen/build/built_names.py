"""The names that a build gives a device, for code that uses the device."""

from __future__ import annotations

from devgen.language.module_names import module_name
from devgen.targets.python.python_names import class_name


def built_names(device: str) -> tuple[str, str]:
    """Return the module and the class of a device: ``pci_testdev`` and ``PciTestdev`` of ``pci-testdev``."""
    return module_name(device), class_name(device)
