"""Targets: what a checked device can be rendered as.

What is structure stands in the templates of ``templates/``; a target that must compute something has a folder of its
own here. ``python`` lowers expressions and statements to Python. A target knows the language and neither the runtime
nor a host: what it prints may import the runtime, the target itself does not.

For example, ``devgen build devices/`` renders ``devices/pl031.yaml`` with the target ``python`` into
``generated/pl031.py``. To change what a generated class looks like, start in ``templates/python``; to change what a
statement becomes, start in ``devgen/targets/python/lower_stmt.py``.
"""
