"""Reads IP-XACT components (IEEE 1685-2009 and 1685-2014) into neutral register maps.

A component has memory maps, a memory map has address blocks, and these have registers and register files. Numbers are
expressions of SystemVerilog with the component's parameters, which have their default values. For example, of::

    <ipxact:addressBlock><ipxact:name>regs</ipxact:name><ipxact:range>$pow(2, BITS)</ipxact:range>…

comes a ``Peripheral`` with 4096 bytes if the parameter ``BITS`` is 12.

- ``ipxact_file``: the memory maps of a component. ``address_blocks``: the blocks of a map, also those in banks.
- ``ipxact_registers``: registers, register files and alternates. ``ipxact_fields``: fields and labels.
- ``ipxact_values``: numbers, words and repetitions of an element. ``ipxact_expressions``: their text as a number.

Source: the schemas of IEEE 1685-2009 and 1685-2014 with their annotations (memoryMap.xsd).
"""
