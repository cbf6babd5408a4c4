"""Corrects a register map with patch files, in the manner of svdtools, before it is described.

A patch is a YAML file of rules. Keys without an underscore name parts, with ``*``, ``?``, ``[ABC]`` and commas; keys
with one say what to do with the parts inside. A patch changes the neutral map, so it works for files of any
format. For example::

    UART*:
      _strip: [UART_]
      CTRL:
        _modify: {EN: {description: Enables the transmitter}}
        MODE: {SLOW: [0, 9600 baud], FAST: [1, 115200 baud]}

A rule that matches nothing and an unknown key are errors at their line, so that an update by the vendor shows which
rules are no longer needed. ``?~`` before a name makes its rule optional.

- ``rules``: values with their place. ``patch_file``: reads the files and merges what they include.
- ``specs``: which names a rule matches.
- ``chip_rules``, ``peripheral_rules``, ``member_rules``, ``register_rules``, ``enumeration_rules``: the rules of each
  level, in svdtools' order. ``collecting``, ``block_collecting``: registers and fields that
  become arrays and clusters. ``affixes``: prefixes and suffixes of names.
- ``patch_report``: findings for the changes of patches.
- ``svd_keys``: changes a register, field, cluster, peripheral or interrupt by a mapping of SVD's keys.

Source: the README of svdtools (rust-embedded), section "Device and Peripheral YAML Format".
"""
