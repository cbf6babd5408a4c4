"""Utilities for all parts of devgen. These modules import no other part of devgen.

The language and the runtime must not import each other. Code that both need is here.

- ``guarded_files``: opens, reads and replaces files whose path or content is untrusted.
- ``yaml_files``: the YAML files in a path; folders are searched recursively.
- ``units``: the units of sizes, times and frequencies.
- ``quick_dataclass``: ``dataclass`` for frozen classes, with less work at import.
- ``toml_lines``: the line of a key in a TOML file.
- ``kernel_places``, ``elf_headers``: where a kernel and its RAM disk lie in RAM, and the headers of ELF files.
- ``near_names``: the most similar known name, for "did you mean" in messages.

For example, this returns the bytes of a regular file of at most 1 MiB. It raises ``RefusedFile``, an ``OSError`` with a
clear reason, for a folder, a FIFO, a device or a longer file, and it never waits::

    data = read_file(path, limit=1 << 20)
"""
