"""Modules of the small Linux: the dependencies of a module, and the module that drives a device.

A module names its dependencies (``depends``) and the devices that it drives (``alias``) in its section .modinfo;
depmod(8) makes its tables from the same entries. A device's modalias is matched against the aliases,
which are shell patterns.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from devgen.qemu.qemu_error import QemuError
from devgen.qemu.small_linux import Linux

_TABLE: Final = "aliases.json"
_KINDS: Final = ("pci", "virtio")
"""Kinds of aliases in the table: a virtio card's function is driven by one module, its device by another."""
_VIRTIO_VENDOR: Final = 0x1AF4
_VIRTIO_DEVICES: Final = range(0x1040, 0x1080)
"""PCI device IDs of virtio cards: 0x1040 plus the number of the device's type (Virtio 1.2, 4.1.2.1)."""


class UnknownModule(QemuError, LookupError):
    """The kernel has no module of that name."""


def module_paths(linux: Linux, names: Iterable[str]) -> list[Path]:
    """Return the modules of these names and their dependencies, in an order in which they can be loaded.

    Modules that are built into the kernel are left out. Raises UnknownModule.
    """
    # The list of the kernel's build is read, since it takes long to search the folders. Some modules are not unpacked.
    listed = (linux.modules / "modules.order").read_text().split()
    known = {plain_name(Path(line).stem): linux.modules / line for line in listed}
    built_in = {plain_name(Path(line).stem) for line in (linux.modules / "modules.builtin").read_text().split()}
    ordered: dict[Path, None] = {}

    def add(name: str) -> None:
        if plain_name(name) in built_in:
            return
        path = known.get(plain_name(name))
        if path is None or not path.exists():
            raise UnknownModule(f"{name} is not a module of devgen's Linux {linux.release}")
        if path not in ordered:
            for needed in depends(path):
                add(needed)
            ordered[path] = None

    for name in names:
        add(name)
    return list(ordered)


def plain_name(name: str) -> str:
    """Return a module's name as the kernel has it: files may have dashes for underscores."""
    return name.replace("-", "_")


def depends(module: Path) -> list[str]:
    """Return the names of the modules that a module needs."""
    found = re.search(rb"\0depends=([^\0]*)\0", module.read_bytes())
    return [name for name in found[1].decode().split(",") if name] if found else []


def pci_modalias(identity: tuple[int, int], subsystem: tuple[int, int], class_code: int) -> str:
    """Return the modalias of a PCI function (Linux, drivers/pci/pci-sysfs.c: modalias_show).

    ``identity``, ``subsystem``: vendor and device ID. ``class_code``: class, subclass and interface, 24 bits.
    """
    base, sub, interface = class_code >> 16, class_code >> 8 & 0xFF, class_code & 0xFF
    ids = "v{:08X}d{:08X}sv{:08X}sd{:08X}".format(*identity, *subsystem)
    return f"pci:{ids}bc{base:02X}sc{sub:02X}i{interface:02X}"


def virtio_modalias(identity: tuple[int, int]) -> str | None:
    """Return the modalias of the virtio device behind a PCI function; None if the function is no virtio card."""
    vendor, device = identity
    if vendor != _VIRTIO_VENDOR or device not in _VIRTIO_DEVICES:
        return None
    return f"virtio:d{device - _VIRTIO_DEVICES.start:08X}v{vendor:08X}"


def drivers(linux: Linux, modaliases: Iterable[str]) -> list[str]:
    """Return the names of the modules that drive devices of these modaliases, each once."""
    table = _aliases(linux)
    wanted = list(modaliases)
    found = (
        module
        for modalias in wanted
        for pattern, modules in table.items()
        if fnmatchcase(modalias, pattern)
        for module in modules
    )
    return list(dict.fromkeys(found))


def _aliases(linux: Linux) -> Mapping[str, list[str]]:
    """Return alias → modules; the table is made at the first use, and kept beside the kernel."""
    path = linux.folder / _TABLE
    try:
        table = json.loads(path.read_text())
        if isinstance(table, dict):
            return table
    except (OSError, ValueError):
        pass
    made = _read_aliases(linux)
    _write(path, json.dumps(made))
    return made


def _read_aliases(linux: Linux) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for path in sorted(linux.modules.rglob("*.ko")):
        for alias in re.findall(rb"\0alias=([^\0]*)", path.read_bytes()):
            text = alias.decode(errors="replace")
            if text.partition(":")[0] in _KINDS:
                table.setdefault(text, []).append(path.stem)
    return table


def _write(path: Path, text: str) -> None:
    """Write a file at once, or not at all: the cache may be read-only."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            file.write(text)
        os.replace(file.name, path)
    except OSError:
        return
