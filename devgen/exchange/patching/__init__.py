"""Corrects a register map with patch files, in the manner of svdtools, before it is described.

A patch is a YAML file of rules. Keys without an underscore name parts, with ``*``, ``?``, ``[ABC]`` and commas; keys
with one say what to do with the parts inside. It works on the neutral map, so for files of any format. For example::

    UART*:
      _strip: [UART_]
      CTRL:
        _modify: {EN: {description: Enables the transmitter}}
        MODE: {SLOW: [0, 9600 baud], FAST: [1, 115200 baud]}

A rule that matches nothing, and a key that is not known, is an error at its line: after the vendor's update the author
sees which rules are no longer needed. ``?~`` before a name makes its rule optional.

- ``rules``: values with their place. ``patch_file``: reads the files and merges what they include.
- ``specs``: which names a rule matches.
- ``chip_rules``, ``peripheral_rules``, ``member_rules``, ``register_rules``, ``enumeration_rules``: the rules of each
  level, in svdtools' order. ``collecting``: registers and fields that become arrays and clusters.
- ``svd_keys``: what a mapping of SVD's keys says of a register, field, cluster, peripheral or interrupt.

Source: the README of svdtools (rust-embedded), section "Device and Peripheral YAML Format".
"""
