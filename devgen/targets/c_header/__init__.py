"""The target ``c-header``: offsets, masks, resets and enumerations of a device as macros for C and C++.

The template ``templates/c-header/device.h.j2`` is the header's shape. This package gives it names that collide with
nothing (``macro_names``) and literals that have the right type (``c_literals``).
"""
