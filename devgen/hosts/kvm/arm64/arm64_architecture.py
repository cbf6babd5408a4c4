"""arm64: the GICv3 with its ITS, the processors with PSCI, and the start of the guest.

KVM emulates the architected timer without a setup. Source: Documentation/virt/kvm/devices/arm-vgic-v3.rst and
arm-vgic-its.rst, Documentation/virt/kvm/api.rst 4.82 (KVM_ARM_VCPU_INIT), 4.25 (KVM_IRQ_LINE).
"""

from __future__ import annotations

from ctypes import c_uint32, c_uint64
from typing import Final

from devgen.common.machine_map import GIC_DISTRIBUTOR, GIC_ITS, GIC_REDISTRIBUTORS, VIRT_SPIS
from devgen.hosts.kvm.architecture import ChipPins
from devgen.hosts.kvm.arm64.arm64_vcpu import Arm64Vcpu
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.uapi import uapi_arm64, uapi_devices, uapi_interrupts, uapi_system
from devgen.hosts.kvm.vcpu import Vcpu
from devgen.hosts.kvm.vm import KvmVm
from devgen.runtime.boot.arm64.arm64_loader import load_arm64_guest
from devgen.runtime.machine.machine import Machine

FIRST_SPI: Final = 32
"""The GIC's number of SPI 0: the numbers below belong to each processor (GIC architecture version 3, 2.2)."""


class Arm64:
    """The architecture of ``type: virt``."""

    name = "aarch64"

    def unavailable(self, system: KvmSystem) -> str | None:
        """Return why this /dev/kvm runs no arm64 guests, or none with a GICv3."""
        if not system.capability(uapi_system.KVM_CAP_ARM_PSCI_0_2):
            return "runs no arm64 guests"
        vm = KvmVm(system)
        try:
            kinds = (uapi_devices.KVM_DEV_TYPE_ARM_VGIC_V3, uapi_devices.KVM_DEV_TYPE_ARM_VGIC_ITS)
            return None if all(map(vm.has_device, kinds)) else "has no GICv3 with an ITS"
        finally:
            vm.close()

    def create_chips(self, vm: KvmVm, machine: Machine) -> ChipPins:
        """Create the GIC and its ITS. They work when ``start_chips`` has given them their addresses."""
        if vm.capability(uapi_system.KVM_CAP_ARM_INJECT_EXT_DABT):
            vm.enable(uapi_system.KVM_CAP_ARM_NISV_TO_USER)
        vm.create_device(uapi_devices.KVM_DEV_TYPE_ARM_VGIC_V3, "GIC")
        routes = [bytes(_spi_route(gsi)) for gsi in range(VIRT_SPIS)]
        return ChipPins(VIRT_SPIS, _irq_line, routes, senders=True)

    def create_vcpu(self, system: KvmSystem, vm: KvmVm, index: int) -> Arm64Vcpu:
        """Create a vCPU of the host's own kind."""
        return Arm64Vcpu(system, vm, index)

    def start_chips(self, vm: KvmVm, machine: Machine, cpus: int) -> None:
        """Place and start the GIC and its ITS. The number of processors sizes the redistributors."""
        addresses = uapi_arm64.KVM_DEV_ARM_VGIC_GRP_ADDR
        start = uapi_arm64.KVM_DEV_ARM_VGIC_GRP_CTRL, uapi_arm64.KVM_DEV_ARM_VGIC_CTRL_INIT
        gic = vm.devices[uapi_devices.KVM_DEV_TYPE_ARM_VGIC_V3]
        gic.set(addresses, uapi_arm64.KVM_VGIC_V3_ADDR_TYPE_DIST, c_uint64(GIC_DISTRIBUTOR))
        gic.set(addresses, uapi_arm64.KVM_VGIC_V3_ADDR_TYPE_REDIST, c_uint64(GIC_REDISTRIBUTORS))
        gic.set(uapi_arm64.KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, c_uint32(FIRST_SPI + VIRT_SPIS))
        gic.set(*start)
        its = vm.create_device(uapi_devices.KVM_DEV_TYPE_ARM_VGIC_ITS, "ITS")
        its.set(addresses, uapi_arm64.KVM_VGIC_ITS_ADDR_TYPE, c_uint64(GIC_ITS))
        its.set(*start)

    def boot(self, vcpu: Vcpu, machine: Machine) -> None:
        """Load the guest; the first processor starts at its entry, with the device tree's address in X0."""
        assert isinstance(vcpu, Arm64Vcpu)  # of create_vcpu
        state = load_arm64_guest(machine)
        if state is not None:
            vcpu.set_register("pc", state.entry)
            vcpu.set_register("x0", state.x0)


def _irq_line(gsi: int) -> int:
    return uapi_arm64.KVM_ARM_IRQ_TYPE_SPI << uapi_arm64.KVM_ARM_IRQ_TYPE_SHIFT | FIRST_SPI + gsi


def _spi_route(gsi: int) -> uapi_interrupts.kvm_irq_routing_entry:
    route = uapi_interrupts.kvm_irq_routing_entry(gsi=gsi, type=uapi_interrupts.KVM_IRQ_ROUTING_IRQCHIP)
    route.u.irqchip.pin = gsi
    return route
