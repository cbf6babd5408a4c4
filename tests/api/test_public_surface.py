"""`devgen.__all__` is the public API: each name is there, importing it is cheap, and the command uses nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import devgen

PACKAGE = Path(devgen.__file__).parent
SOURCE = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
COMMAND = sorted((PACKAGE / "cli").glob("*.py"))


def declared() -> dict[str, set[str]]:
    """Module → names, as type checkers see them."""
    block = next(node for node in SOURCE.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {str(node.module): {alias.name for alias in node.names} for node in imports}


def loaded_by(program: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after ``program``, without those that it begins with."""
    shown = "import sys; print(*sorted(set(sys.modules) - before))"
    text = f"import sys; before = set(sys.modules)\n{program}\n{shown}"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", devgen.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(devgen, name) is not None
    assert name in dir(devgen)


def test_types_and_run_time_agree_on_where_names_are_defined() -> None:
    homes = {module: set(names) for module, names in devgen._HOME.items()}
    assert homes == declared()
    assert sorted(devgen.__all__) == sorted({"__version__"}.union(*homes.values()))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'devgen' has no attribute 'Bank'"):
        _ = getattr(devgen, "Bank")  # noqa: B009 (mypy knows the public names)
    with pytest.raises(ImportError):
        import_module("devgen.Bank")


def test_importing_devgen_brings_none_of_its_parts() -> None:
    ours = {module for module in loaded_by("import devgen") if module.startswith("devgen")}
    assert ours == {"devgen"}


def test_no_name_brings_click() -> None:
    loaded = loaded_by("import devgen\nfor name in devgen.__all__: getattr(devgen, name)")
    assert "devgen.hosts.vfio_user" in loaded
    assert loaded & {"click", "rich", "devgen.cli", "pytest"} == set()


def imported_by(path: Path) -> Iterator[str]:
    """What a module of the command imports of devgen, as dotted names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", COMMAND, ids=lambda path: path.stem)
def test_the_command_uses_public_names_only(path: Path) -> None:
    ours = [name for name in imported_by(path) if name.partition(".")[0] == "devgen"]
    private = [name for name in ours if not name.startswith(("devgen.cli", "devgen.common"))]
    assert [name for name in private if name.removeprefix("devgen.") not in devgen.__all__] == []
