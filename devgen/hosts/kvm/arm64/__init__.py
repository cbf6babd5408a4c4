"""arm64 on KVM: the parts of a KVM host that only this architecture has.

The kernel models the interrupt controllers and the timer, and answers PSCI calls, by which a guest starts its further
processors, powers off and resets.

``arm64_architecture`` is the implementation of `devgen.hosts.kvm.architecture.Architecture`: it creates the GICv3 with
its ITS and the processors, which PSCI starts and stops, and sets the first processor's registers. ``arm64_vcpu`` has a
processor's registers. For example::

    vcpu = Arm64().create_vcpu(system, vm, 0)
    vcpu.set_register("pc", 0x40080000)
"""
