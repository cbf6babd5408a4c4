"""Runs of pytest on small test files, each in a process and a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run_pytest(folder: Path, *options: str) -> str:
    """Run pytest in ``folder`` without this project's settings; return what it prints.

    Only devgen's plugin is loaded, and with ``-n`` that of pytest-xdist: loading all would take longer than the tests.
    """
    plugins = ["devgen.testing.pytest_plugin", *(["xdist"] if "-n" in options else [])]
    loaded = [word for name in plugins for word in ("-p", name)]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *loaded, *options]
    settings = {
        **os.environ,
        **{"COLUMNS": "160", "NO_COLOR": "1", "PYTEST_ADDOPTS": "", "CI": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    }
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr
