"""Says what changed between two versions of a device or a board, in the terms of a driver, and what breaks it.

The two versions are views (`devgen.language.view`), so it does not matter how a description is written: a register that
moved into an included file, or a comment, is no change. Each difference is a ``Change`` with an impact: ``breaking`` (a
driver or a board that works with the old device may fail), ``behaviour`` (statements changed; only a person can tell),
or ``compatible``.

- ``changes``: a single change. ``judgements``: which direction of a change breaks a driver.
- ``part_tables``: the attributes of each kind of part that are compared, with their judgements.
- ``register_comparison``, ``device_comparison``, ``board_comparison``: the comparison.
- ``comparison_report``: the comparison of many, and its forms.

For example, ``compare_devices(old, new)`` of a register that became read-only gives a change with the kind
``register-access-changed``, the impact ``breaking``, and the message ``register CTRL: access changed: rw -> ro``.
"""
