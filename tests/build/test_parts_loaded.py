"""A build loads only the parts of devgen that its descriptions need: loading a part takes longer than a small build."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLAIN = """
device: plain
bus: sysbus
regions:
  r:
    space: mmio
    size: 16
    registers:
      CTRL: {at: 0, fields: {GO: 0, DONE: {bits: 1, access: ro}}}
"""
PROGRAM = """
import sys
from pathlib import Path
from devgen.build.builder import build
assert build([Path("plain.yaml")], Path("generated")).ok
print(*sorted(sys.modules))
"""


@pytest.mark.parametrize(
    "package", ["devgen.language.behaviour", "devgen.language.view", "devgen.runtime", "devgen.api"]
)
def test_a_device_without_behaviour_is_built_without(package: str, tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text(PLAIN)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    loaded = done.stdout.split()
    assert "devgen.targets.python.lower_device" in loaded
    assert [name for name in loaded if name == package or name.startswith(f"{package}.")] == []
