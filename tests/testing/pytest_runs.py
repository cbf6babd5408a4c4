"""Runs of pytest on small test files, each in a process and a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run_pytest(folder: Path, *options: str) -> str:
    """Run pytest in ``folder`` without this project's settings; return what it prints."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    settings = {**os.environ, "COLUMNS": "160", "NO_COLOR": "1", "PYTEST_ADDOPTS": "", "CI": ""}
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr
