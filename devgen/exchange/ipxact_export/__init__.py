"""Writes neutral register maps as an IP-XACT component (IEEE 1685-2014 or 1685-2009).

``mapping`` makes the map out of descriptions; each peripheral becomes an address block of one memory map. IP-XACT has
no gaps in arrays of registers, no register without a field, and alternates of the same address and size only.
``ipxact_parts`` adapts the map to these limits, and reports the changes.
For example, a register without fields has one that is called VALUE::

    <ipxact:register><ipxact:name>DR</ipxact:name>…<ipxact:field><ipxact:name>VALUE</ipxact:name>…

- ``ipxact_parts``: arrays with gaps, registers without fields, registers that share bytes.
- ``ipxact_xml``: the component as XML, in the order of the schemas; an ``Edition`` is what they write differently.
  ``ipxact_rendering``, ``ipxact_2009_rendering``: the text of a file.

Source: IEEE 1685-2014, clause 6.8 (memory maps), and its schema.
"""
