"""Checks on several processors: the same findings in the same order, and no process left behind.

pytest-xdist's workers have threads, and a program with threads does not fork: each test runs a program of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, sys
from pathlib import Path
from devgen.checking.parallel_runs import Runner
from devgen.language.model import Mark
from devgen.language.path_checks import FileFindings

def check(path):
    return FileFindings(path, [], device=(str(os.getpid()), Mark(str(path), 1, 1)))

paths = [Path(str(number)) for number in range(100)]
"""


def run(program: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_files_are_spread_and_stay_in_order(tmp_path: Path) -> None:
    lines = """
steps = []
found = list(Runner(3, lambda done, total, path: steps.append((done, total, path)))(check, paths))
assert [one.path for one in found] == paths
assert steps == [(at + 1, 100, path) for at, path in enumerate(paths)]
workers = {one.device[0] for one in found}
print(len(workers) > 1, str(os.getpid()) in workers)
"""
    assert run(PROGRAM + lines, tmp_path) == "True False\n"


def test_a_few_files_or_a_program_with_threads_use_no_other_process(tmp_path: Path) -> None:
    lines = """
import threading
few = {one.device[0] for one in Runner(3)(check, paths[:5])}
wait = threading.Event()
threading.Thread(target=wait.wait, daemon=True).start()
threaded = {one.device[0] for one in Runner(3)(check, paths)}
print(few == threaded == {str(os.getpid())})
"""
    assert run(PROGRAM + lines, tmp_path) == "True\n"


def test_a_killed_worker_is_an_error(tmp_path: Path) -> None:
    lines = """
from devgen import DevgenError
try:
    list(Runner(2)(lambda path: os._exit(1), paths))
except DevgenError as error:
    print(error)
"""
    assert run(PROGRAM + lines, tmp_path).startswith("a process that checked files was killed")


def test_findings_are_those_of_a_single_processor(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text("fragment: part\nretain: 1\n")
    for number in range(40):
        text = f"device: d{number % 39}\nbus: {'usb' if number % 3 else 'sysbus'}\ninclude: [part.yaml]\n"
        (tmp_path / f"{number}.yaml").write_text(text)
    lines = """
import devgen
found = [[one.json() for one in devgen.check(["."], jobs=jobs).diagnostics] for jobs in (1, 2)]
print(len(found[0]) > 25, found[0] == found[1])
"""
    assert run(lines, tmp_path) == "True True\n"
