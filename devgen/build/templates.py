"""Templates: modules to text.

Templates are devgen's or the user's own; they hold the structure of the output. Strings of a description reach them as
finished Python literals and are inserted, never treated as templates themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
)

from devgen.build.output_folder import HEADER
from devgen.share import find_share
from devgen.targets.python.module import Catalogue, Module
from devgen.targets.python.rendering import Context, catalogue_context, module_context

TARGET: Final = "python"
"""The folder of templates that makes Python; further targets get folders of their own."""


class RenderError(Exception):
    """A template that is missing or broken; the message names it."""


class Renderer:
    """Renders plans with the templates of ``overrides`` (searched first) and devgen's own."""

    def __init__(self, overrides: Path | None = None) -> None:
        self._environment = Environment(
            loader=_loader(overrides),
            autoescape=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )

    def module(self, module: Module) -> str:
        """The text of a device's module."""
        return self._render("device.py.j2", module_context(module))

    def catalogue(self, catalogue: Catalogue) -> str:
        """The text of the package's ``__init__``."""
        return self._render("catalogue.py.j2", catalogue_context(catalogue))

    def _render(self, name: str, context: Context) -> str:
        try:
            text = self._environment.get_template(name).render(context)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            line = getattr(error, "lineno", None)
            raise RenderError(f"template {name}{f':{line}' if line else ''}: {error}") from error
        if not HEADER.fullmatch(text.partition("\n")[0]):
            # The next build would take the file for somebody else's, and refuse to touch it.
            raise RenderError(f"template {name}: its first line must be a comment as in devgen's own template")
        return text


def _loader(overrides: Path | None) -> BaseLoader:
    """``python/NAME`` is devgen's own template, so that one of the user's can extend it; NAME is the user's first."""
    own = find_share("templates")
    built_in = {TARGET: FileSystemLoader(own / TARGET)} if own is not None else {}
    return ChoiceLoader([PrefixLoader(built_in), FileSystemLoader(template_folders(overrides))])


def template_folders(overrides: Path | None) -> list[Path]:
    """Where templates are looked for, first match wins: ``overrides/python``, ``overrides``, devgen's own."""
    own = find_share("templates")
    folders = [overrides / TARGET, overrides] if overrides is not None else []
    return [*folders, *([own / TARGET] if own is not None else [])]
