"""Hosts run or drive devices: KVM, an emulator, a vfio-user server, a test bench. The runtime does not know them."""
