"""Imports follow the arrow: each part of the package imports only what stands before it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOSTS = ("devgen.hosts.kvm", "devgen.hosts.emulator", "devgen.hosts.bench", "devgen.hosts.vfio_user")
FREE = {"devgen", "devgen.errors", "devgen.share"}

# The runtime's folders, each of which may import those before it.
RUNTIME_ORDER = ("base", "time", "memory", "device", "pci", "observe", "machine")
RUNTIME = tuple(f"devgen.runtime.{name}" for name in RUNTIME_ORDER)

# part: what of the project it may import, besides itself
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "devgen.language": (),
    "devgen.plan": ("devgen.language",),
    "devgen.targets": ("devgen.language", "devgen.plan"),
    "devgen.build": ("devgen.language", "devgen.plan", "devgen.targets"),
    **{part: RUNTIME[:index] for index, part in enumerate(RUNTIME)},
    **dict.fromkeys(HOSTS, RUNTIME),
    "devgen.api": ("devgen.language", "devgen.build", *RUNTIME, *HOSTS),
    "devgen.cli": (),  # public names of `devgen` only: tests/api/test_public_surface.py
    "generated": RUNTIME,
}
NOT_AT_RUN_TIME = {"yaml", "jinja2", "jsonschema", "jsonschema_rs", "click", "rich"}


def part_of(module: str) -> str | None:
    """The most specific part that a module belongs to."""
    matches = [part for part in MAY_IMPORT if module == part or module.startswith(part + ".")]
    return max(matches, key=len, default=None)


def imports_of(path: Path, module: str) -> set[str]:
    names: set[str] = set()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            names.add((base + (node.module or "")).rstrip("."))
    return names


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("devgen", "generated")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


@pytest.mark.parametrize("module", [name for name in MODULES if part_of(name)])
def test_imports_follow_the_arrow(module: str) -> None:
    part = part_of(module)
    assert part is not None
    allowed = {part, *MAY_IMPORT[part]}
    ours = {name for name in imports_of(MODULES[module], module) if name.split(".")[0] in ("devgen", "generated")}
    wrong = {name for name in ours - FREE if part_of(name) not in allowed}
    # A host's package lies inside the runtime's folder, but the runtime proper must not know it.
    assert wrong == set()


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(("devgen.runtime", "generated"))])
def test_the_runtime_needs_no_compiler_libraries(module: str) -> None:
    roots = {name.split(".")[0] for name in imports_of(MODULES[module], module)}
    assert roots & NOT_AT_RUN_TIME == set()
