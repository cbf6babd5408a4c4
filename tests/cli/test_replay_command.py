"""``devgen replay``: a line a trace, the divergence, the count, the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_kit import ROOT, Command

TRACE = ROOT / "tests" / "data" / "traces" / "pl031-101.jsonl"


def changed(tmp_path: Path) -> Path:
    """The trace with the value of its first read of MR changed: line 4."""
    lines = TRACE.read_text().splitlines()
    read = json.loads(lines[3])
    lines[3] = json.dumps(read | {"value": read["value"] ^ 1})
    path = tmp_path / "changed.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_trace_that_agrees_passes(devgen: Command) -> None:
    done = devgen("replay", TRACE)
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 passed, 0 failed")


def test_a_divergence_names_the_line_and_what_was_expected_and_found(devgen: Command, tmp_path: Path) -> None:
    done = devgen("replay", TRACE, changed(tmp_path))
    assert done.code == 1
    assert "line 4 (op 2): expected 0x1, found 0x0" in done.out
    assert done.out.splitlines()[-1] == "1 passed, 1 failed"


def test_snapshots_on_the_way_change_nothing(devgen: Command) -> None:
    assert devgen("replay", "--snapshot-every", 1, TRACE).code == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json\n",
        "[]\n",
        '{"op": "header"}\n',
        '{"op": "header", "device": "nosuch", "regions": {}}\n',
        '{"op": "header", "device": "pl031", "regions": {"mmio": {"base": -1, "size": "x"}}}\n',
    ],
)
def test_what_is_no_trace_fails_with_a_line(devgen: Command, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    done = devgen("replay", path)
    assert (done.code, done.out.splitlines()[-1]) == (1, "0 passed, 1 failed")
    assert done.out.startswith("FAIL")


def test_a_folder_is_searched(devgen: Command) -> None:
    assert devgen("replay", "-q", TRACE.parent).code == 0


def test_a_path_that_is_not_there(devgen: Command) -> None:
    assert devgen("replay", "nowhere.jsonl").code == 1
