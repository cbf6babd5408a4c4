"""The start of a guest: its program in memory, the tables that it looks for, and the first processor's registers.

A host calls `guest_loader.load_guest` before the first instruction and again after each reset; it writes RAM and
returns the values of the registers. For example::

    state = load_guest(machine)
    vcpu.load(state)

- ``guest_loader``: an image at an address, an ELF file at its own addresses, or a Linux kernel.
- ``boot_image``: the processor's state in the modes real, protected and long. ``elf_file``: reads ELF files.
- ``linux_pc``: Linux's 64-bit boot protocol. ``pc_memory_map``: which addresses of a PC are RAM.
- ``pc_tables``: the ACPI tables and the MP table of a PC, made from its devices.
- ``arm64``: the guest of a board of type `virt`. ``device_tree``: the device tree of such a board.
"""
