"""Reads patch files, and merges the files that they include."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final

from devgen.errors import FileError
from devgen.exchange.patching.rules import Rule
from devgen.exchange.register_map import Place
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Mark
from devgen.language.reading.regular_file import read_text
from devgen.language.reading.source_map import Sources
from devgen.language.reading.yaml_tree import load_tree

MOST_FILES: Final = 1000
"""Most files that one patch includes."""

MOST_RULES: Final = 1_000_000
"""Most values of a patch with all that it includes."""


@dataclass(slots=True, frozen=True)
class Patch:
    """A patch with all that it includes. ``target`` is the register file that it is for (``_svd``), if it says so."""

    path: Path
    rules: dict[str, Rule]
    target: Path | None


def read_patch(path: Path) -> Patch:
    """Read a patch file and the files that it includes.

    Raises:
        FileError: a file cannot be read, is no YAML, or includes itself.
    """
    rules = _Reader().file(path, (), Mark(str(path), 1, 1))
    target = rules.pop("_svd", None)
    return Patch(path, rules, path.parent / target.text() if target else None)


def read_patches(paths: Iterable[str | PathLike[str]], sources: Sequence[Path]) -> list[Patch]:
    """Read patches for the register files ``sources``.

    Raises:
        FileError: as ``read_patch``, or a patch is for a register file that is not among the sources.
    """
    patches = [read_patch(Path(path)) for path in paths]
    for patch in patches:
        if patch.target is not None and all(patch.target.name != source.name for source in sources):
            names = ", ".join(source.name for source in sources)
            raise FileError(f"{patch.path}: '_svd': this patch is for {patch.target.name}; imported is {names}")
    return patches


class _Reader:
    """Counts what is read, so that files that include each other many times stay bounded."""

    def __init__(self) -> None:
        self.files = self.values = 0

    def file(self, path: Path, outer: Sequence[Path], mark: Mark) -> dict[str, Rule]:
        """Return the rules of a file with those that it includes; ``outer`` are the files that include it."""
        self.files += 1
        real = path if "\0" in str(path) else Path(os.path.realpath(path))  # opening it tells of the NUL
        if real in outer or self.files > MOST_FILES:
            why = "includes itself" if real in outer else f"more than {MOST_FILES} included files"
            raise FileError(f"{mark.file}:{mark.line}: {path}: {why}")
        sources, sink = Sources(), Diagnostics()
        text = read_text(path, mark, sink)
        tree = load_tree(sources.add(str(path), text), sources, sink) if text is not None else None
        for diagnostic in sink.finish():
            if diagnostic.is_error:
                place = f"{diagnostic.mark.file}:{diagnostic.mark.line}"
                raise FileError(f"{place}: {diagnostic.message}{diagnostic.hint and f' ({diagnostic.hint})'}")
        return self._included(self._rules(tree or {}, sources), path, (*outer, real))

    def _included(self, rules: dict[str, Rule], path: Path, outer: Sequence[Path]) -> dict[str, Rule]:
        for key, rule in list(rules.items()):
            if not key.startswith("_") and isinstance(rule.value, dict) and "_include" in rule.value:
                rules[key] = Rule(rule.place, rule.key, self._included(rule.value, path, outer))
        include = rules.pop("_include", None)
        for name in include.names() if include else ():
            mark = Mark(name.place.file, name.place.line, 1)
            rules = _merged(rules, self.file(path.parent / name.key, outer, mark))
        return rules

    def _rules(self, node: dict[str, Any], sources: Sources) -> dict[str, Rule]:
        return {key: self._rule(node, key, key, sources) for key in node}

    def _rule(self, node: dict[str, Any] | list[Any], at: str | int, key: str, sources: Sources) -> Rule:
        self.values += 1
        mark = sources.key_mark(node, at)
        place = Place(mark.file, mark.line)
        if self.values > MOST_RULES:
            raise FileError(f"{place}: more than {MOST_RULES} values in a patch")
        value: Any = node[at]  # type: ignore[index]
        if isinstance(value, dict):
            return Rule(place, key, self._rules(value, sources))
        if isinstance(value, list):
            return Rule(place, key, [self._rule(value, number, key, sources) for number in range(len(value))])
        return Rule(place, key, value)


def _merged(rules: dict[str, Rule], included: dict[str, Rule]) -> dict[str, Rule]:
    """Return the rules with those of an included file; the including file takes precedence, lists are joined."""
    merged = dict(rules)
    for key, rule in included.items():
        own = merged.get(key)
        if own is None:
            merged[key] = rule
        elif isinstance(own.value, dict) and isinstance(rule.value, dict):
            merged[key] = Rule(own.place, own.key, _merged(own.value, rule.value))
        elif own.key.startswith("_") and isinstance(own.value, list | str) and isinstance(rule.value, list | str):
            merged[key] = Rule(own.place, own.key, [*_listed(own), *_listed(rule)])
    return merged


def _listed(rule: Rule) -> list[Rule]:
    return rule.value if isinstance(rule.value, list) else [rule]
