"""Reads CMSIS-SVD 1.0 to 1.3 into a neutral register map.

SVD describes a chip: peripherals at addresses, in them registers and clusters, in these fields. ``size``, ``access``,
``resetValue``, ``resetMask`` and ``protection`` are inherited from the enclosing element, ``derivedFrom`` copies
another element, and ``dim`` repeats one. All three are resolved here. For example, of::

    <peripheral derivedFrom="UART0"><name>UART1</name><baseAddress>0x40003000</baseAddress></peripheral>

comes a ``Peripheral`` of the name UART1 with ``same_as`` UART0: both use one description.

- ``svd_file``: the device and its peripherals.
- ``svd_registers``: registers, clusters and fields. ``svd_labels``: enumerated values.
- ``svd_values``: numbers, bit ranges and repetitions. ``derivation``: ``derivedFrom``.

Source: the CMSIS-SVD schema 1.3.11 and the pages "SVD Description format".
"""
