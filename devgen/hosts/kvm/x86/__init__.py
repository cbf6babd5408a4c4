"""x86-64 on KVM: the parts of a KVM host that only this architecture has.

``x86_architecture`` is the implementation of `devgen.hosts.kvm.architecture.Architecture`: it creates the PC's
interrupt controllers (PIC pair, IOAPIC, local APICs), the interval timer and the processors, and sets the first
processor's registers. ``x86_vcpu`` has a processor's registers, ``x86_cpuid`` the CPUID leaves that a guest sees. For
example::

    chips = X86().create_chips(vm, machine)
    vcpu = X86().create_vcpu(system, vm, 0)
    vcpu.set_regs(uapi_x86.kvm_regs(rip=0x7C00, rflags=2))
"""
