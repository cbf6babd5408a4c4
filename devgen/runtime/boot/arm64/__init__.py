"""The start of an arm64 guest: what is written into its RAM, and the first processor's registers.

A kernel, its initial RAM disk and the device tree each lie at a multiple of 2 MiB, in this order. The kernel starts at
exception level 1 with its MMU off, and finds everything else through the device tree, whose address is in X0.

``arm64_loader`` loads an image, an ELF file or a Linux kernel; ``linux_image`` has Linux's boot protocol. For example::

    state = load_arm64_guest(machine)
    vcpu.set_register("pc", state.entry)
"""
