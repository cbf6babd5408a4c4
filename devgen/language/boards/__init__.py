"""Checks a board whole: against the descriptions of the devices that it places, and against its guest's files.

`devgen.language.board` reads a board and checks what it says by itself. This package checks the rest, so that `devgen
check` finds what `devgen run` would refuse or ignore. Each finding is at its place in the board; its second place is
in the device's description. For example, with ``at: {regs: 0xfe001000}`` for a PL031, ``part_names`` reports DG1003 at
``regs``, with the description's ``regions:`` as the second place.

- ``board_loading``: from a path to a checked board.
- ``known_devices``: finds descriptions by the device's name: in the project, then in devgen's catalogue.
- ``board_under_check``: the board, its tree, and its devices with their descriptions: what every check gets.
- ``whole_check``: the table of the checks.
- ``part_names``: regions, lines, inputs, events, streams and properties must exist. ``property_values``: their values.
- ``device_buses``: addresses for sysbus and ISA devices, slots for PCI. ``address_map``: overlaps. ``bar_places``.
- ``interrupt_numbers``: those that the machine has. ``port_space``: none on `virt`.
- ``guest_files``: the image, its place and the entry. ``kernel_room``: a kernel and its RAM disk fit.
- ``machine_keys``: keys and backends that would have no effect.
"""
