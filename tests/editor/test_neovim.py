"""The lines that docs/editors.md prints for Neovim, in a Neovim without a window."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from editor_kit import TIMER, make_project
from editor_tools import ROOT, neovim

pytestmark = [pytest.mark.neovim, pytest.mark.slow]

ASK = """
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 50)
local hover = vim.lsp.buf_request_sync(0, 'textDocument/hover', vim.lsp.util.make_position_params(), 60000)
local found = { diagnostics = vim.diagnostic.get(0), hover = hover }
vim.fn.writefile({ vim.fn.json_encode(found) }, 'answers.json')
vim.cmd('qall!')
"""


def test_neovim_shows_diagnostics_and_hover(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "tick.yaml").write_text(TIMER.replace("reset: 0x02", "rest: 0x02"))
    page = (ROOT / "docs" / "editors.md").read_text()
    blocks = re.findall(r"```lua\n(.*?)```", page, re.DOTALL)
    (tmp_path / "init.lua").write_text(next(block for block in blocks if "start_client" in block))
    (tmp_path / "ask.lua").write_text(ASK)
    line = TIMER.split("\n").index("      CTRL:") + 1
    subprocess.run(
        [str(neovim()), "--headless", "-u", "init.lua", f"+call cursor({line}, 8)", "+luafile ask.lua", "tick.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=180,
        check=True,
    )
    answers = json.loads((tmp_path / "answers.json").read_text())
    assert [found["code"] for found in answers["diagnostics"]] == ["DG0201"]
    assert "register CTRL" in json.dumps(answers["hover"])
