"""Templates: plans to text.

Templates are ours or the user's own and hold no logic but loops over lines. Strings of a description reach them as
finished Python literals and are inserted, never treated as templates themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from devgen.build.output_folder import HEADER
from devgen.share import find_share
from devgen.targets.python.plan import CataloguePlan, ModulePlan

TARGET: Final = "python"
"""The folder of templates that makes Python; further targets get folders of their own."""


class RenderError(Exception):
    """A template that is missing or broken; the message names it."""


class Renderer:
    """Renders plans with the templates of ``overrides`` (searched first) and devgen's own."""

    def __init__(self, overrides: Path | None = None) -> None:
        self._environment = Environment(
            loader=FileSystemLoader([str(folder) for folder in template_folders(overrides)]),
            autoescape=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )

    def module(self, plan: ModulePlan) -> str:
        """The text of a device's module."""
        return self._render("device.py.j2", plan)

    def catalogue(self, plan: CataloguePlan) -> str:
        """The text of the package's ``__init__``."""
        return self._render("catalogue.py.j2", plan)

    def _render(self, name: str, plan: ModulePlan | CataloguePlan) -> str:
        try:
            text = self._environment.get_template(name).render(plan=plan)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            line = getattr(error, "lineno", None)
            raise RenderError(f"template {name}{f':{line}' if line else ''}: {error}") from error
        if not HEADER.fullmatch(text.partition("\n")[0]):
            # The next build would take the file for somebody else's, and refuse to touch it.
            raise RenderError(f"template {name}: its first line must be a comment as in devgen's own template")
        return text


def template_folders(overrides: Path | None) -> list[Path]:
    """Where templates are looked for, first match wins: ``overrides/python``, ``overrides``, devgen's own."""
    own = find_share("templates")
    folders = [overrides / TARGET, overrides] if overrides is not None else []
    return [*folders, *([own / TARGET] if own is not None else [])]
