"""The node of the PCI host bridge: a generic ECAM host with a port and a memory window.

Source: bindings/pci/host-generic-pci.yaml, bindings/pci/pci-msi.txt; PCI Bus Binding to IEEE 1275, revision 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from devgen.common.machine_map import SPACE_SIZES, VIRT_BARS, VIRT_END, VIRT_HIGH_BARS, VIRT_PORTS, VIRT_RAM
from devgen.runtime.boot.device_tree.device_nodes import spi
from devgen.runtime.boot.device_tree.tree_node import TreeNode, cells, wide
from devgen.runtime.machine.machine import Machine
from devgen.runtime.pci.ecam import ECAM_SIZE
from devgen.runtime.pci.pci_bus import PciBus

_PORTS = 0x0100_0000
_MEMORY_32 = 0x0200_0000
_MEMORY_64 = 0x0300_0000
_ALIGNMENT = 1 << 20
_GIBIBYTE = 1 << 30
_TURNS = 4  # slots after which the rotation of INTA# to INTD# repeats


def add_pci(root: TreeNode, machine: Machine, gic: int, its: int) -> None:
    """Add the host bridge of ``machine``, which has one, to ``root``; ``gic`` and ``its`` are phandles."""
    ecam = machine.config.ecam_address
    assert ecam is not None  # a machine of type virt with PCI has the window
    node = root.add(f"pcie@{ecam:x}", compatible="pci-host-ecam-generic")
    node.properties |= {
        "device_type": "pci",
        "reg": wide(ecam, ECAM_SIZE),
        "bus-range": (0, 0),
        "linux,pci-domain": 0,
        "dma-coherent": True,
        "#address-cells": 3,
        "#size-cells": 2,
        "ranges": b"".join(_ranges(machine)),
        "#interrupt-cells": 1,
        "interrupt-map-mask": ((_TURNS - 1) << 11, 0, 0, 7),
        "interrupt-map": cells(cell for entry in _interrupts(machine, gic) for cell in entry),
        "msi-map": (0, its, 0, 0x10000),
    }


def _ranges(machine: Machine) -> Iterator[bytes]:
    """Yield the windows. The binding allows three: of each window for BARs, the longest part without a device."""
    yield cells((_PORTS, 0, 0)) + wide(VIRT_PORTS, SPACE_SIZES["pio"])
    for kind, start, end in (
        (_MEMORY_32, VIRT_BARS, VIRT_PORTS),
        (_MEMORY_64, _high_start(machine), min(_high_start(machine) + VIRT_HIGH_BARS, VIRT_END)),
    ):
        parts = (_aligned(*gap) for gap in machine.layout.gaps("mmio", start, end))
        low, high = max(parts, key=_length, default=(0, 0))
        if low < high:
            yield cells((kind,)) + wide(low, low, high - low)


def _aligned(first: int, after: int) -> tuple[int, int]:
    return -(-first // _ALIGNMENT) * _ALIGNMENT, after // _ALIGNMENT * _ALIGNMENT


def _length(part: tuple[int, int]) -> int:
    return part[1] - part[0]


def _high_start(machine: Machine) -> int:
    ram_end = VIRT_RAM + machine.config.ram
    return max(4 * _GIBIBYTE, -(-ram_end // _GIBIBYTE) * _GIBIBYTE)


def _interrupts(machine: Machine, gic: int) -> Iterator[tuple[int, ...]]:
    """Yield slot, pin and SPI. The GIC has two address cells."""
    for slot in range(_TURNS):
        for pin in range(1, 5):
            gsi = machine.config.intx_gsis[PciBus.intx_index(slot, pin)]
            yield slot << 11, 0, 0, pin, gic, 0, 0, *spi(gsi)
