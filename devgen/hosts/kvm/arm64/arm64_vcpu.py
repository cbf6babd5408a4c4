"""The registers of an arm64 vCPU."""

from __future__ import annotations

import ctypes

from devgen.hosts.kvm.arm64.idle_loop import find_idle_loop, is_masked
from devgen.hosts.kvm.arm64.stage1_walk import Stage1
from devgen.hosts.kvm.kvm_error import KvmError, control
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.uapi import uapi_arm64, uapi_devices, uapi_run
from devgen.hosts.kvm.vcpu import ReadRam, Vcpu
from devgen.hosts.kvm.vm import KvmVm

_REGISTER = uapi_arm64.KVM_REG_ARM64 | uapi_arm64.KVM_REG_SIZE_U64
_WORD = 4  # the unit of a core register's number


class Arm64Vcpu(Vcpu):
    """An arm64 vCPU of the host's own kind, with PSCI: processor 0 runs, the others wait for CPU_ON."""

    def __init__(self, system: KvmSystem, vm: KvmVm, index: int) -> None:
        super().__init__(system, vm, index)
        try:
            self._initialise(vm)
        except BaseException:
            self.close()
            raise

    def _initialise(self, vm: KvmVm) -> None:
        init = uapi_arm64.kvm_vcpu_init()
        vm.call("KVM_ARM_PREFERRED_TARGET", init, "cannot find the kind of the processors")
        init.features[0] = 1 << uapi_arm64.KVM_ARM_VCPU_PSCI_0_2
        if self.index:
            init.features[0] |= 1 << uapi_arm64.KVM_ARM_VCPU_POWER_OFF
        self._call("KVM_ARM_VCPU_INIT", init)

    def where(self) -> str:
        """Return the program counter as text, for a message. Never raises."""
        try:
            return f"{self.register('pc'):#x}"
        except KvmError:
            return "an unknown address"

    def unfinished_ip(self) -> int:
        """Return the program counter; a pending exit stays pending."""
        return self.register("pc")

    def asleep_at(self, read: ReadRam) -> int | None:
        """Return an address if PSCI has switched the processor off, or a loop without effect has its interrupts masked.

        It is the program counter, or the start of the loop.
        """
        if self.mp_state() == uapi_run.KVM_MP_STATE_STOPPED:
            return self.register("pc")
        if not is_masked(self.register("pstate")):
            return None
        stage1 = Stage1(*map(self.register, ("sctlr_el1", "tcr_el1", "ttbr0_el1", "ttbr1_el1")))
        return find_idle_loop(self.register("pc"), stage1, read)

    def handle_exit(self, reason: int) -> bool:
        """Answer an access that the processor does not describe, as LDP to a device, with an external abort.

        Source: Documentation/virt/kvm/api.rst, KVM_EXIT_ARM_NISV and KVM_SET_VCPU_EVENTS.
        """
        if reason != uapi_run.KVM_EXIT_ARM_NISV:
            return False
        events = uapi_arm64.kvm_vcpu_events()
        events.exception.ext_dabt_pending = 1
        self._call("KVM_SET_VCPU_EVENTS", events)
        return True

    def register(self, name: str) -> int:
        """Return a register: ``x0`` to ``x30``, ``sp``, ``pc``, ``pstate``, or one of SYSTEM_REGISTERS."""
        value = ctypes.c_uint64()
        self._one_register("KVM_GET_ONE_REG", name, value)
        return value.value

    def set_register(self, name: str, value: int) -> None:
        """Set a register; its name as for `register`."""
        self._one_register("KVM_SET_ONE_REG", name, ctypes.c_uint64(value))

    def _one_register(self, call: str, name: str, value: ctypes.c_uint64) -> None:
        argument = uapi_devices.kvm_one_reg(id=_REGISTER | _number(name), addr=ctypes.addressof(value))
        control(self.fd, call, argument, f"cannot access register {name} of vCPU {self.index}")


def _number(name: str) -> int:
    system = uapi_arm64.SYSTEM_REGISTERS.get(name)
    if system is not None:
        return uapi_arm64.KVM_REG_ARM64_SYSREG | system
    return uapi_arm64.KVM_REG_ARM_CORE | uapi_arm64.CORE_REGISTERS[name] // _WORD
