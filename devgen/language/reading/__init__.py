"""Reads a file to a tree of plain data and validates it with the JSON Schema.

``yaml_tree`` builds dicts, lists, strings, numbers and booleans from the events of PyYAML's C parser, and
``source_map`` keeps the place of every key and value beside them, so that later messages can give file, line and
column. Numbers are written as in a datasheet. For example, ``size: 4 KiB`` is the text "4 KiB" in the tree, with its
place, and ``quantities.size("4 KiB")`` is 4096.

- ``regular_file``: reads a file, with a diagnostic for what cannot be read. ``description_files``: boards or devices.
- ``yaml_tree``: YAML to a tree, within limits. ``yaml_scalars``: the type of a plain scalar: number, boolean, text.
- ``includes``: merges the files that ``include:`` names.
- ``schema_check``: the JSON Schema's rules. What breaks them is reported and removed.
- ``schema_report``: a diagnostic for each violation. ``schema_help``, ``word_fixes``: what to write instead.
- ``access_words``, ``synonyms``, ``notations``: words and numbers of other formats.
- ``yaml_mistakes``: why a text is not YAML. ``split_values``: values that a comma has split.
- ``schema_engines``: the fast validator that says whether a tree is valid, and the thorough one that lists violations.
- ``waivers``: comments that accept a warning, with a reason.
- ``quantities``: texts with units, ranges and bit positions, as 24 MHz, 1..4 and 7:0.
"""
