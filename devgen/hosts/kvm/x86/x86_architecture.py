"""x86-64: a PC's interrupt controllers and timer, its processors, and the start of its guest.

Source: Documentation/virt/kvm/api.rst 4.24 (KVM_CREATE_IRQCHIP), 4.36 (KVM_SET_TSS_ADDR), 4.71 (KVM_CREATE_PIT2).
"""

from __future__ import annotations

from devgen.hosts.kvm.architecture import ChipPins
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.uapi import uapi_system, uapi_x86
from devgen.hosts.kvm.vcpu import Vcpu
from devgen.hosts.kvm.vm import KvmVm
from devgen.hosts.kvm.x86.pc_routes import default_routes
from devgen.hosts.kvm.x86.x86_cpuid import guest_cpuid, supported_cpuid
from devgen.hosts.kvm.x86.x86_vcpu import X86Vcpu
from devgen.runtime.boot.guest_loader import load_guest
from devgen.runtime.machine.machine import Machine

TSS_ADDRESS = 0xFFFBD000
"""Three pages for real mode on Intel hosts without unrestricted guest; below the firmware, as in QEMU."""


def _create_pit(vm: KvmVm) -> None:
    """Create the in-kernel i8254 (ports 0x40-0x43) with a dummy speaker port 0x61."""
    config = uapi_x86.kvm_pit_config(flags=uapi_x86.KVM_PIT_SPEAKER_DUMMY)
    vm.call("KVM_CREATE_PIT2", config, "cannot create the interval timer")


class X86:
    """The architecture of ``type: pc``."""

    name = "x86_64"

    def unavailable(self, system: KvmSystem) -> str | None:
        """Return why this /dev/kvm runs no x86 guests. The check creates interrupt controllers and closes them."""
        if not system.capability(uapi_system.KVM_CAP_EXT_CPUID):
            return "runs no x86 guests"
        vm = KvmVm(system)
        try:
            vm.create_irqchip()
        finally:
            vm.close()
        return None

    def create_chips(self, vm: KvmVm, machine: Machine) -> ChipPins:
        """Create the PIC pair, the IOAPIC, local APICs for the later vCPUs and, if the board says so, the PIT."""
        if vm.capability(uapi_system.KVM_CAP_SET_TSS_ADDR):
            vm.call("KVM_SET_TSS_ADDR", TSS_ADDRESS, "cannot set the TSS address")
        vm.create_irqchip()
        if machine.config.pit == "kernel" and vm.capability(uapi_system.KVM_CAP_PIT2):
            _create_pit(vm)
        routes = [bytes(route) for route in default_routes()]
        return ChipPins(uapi_x86.KVM_IOAPIC_NUM_PINS, lambda gsi: gsi, routes)

    def create_vcpu(self, system: KvmSystem, vm: KvmVm, index: int) -> X86Vcpu:
        """Create a vCPU with the CPUID leaves that the kernel supports."""
        vcpu = X86Vcpu(system, vm, index)
        try:
            if system.capability(uapi_system.KVM_CAP_EXT_CPUID):
                vcpu.set_cpuid(guest_cpuid(supported_cpuid(system), index))
        except BaseException:
            vcpu.close()
            raise
        return vcpu

    def start_chips(self, vm: KvmVm, machine: Machine, cpus: int) -> None:
        """Do nothing: the chips work from the start."""

    def boot(self, vcpu: Vcpu, machine: Machine) -> None:
        """Load the start state of the board's guest."""
        assert isinstance(vcpu, X86Vcpu)  # of create_vcpu
        state = load_guest(machine)
        if state is not None:
            vcpu.load(state)
