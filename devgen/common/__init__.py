"""What every part of devgen may use: these modules import no part of devgen.

The language and the runtime must not import each other, but both ask some of the same questions. Each question has its
one answer here.

- ``guarded_files``: opening, reading and replacing files whose path or content comes from untrusted input.
- ``yaml_files``: which YAML files a path names; a folder is searched to the bottom.
- ``units``: the units of sizes, times and frequencies.
- ``near_names``: the name that was probably meant, for "did you mean" in messages.

For example, this returns the bytes of a regular file of at most 1 MiB. It raises ``RefusedFile``, an ``OSError`` with a
clear reason, for a folder, a FIFO, a device or a longer file, and it never waits::

    data = read_file(path, limit=1 << 20)
"""
