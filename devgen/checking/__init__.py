"""Checks many descriptions, chooses what is shown of the findings, prints them in formats of tools, and mends files.

`devgen.language` checks a single description and returns diagnostics. This package does what a command or a CI job
needs around it. A user chooses codes (``--select``, ``--ignore``), and a CI system or an editor reads the findings in a
format of its own.

- ``report_forms``: the formats by name. ``sarif_form``, ``junit_form``, ``ci_forms``: one function for each format.
- ``parallel_runs``: the checks of many files on all processors.
- ``mending``: applies the changes that findings offer. ``fixed_files``: which files may be changed, and replacing them.
- ``explanations``: what the catalogue says about a code, for ``devgen explain``.

For example, ``render("github", diagnostics, files)`` returns the lines with which a GitHub workflow annotates a pull
request.
"""
