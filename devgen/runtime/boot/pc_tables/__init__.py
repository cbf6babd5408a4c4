"""The firmware tables of a PC, made from the devices of its board.

`pc_firmware.write_tables` writes them between 0xe0000 and 1 MiB, where a guest looks for them: the ACPI tables (RSDP,
XSDT, FADT, MADT, MCFG, HPET, SPCR, DSDT) and, for a guest without ACPI, the MP table. What a table says of a device
comes from its description (`Device.ACPI`) and its place on the board. For example::

    rsdp = write_tables(machine, GuestMemory(machine))

- ``aml`` and ``acpi_resources``: the encoding of the DSDT. ``dsdt``: its objects.
- ``acpi_tables``: the static tables. ``fadt``: the fixed description table. ``mp_table``: the MP table.
- ``pc_devices``: the devices of a board as the tables see them. ``pci_windows``: the addresses for PCI BARs.
"""
