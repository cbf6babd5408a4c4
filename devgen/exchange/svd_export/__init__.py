"""Writes descriptions as CMSIS-SVD 1.3.11, for the register views of debuggers and editors.

A description becomes a neutral register map first, the same that the readers of formats make, and this becomes XML. So
``read_svd`` of an exported file gives the map again. SVD says where registers and fields are, what software may do to
them, their resets and enumerations. It has no behaviour, no modes and one address space; what it cannot say is a
finding. For example, of a PL031 alone come::

    <peripheral><name>pl031</name>…<registers><register><name>DR</name>…

- ``mapped_parts``: registers, register files and fields of a device's view as parts of the neutral map.
- ``described_chip``: devices side by side, or the devices of a board at their addresses, as a chip.
- ``unsaid_parts``: findings for what a description has beyond registers.
- ``register_overlaps``: which register SVD calls the alternate of another one.
- ``svd_xml``: the chip as XML. ``svd_rendering``: the text of a file for the export.

Source: the pages "SVD Description format" and the messages of SVDConv (Open-CMSIS-Pack).
"""
