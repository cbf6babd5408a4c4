"""Turns descriptions into neutral register maps, for exports to formats that have registers only.

The readers of the formats make the same kind of map, so that tests can compare it with the map of an exported file. A
device alone becomes a chip with a peripheral for each region; a board becomes a chip with its devices at their
addresses. Parts that such formats cannot express (behaviour, modes, locks) are findings with their place in the
description. For example::

    chip = chip_of_devices(devices, findings, "SVD", first_address=0x4000_0000)

- ``mapped_parts``: registers, register files and fields of a device's view as parts of the map.
- ``described_chip``: devices side by side, or the devices of a board, as a chip.
- ``unsaid_parts``: findings for the parts of a description that are not registers.
"""
