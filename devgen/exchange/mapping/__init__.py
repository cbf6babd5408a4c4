"""Turns descriptions into neutral register maps, for exports to formats that have registers only.

The map is the one that readers of formats make, so that a file's text can be compared with the map that is read from
it. A device alone becomes a chip with a peripheral for each region; a board becomes a chip with its devices at their
addresses. What such formats cannot say (behaviour, modes, locks) is a finding at its place in the description.
For example::

    chip = chip_of_devices(devices, findings, "SVD", first_address=0x4000_0000)

- ``mapped_parts``: registers, register files and fields of a device's view as parts of the map.
- ``described_chip``: devices side by side, or the devices of a board, as a chip.
- ``unsaid_parts``: findings for what a description has beyond registers.
"""
