"""Reads SystemRDL 2.0 into a neutral register map, with systemrdl-compiler.

The compiler parses, resolves parameters and elaborates; here its tree of nodes becomes a register map. It belongs to
the extra ``devgen[rdl]``. For example, this file has two peripherals::

    addrmap soc { uart UART0 @ 0x1000; uart UART1 @ 0x2000; };

An address map that has registers of its own is one peripheral, and the address maps in it are
groups. Several files are compiled together in the order given, so that one can use the definitions of another.

- ``compiling``: files to an elaborated tree, errors with their place. ``rdl_files``: files that may be compiled.
  ``bounded_work``: limits for what an untrusted file expands to.
- ``rdl_map``: address maps to peripherals. ``rdl_registers``: registers, groups and fields.
- ``rdl_properties``: the values of properties, and the properties that are not imported.
  ``rdl_hardware``: the hardware's side.
- ``devgen_maps``, ``devgen_registers``: address maps that devgen exported, as the descriptions that they came from;
  ``carried_keys``: the property ``devgen`` of a component.

Source: Accellera SystemRDL 2.0, January 2018.
"""
