"""The target ``c-header``: offsets, masks, resets and enumerations of a device as macros for C and C++.

Beside registers it has the identity and the capabilities of a PCI function, the vectors of interrupts, and constants.

The template ``templates/c-header/device.h.j2`` defines the structure of the header. This package provides unique names
(``macro_names``) and literals of the right type (``c_literals``). Constants are unsigned, names are in upper case, and
a comment from a description cannot end early.

For example, ``devgen build devices/pl031.yaml --target c-header -o include`` writes ``include/pl031.h`` with
``PL031_MR_OFFSET``, ``PL031_RIS_ALARM_MASK`` and the like.
"""
