"""The device tree of a board of type `virt`.

Source: bindings/arm/cpus.yaml and psci.yaml, bindings/interrupt-controller/arm,gic-v3.yaml,
bindings/timer/arm,arch_timer.yaml, Devicetree Specification 0.4, chapter 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from devgen.common.machine_map import GIC_DISTRIBUTOR, GIC_ITS, GIC_REDISTRIBUTORS, REDISTRIBUTOR_SIZE, ram_parts
from devgen.runtime.boot.device_tree.device_nodes import HIGH_LEVEL, DeviceNodes
from devgen.runtime.boot.device_tree.pci_node import add_pci
from devgen.runtime.boot.device_tree.phandles import Phandles
from devgen.runtime.boot.device_tree.tree_node import TreeNode, cells, flattened, wide
from devgen.runtime.machine.machine import Machine

PRIVATE = 1
"""The kind of a processor's own interrupt in the GIC's first cell."""
TIMERS = (13, 14, 11, 10)
"""Private interrupts of the architected timer: secure, non-secure, virtual, hypervisor."""
_CLUSTER = 16  # processors with the same affinity level 1, as KVM numbers them


@dataclass(slots=True, frozen=True)
class Chosen:
    """The node ``chosen``: the command line, and the first address and the end of the initial RAM disk."""

    bootargs: str
    initrd: tuple[int, int] | None


def virt_tree(machine: Machine, chosen: Chosen) -> bytes:
    """Return the flattened device tree of ``machine``. Raises MachineError."""
    return flattened(virt_nodes(machine, chosen))


def virt_nodes(machine: Machine, chosen: Chosen) -> TreeNode:
    """Return the tree as nodes."""
    phandles = Phandles()
    gic, its = phandles.new(), phandles.new()
    root = TreeNode("", {"compatible": "linux,dummy-virt", "model": f"devgen,{machine.name}"})
    root.properties |= {"#address-cells": 2, "#size-cells": 2, "interrupt-parent": gic}
    first = root.add("chosen", bootargs=chosen.bootargs)
    if chosen.initrd is not None:
        first.properties["linux,initrd-start"] = wide(chosen.initrd[0])
        first.properties["linux,initrd-end"] = wide(chosen.initrd[1])
    _add_memory(root, machine)
    _add_processors(root, machine.config.cpus)
    _add_interrupt_controllers(root, machine.config.cpus, gic, its)
    devices = DeviceNodes(machine, root, phandles)
    devices.add()
    if devices.console is not None:
        first.properties["stdout-path"] = devices.console
    if machine.pci is not None:
        add_pci(root, machine, gic, its)
    return root


def _add_memory(root: TreeNode, machine: Machine) -> None:
    for start, size in ram_parts("virt", 0 if machine.ram is None else machine.ram.size):
        node = root.add(f"memory@{start:x}", reg=wide(start, size))
        node.properties["device_type"] = "memory"


def _add_processors(root: TreeNode, count: int) -> None:
    node = root.add("cpus")
    node.properties |= {"#address-cells": 1, "#size-cells": 0}
    for index in range(count):
        affinity = index // _CLUSTER << 8 | index % _CLUSTER
        processor = node.add(f"cpu@{affinity:x}", compatible="arm,armv8", reg=affinity, enable_method="psci")
        processor.properties["device_type"] = "cpu"
    root.add("psci", compatible=("arm,psci-1.0", "arm,psci-0.2"), method="hvc")
    interrupts = cells(cell for number in TIMERS for cell in (PRIVATE, number, HIGH_LEVEL))
    root.add("timer", compatible="arm,armv8-timer", interrupts=interrupts, always_on=True)


def _add_interrupt_controllers(root: TreeNode, cpus: int, gic: int, its: int) -> None:
    node = root.add(f"interrupt-controller@{GIC_DISTRIBUTOR:x}", compatible="arm,gic-v3")
    node.properties |= {
        "reg": wide(GIC_DISTRIBUTOR, 0x1_0000, GIC_REDISTRIBUTORS, REDISTRIBUTOR_SIZE * cpus),
        "interrupt-controller": True,
        "#interrupt-cells": 3,
        "#address-cells": 2,
        "#size-cells": 2,
        "ranges": True,
        "phandle": gic,
    }
    service = node.add(f"msi-controller@{GIC_ITS:x}", compatible="arm,gic-v3-its", reg=wide(GIC_ITS, 0x2_0000))
    service.properties |= {"msi-controller": True, "#msi-cells": 1, "phandle": its}
