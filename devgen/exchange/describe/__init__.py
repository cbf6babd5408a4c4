"""Turns the peripherals of a neutral register map into descriptions.

Where the language cannot say something, or a source contradicts itself, the nearest description that can be checked
and built is made, and a finding says what was changed. For example, a register of 20 bits becomes one of 32, because
the language has 8, 16, 32 and 64, and the report says::

    chip.svd:120: corrected: UART0.CTRL: a width of 20 bits; 32 came over

- ``names``: names that the language accepts, unique where they must be.
- ``layout``: offsets, groups and overlaps. ``fields``: fields, enumerations and resets.
- ``shared_types``: what registers have in common, as ``types``.
- ``peripherals``: the whole description of a peripheral, as the data that ``yaml_text`` prints.
"""
