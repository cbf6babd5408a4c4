"""Targets: the output formats of a checked device.

A target is a folder of templates, ``templates/NAME``, which define the structure of the output. Computations that do
not fit in templates are Python code, in a package here with the same name (``c-header`` is
``devgen.targets.c_header``), whose module ``NAME_backend`` provides values and filters to the templates. The build
engine finds both by the target's name. A target depends on the view, the plan and the language, but not on the runtime
or a host: generated code may import the runtime, the target does not.

For example, ``devgen build devices/`` renders ``devices/pl031.yaml`` with the target ``python`` into
``generated/pl031.py``. To change what a generated class looks like, start in ``templates/python``; to change what a
statement becomes, start in ``devgen/targets/python/lower_stmt.py``; for a new target, in ``docs/targets.md``.
"""
