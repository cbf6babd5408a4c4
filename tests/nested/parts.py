"""Programs and a kernel module that the guests of these tests run, compiled on the host.

    parts.make(folder)      compiles them into the folder
    parts.find(folder)      the same, if the nested lab has not made them on the host already

Compiling in the lab would take minutes, so the lab makes them before it starts and says where in the variable PARTS.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import fetch_linux
from lab_variables import PARTS

import devgen
from devgen import Registry

PROGRAMS = Path(__file__).parent / "programs"
WALKTHROUGH = Path(__file__).parents[2] / "examples/walkthrough"


@dataclass(frozen=True)
class Parts:
    """What was compiled into ``folder``."""

    folder: Path

    def program(self, name: str) -> Path:
        """A static program of the folder ``programs``."""
        return self.folder / name

    @property
    def walkthrough_driver(self) -> Path:
        """The module of the walk-through's card."""
        return self.folder / "driver/copier.ko"

    @property
    def walkthrough(self) -> Registry:
        """Where the walk-through's card is found."""
        return devgen.project_registry(self.folder)


def find(folder: Path) -> Parts:
    """The parts that the lab made, or those made now in ``folder``."""
    made = os.environ.get(PARTS)
    return Parts(Path(made)) if made else make(folder)


def make(folder: Path) -> Parts:
    """Compile everything into ``folder``. Raises AssertionError with the compiler's messages."""
    for source in PROGRAMS.glob("*.c"):
        compile_program("gcc", source.stem, folder / source.stem)
    (folder / "devices").mkdir()
    shutil.copy(WALKTHROUGH / "2-engine/copier.yaml", folder / "devices")
    shutil.copytree(WALKTHROUGH / "driver", folder / "driver")
    devgen.build_devices([folder / "devices"], folder / "generated")
    devgen.build_devices([folder / "devices"], folder / "driver", target="c-header")
    headers = fetch_linux.find_headers()
    assert headers is not None, "no kernel headers: run tests/fetch/fetch_linux.py --headers"
    run("make", "-C", str(folder / "driver"), f"KERNEL={headers}", "CC=gcc")
    return Parts(folder)


def compile_program(compiler: str, name: str, place: Path) -> None:
    """Compile a program of the folder ``programs`` to the file ``place``. Raises AssertionError."""
    run(compiler, "-O2", "-Wall", "-Wextra", "-static", "-o", str(place), str(PROGRAMS / f"{name}.c"))


def run(*command: str) -> None:
    """Run a command. Raises AssertionError with what it prints if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
