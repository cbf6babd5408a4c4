"""Hosts: what runs or drives the devices of a machine.

A host knows the runtime; the runtime does not know the hosts. A device class is the same on all of them: a host calls
``read`` and ``write`` of an address space, moves or follows the clock, and delivers interrupts.

- ``kvm``: guests on ``/dev/kvm``, x86-64; the kernel delivers interrupts and signals doorbells.
- ``emulator``: the same guests on Unicorn, where there is no ``/dev/kvm``.
- ``vfio_user``: serves one PCI device to QEMU or another VMM, over a socket.
- ``bench``: no processor; a test reads, writes and moves the clock.

For example, the same PL031 alarm is tested in pytest with ``Bench("pl031")`` and seen by a guest with
``devgen run pl031-alarm --accel kvm`` or ``--accel emulator``. To add a host, start from ``bench/bench.py``, which is
the smallest.
"""
