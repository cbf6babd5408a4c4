"""Renders a target's templates with their values.

A name in ``{% extends %}``, ``{% include %}`` and ``{% import %}`` is searched for in the user's folder of the target
and then in devgen's. ``TARGET/NAME`` is always devgen's own template: a user's ``device.py.j2`` can extend
``python/device.py.j2`` and replace one block.

Strings of a description reach the templates as values and are never treated as templates themselves. Templates of
HTML, XML and SVG escape what they print.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, TemplateNotFound, meta
from jinja2.utils import open_if_exists

from devgen.build.target_files import SUFFIX, Target, files_below, known_targets
from devgen.build.template_cache import TemplateCache
from devgen.share import find_share
from devgen.targets.backend import Backend

_ESCAPED: Final = tuple(f"{suffix}{SUFFIX}" for suffix in (".html", ".htm", ".xml", ".svg"))
_FAULTS: Final = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
    OSError,
)
Source = tuple[str, str | None, Callable[[], bool] | None]


class RenderError(Exception):
    """A template that is missing, broken or not used; the message names it."""


class Renderer:
    """Renders the templates of a target."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.backend = _backend(target)
        self._environment = _Environment(
            loader=_Loader(target),
            autoescape=lambda name: name is not None and name.endswith(_ESCAPED),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            bytecode_cache=TemplateCache(target.own.parent) if target.own and not target.user else None,
        )
        self._environment.filters.update(self.backend.filters)

    @property
    def uses_view(self) -> bool:
        """Whether templates may use the view. The backend of devgen's own templates can declare that they do not."""
        return self.backend.uses_view or self.target.user is not None

    def render(self, template: str, values: Mapping[str, object]) -> str:
        """Render a template with the values.

        Raises:
            RenderError: the template is missing or broken.
        """
        try:
            return self._environment.get_template(template).render(values)
        except TemplateNotFound as error:
            raise RenderError(f"template {template}: there is no template '{error.name}'") from error
        except _FAULTS as error:
            line = getattr(error, "lineno", None)
            name = getattr(error, "name", None) or template
            raise RenderError(f"template {name}{f':{line}' if line else ''}: {error}") from error

    def check_use(self, templates: Path) -> None:
        """Refuse unused files in the user's folder of templates.

        Raises RenderError if there is one, or if a template is broken.
        """
        share = find_share("templates")
        for name in files_below(templates):
            folder, slash, inner = name.partition("/")
            if not slash and not _is_note(name):
                raise RenderError(
                    f"{templates / name}: templates must be in the folder of a target: {_folders(templates)}"
                )
            own = share / folder if share is not None and (share / folder).is_dir() else None
            if slash and not self._is_used(Target(folder, own, templates / folder), inner):
                raise RenderError(f"{templates / name}: nothing uses this file{_why_unused(own, inner)}")

    def _is_used(self, target: Target, name: str) -> bool:
        if _is_note(name):
            return True
        if target.own is not None and (target.own / name).is_file():
            return True
        if target.own is None and name in {output.template for output in target.outputs()}:
            return True
        return name in self._referenced(target)

    def _referenced(self, target: Target) -> set[str]:
        """Return the names that the templates of a target reference. With a computed name, all count as used."""
        names: set[str] = set()
        for folder in target.folders():
            for file in files_below(folder):
                if not file.endswith(SUFFIX):
                    continue
                try:
                    tree = self._environment.parse((folder / file).read_text("utf-8"), filename=file)
                except _FAULTS as error:
                    raise RenderError(f"template {file}:{getattr(error, 'lineno', 1)}: {error}") from error
                found = set(meta.find_referenced_templates(tree))
                names |= set(files_below(folder)) if None in found else {name for name in found if name is not None}
        return names


class _Environment(Environment):
    """Resolves names in devgen's own templates to their own target, also when another target extends one of them."""

    def join_path(self, template: str, parent: str) -> str:
        """Return the full name of ``template`` as referenced by ``parent``."""
        loader = self.loader
        assert isinstance(loader, _Loader)
        if not loader.is_own(parent) or loader.is_own(template) or loader.has(template):
            return template
        return f"{parent.partition('/')[0]}/{template}"


class _Loader(BaseLoader):
    def __init__(self, target: Target) -> None:
        self._folders = target.folders()
        self._own = find_share("templates")
        self._targets = known_targets()

    def is_own(self, name: str) -> bool:
        """Whether a name refers to one of devgen's own templates: ``TARGET/NAME``."""
        return name.partition("/")[0] in self._targets and "/" in name

    def has(self, name: str) -> bool:
        """Whether one of the target's folders has a template of that name."""
        return any((folder / name).is_file() for folder in self._folders)

    def get_source(self, environment: Environment, template: str) -> Source:
        """Return the text of a template, its path, and None, since files are not watched."""
        places = [self._own] if self.is_own(template) and self._own is not None else self._folders
        if ".." not in template.split("/"):
            for place in places:
                file = open_if_exists(str(place / template))
                if file is not None:
                    with file:
                        return file.read().decode("utf-8"), str(place / template), None
        raise TemplateNotFound(template)


def _backend(target: Target) -> Backend:
    if target.backend is None:
        return Backend()
    backend = importlib.import_module(target.backend).BACKEND
    assert isinstance(backend, Backend)
    return backend


def _is_note(name: str) -> bool:
    return Path(name).name.startswith("README") and not name.endswith(SUFFIX)


def _folders(templates: Path) -> str:
    return ", ".join(f"{templates / name}/" for name in known_targets(templates))


def _why_unused(own: Path | None, name: str) -> str:
    from difflib import get_close_matches

    if own is None:
        return ": no template extends, includes or imports it"
    near = get_close_matches(name, list(files_below(own)), n=1, cutoff=0.5)
    meant = f"; did you mean '{near[0]}'?" if near else ""
    return f": the target '{own.name}' has no such template, and none of its templates mentions it{meant}"
