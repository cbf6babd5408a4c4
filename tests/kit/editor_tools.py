"""Programs that only the tests of the editor need: yaml-language-server from npm, and Neovim."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NPM_MISSING = "needs yaml-language-server (npm ci --ignore-scripts --prefix tests/editor/npm)"
NEOVIM_MISSING = "needs Neovim (on Debian: apt-get install neovim)"


def yaml_language_server() -> list[str] | None:
    """The command that starts yaml-language-server, if it is installed."""
    script = ROOT / "tests/editor/npm/node_modules/yaml-language-server/bin/yaml-language-server"
    node = shutil.which("node")
    return [node, str(script), "--stdio"] if node is not None and script.exists() else None


def neovim() -> str | None:
    """The path of Neovim, if it is installed."""
    return shutil.which("nvim")
