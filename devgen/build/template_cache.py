"""Keeps the compiled code of devgen's own templates, as Python keeps that of modules: in a folder ``__pycache__``.

Compiling the templates takes longer than rendering a device. The file's name depends on the installed jinja2, and its
content on the text of the template. Nothing is kept where Python itself keeps nothing
(``PYTHONDONTWRITEBYTECODE``), or where the folder of templates cannot be written.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError

from jinja2 import FileSystemBytecodeCache, compiler
from jinja2.bccache import Bucket


class TemplateCache(FileSystemBytecodeCache):
    """The compiled templates below a folder of templates."""

    def __init__(self, templates: Path) -> None:
        made_by = f"{sys.implementation.cache_tag}-{os.stat(compiler.__file__).st_mtime_ns:x}"
        super().__init__(str(templates / "__pycache__"), f"%s.{made_by}.jinja2")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load the code of a template, if it is kept and was made from the same text."""
        with suppress(OSError, EOFError, ValueError, UnpicklingError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template, if that is possible."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            os.makedirs(self.directory, exist_ok=True)
            super().dump_bytecode(bucket)
