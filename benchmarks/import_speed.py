"""The cost of ``devgen import`` of SystemRDL: CPU seconds of whole processes, beside systemrdl-compiler alone.

    python benchmarks/import_speed.py [--quick]

The file has 5,000 registers of 4 fields each, with names and descriptions. The reference compiles and elaborates the
same file with systemrdl-compiler, in a process without the cycle collector, as that of ``devgen`` is.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from _measure import Table
from build_speed import run, typical

ROUNDS = 5

IMPORT = """
import contextlib, sys
from devgen.cli import main
sys.argv[1:] = ["import", sys.argv[1], "-o", sys.argv[2]]
with contextlib.redirect_stdout(None):
    main()
"""
COMPILE = """
import gc, sys
gc.disable()
from systemrdl import RDLCompiler
compiler = RDLCompiler()
compiler.compile_file(sys.argv[1])
compiler.elaborate()
"""


def source(registers: int) -> str:
    """An address map with that many registers."""
    fields = "".join(f' field {{ desc = "Field {n}."; }} F{n}[{n * 8 + 7}:{n * 8}] = {n};' for n in range(4))
    lines = (
        f'reg {{ name = "Register {n}"; desc = "What register {n} does.";{fields} }} R{n} @ {n * 4:#x};'
        for n in range(registers)
    )
    return "\n".join(["addrmap big { default regwidth = 32; default sw = rw; default hw = r;", *lines, "};", ""])


def tables(quick: bool = False) -> Iterator[Table]:
    """One row for one size of file."""
    registers = 50 if quick else 5_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "big.rdl"
        path.write_text(source(registers))
        whole, alone = [], []
        for _ in range(1 if quick else ROUNDS):
            whole.append(run([sys.executable, "-c", IMPORT, str(path), str(folder / "devices")], folder))
            alone.append(run([sys.executable, "-c", COMPILE, str(path)], folder))
    ours, reference = typical(whole), typical(alone)
    yield Table(
        "devgen import of SystemRDL",
        ("registers of 4 fields", "import, CPU s", "peak MiB", "systemrdl-compiler alone, CPU s", "import / compiler"),
        [(f"{registers:,}", ours.cpu, round(ours.memory), reference.cpu, ours.cpu / reference.cpu)],
    )


if __name__ == "__main__":
    for table in tables("--quick" in sys.argv[1:]):
        print(table.markdown())
