"""Ruff and mypy on modules that a test has generated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def passes_the_linters(folder: Path) -> None:
    """Ruff with the project's rules, and mypy's strictest, find nothing in the modules of a folder."""
    config = ["--config", str(ROOT / "pyproject.toml")]
    for command in (
        ["ruff", "check", *config, "--no-cache", str(folder)],
        ["mypy", "--strict", "--config-file=", "--cache-dir", str(folder / ".mypy"), *map(str, folder.glob("*.py"))],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
