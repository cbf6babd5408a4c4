"""Renders a device as a Python class that runs on ``devgen.runtime``.

Everything that is known at build time becomes a literal: names, masks, shifts, reset values, the plan of accesses. The
lowering gives expressions and statements; the templates print them. Every text of a description is quoted here before
it reaches a template. For example, the statement ``if CC.SHN: CSTS.SHST = 2`` becomes an ``if`` that tests and sets the
bits of two integer attributes.

- ``lower_device``: the whole class; ``lower_region``, ``lower_register``, ``lower_lines``, ``lower_time``,
  ``lower_pci``, ``lower_followers``: its parts; ``lower_expr``, ``lower_stmt``: behaviour.
- ``source_tree``: expressions and statements of Python with what they use; ``printer``: their lines.
- ``python_names`` and ``python_literals``: names and literals that are safe in Python; ``symbols``: what they refer to.
- ``module``: what the templates are given; ``rendering``: their functions and filters; ``imports``: import lines.

What happens at each entry point is decided before, in ``devgen.plan``.
"""
