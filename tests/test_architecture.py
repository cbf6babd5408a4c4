"""The layout of the package: which folder may import which, no circles, names that say which file is meant."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOSTS = ("devgen.hosts.kvm", "devgen.hosts.emulator", "devgen.hosts.bench", "devgen.hosts.vfio_user")

# What every part may import: no layer, but small modules that import no part themselves.
COMMON = ("devgen.common", "devgen.errors", "devgen.project", "devgen.share")

# The runtime's folders, each of which may import those before it.
RUNTIME_ORDER = ("base", "time", "memory", "device", "pci", "observe", "machine", "boot")
RUNTIME = tuple(f"devgen.runtime.{name}" for name in RUNTIME_ORDER)

# folder: what of the project it may import, besides itself and COMMON
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(COMMON, ()),
    "devgen.language": (),
    "devgen.plan": ("devgen.language",),
    "devgen.checking": ("devgen.language",),
    "devgen.comparison": ("devgen.language",),
    "devgen.targets": ("devgen.language", "devgen.plan"),
    "devgen.build": ("devgen.language", "devgen.plan", "devgen.targets"),
    "devgen.exchange": ("devgen.language",),
    **{part: RUNTIME[:index] for index, part in enumerate(RUNTIME)},
    **dict.fromkeys(HOSTS, RUNTIME),
    "devgen.qemu": (),
    "devgen.editor": ("devgen.language", "devgen.checking", "devgen.targets"),
    "devgen.api": (
        *("devgen.language", "devgen.checking", "devgen.comparison"),
        *("devgen.build", "devgen.editor", "devgen.exchange", "devgen.qemu"),
        *RUNTIME,
        *HOSTS,
    ),
    "devgen.testing": (
        "devgen.language",
        "devgen.plan",
        "devgen.targets",
        "devgen.build",
        *RUNTIME,
        *HOSTS,
        "devgen.api",
    ),
    "devgen.cli": (),  # public names of `devgen` only: tests/api/test_public_surface.py
    "generated": RUNTIME,
}
NOT_AT_RUN_TIME = {"yaml", "jinja2", "jsonschema", "jsonschema_rs", "click", "rich"}

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("devgen", "generated")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def part_of(module: str) -> str | None:
    """The most specific folder of MAY_IMPORT that a module is in."""
    matches = [part for part in MAY_IMPORT if module == part or module.startswith(part + ".")]
    return max(matches, key=len, default=None)


def imports_of(module: str) -> set[str]:
    """All modules that a module imports: at its top, in functions, and for type checking only."""
    path, names = MODULES[module], set()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            base = (base + (node.module or "")).rstrip(".")
            submodules = {f"{base}.{alias.name}" for alias in node.names} & MODULES.keys()
            others = any(f"{base}.{alias.name}" not in MODULES for alias in node.names)
            names |= submodules | ({base} if others else set())
    return names


def ours(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] in ("devgen", "generated")}


@pytest.mark.parametrize("module", [name for name in MODULES if part_of(name)])
def test_imports_follow_the_arrow(module: str) -> None:
    part = part_of(module)
    assert part is not None
    allowed = {part, *MAY_IMPORT[part], *COMMON}
    # `from devgen import __version__`: the version is the package's own
    wrong = {name for name in ours(imports_of(module)) - {"devgen"} if part_of(name) not in allowed}
    assert wrong == set()


def test_every_folder_has_its_place_in_the_order() -> None:
    folders = {name for name, path in MODULES.items() if path.name != "__init__.py" or name.count(".") > 1}
    assert {name for name in folders if part_of(name) is None} <= {"devgen.__main__"}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(("devgen.runtime", "generated"))])
def test_the_runtime_needs_no_compiler_libraries(module: str) -> None:
    roots = {name.split(".")[0] for name in imports_of(module)}
    assert roots & NOT_AT_RUN_TIME == set()


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import each other, directly or through others (Tarjan's components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in graph:
        if name not in index:
            visit(name)
    return found


def test_the_search_for_circles_finds_one() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert circles(graph) == [["b", "c"]]


def test_no_files_import_each_other() -> None:
    """Imports for type checking count as well: two files that need each other's types are one subject.

    The root is left out: it names every public class for type checkers, and every part may read its version.
    """
    graph = {module: (imports_of(module) & MODULES.keys()) - {module, "devgen"} for module in MODULES}
    del graph["devgen"]
    assert circles(graph) == []


def test_no_two_files_have_one_name() -> None:
    """A name tells which file is meant, in a traceback as in a search."""
    names = Counter(path.name for name, path in MODULES.items() if name.startswith("devgen"))
    assert {name for name, count in names.items() if count > 1} == {"__init__.py"}


LONGEST_FILE = 400
"""Lines that can be read in one sitting."""


def test_a_file_can_be_read_in_one_sitting() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / "devgen").rglob("*.py")
    }
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}


PACKAGES = sorted(name for name, path in MODULES.items() if path.name == "__init__.py" and name.startswith("devgen."))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_teaches_its_subject(package: str) -> None:
    """Half a page: what it is about, its files, and an example."""
    text = ast.get_docstring(ast.parse(MODULES[package].read_text("utf-8"))) or ""
    assert len(text.split()) >= 60, f"{package}: {len(text.split())} words"
    assert "::\n" in text or ">>> " in text or "for example" in " ".join(text.split()).lower(), f"{package}: no example"
