"""Stock QEMU with a small Linux in it, for devices that are served over vfio-user.

This package finds or fetches QEMU and a kernel, attaches the sockets of servers, boots, and runs scripts in the guest.
It knows sockets and no device: `devgen.api.qemu_guests` starts the servers. For example, with a server at ``socket``::

    config = GuestConfig(small_linux.get(), qemu_program.get(), sockets=[socket])
    with Guest(folder, config) as guest:
        status = guest.run("ls /sys/bus/pci/devices", print, print)

- ``qemu_program``: the QEMU that is installed, or Debian's. ``small_linux``: a kernel, modules, busybox.
  ``debian_packages``: fetches both into the user's cache.
- ``initramfs``, ``kernel_modules``, ``init.sh``: the guest's initial RAM disk, its modules, its first process.
- ``machines``: QEMU's arguments. ``guest``: the process, and scripts that run in it. ``run_folder``: its files.
"""
