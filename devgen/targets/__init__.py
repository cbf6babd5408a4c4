"""Targets: what a checked device can be rendered as.

A target is a folder of templates, ``templates/NAME``; structure is in the templates. What templates cannot do well is
Python, in a package here of the same name (``c-header`` is ``devgen.targets.c_header``), whose module ``NAME_backend``
gives the templates values and filters. The build engine finds both by the target's name and knows none of them. A
target knows the view, the plan and the language, and neither the runtime nor a host: what it prints may import the
runtime, the target itself does not.

For example, ``devgen build devices/`` renders ``devices/pl031.yaml`` with the target ``python`` into
``generated/pl031.py``. To change what a generated class looks like, start in ``templates/python``; to change what a
statement becomes, start in ``devgen/targets/python/lower_stmt.py``; for a new target, in ``docs/targets.md``.
"""
