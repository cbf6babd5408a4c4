"""Turns the peripherals of a neutral register map into descriptions.

If the language cannot express something, or a source contradicts itself, the description gets the nearest
equivalent that can be checked and built, and a finding reports the change. For example, a register of
20 bits becomes one of 32, because the language has 8, 16, 32 and 64, and the report says::

    chip.svd:120: corrected: UART0.CTRL: a width of 20 bits; 32 came over

- ``names``: names that the language accepts, unique where they must be.
- ``layout``: offsets, groups and overlaps. ``fields``: fields, enumerations and resets.
- ``shared_types``: common content of registers, as ``types``.
- ``peripherals``: the whole description of a peripheral, as the data that ``yaml_text`` prints.
"""
