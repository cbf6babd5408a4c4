"""`swwe` and `swwel` (SystemRDL 2.0, 9.6) become locks that are executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen import Bench, build_devices, check_files, import_registers, project_registry

HEAD = """
addrmap top {
    default regwidth = 32; default sw = rw; default hw = r;
    reg { field {} OPEN[0:0] = 0; field {} SHUT[1:1] = 0; } LOCK @ 0x0;
"""
LOCKED = """
    reg { field {} A[7:0] = 0; field {} B[15:8] = 0; field {} C[23:16] = 0; } R @ 0x4;
    R.A->swwe = LOCK.OPEN;
    R.B->swwel = LOCK.SHUT;
"""
FILE = """
    regfile {
        reg { field {} ON[0:0] = 0; } EN @ 0x0;
        reg { field {} V[31:0] = 0; } VALUE @ 0x4;
        VALUE.V->swwe = EN.ON;
    } CH[2] @ 0x20 += 0x8;
"""
SIGNAL = """
    signal {} unlock;
    reg { field { swwe; } A[7:0] = 0; field {} B[15:8] = 0; field { swwel; } C[23:16] = 0; } R @ 0x4;
    R.B->swwe = unlock;
"""
ELEMENT = """
    reg { field {} ON[0:0] = 0; } EN[2] @ 0x10;
    reg { field {} A[7:0] = 0; } R @ 0x4; R.A->swwe = EN[1].ON;
"""
OUTPUT = """
    reg { field { counter; incrthreshold = 2; } N[3:0] = 0; } C @ 0x10;
    reg { field {} A[7:0] = 0; field {} B[15:8] = 0; } R @ 0x4;
    R.A->swwel = C.N->incrthreshold; R.B->swwe = C.N->ored;
"""


@pytest.fixture
def imported(tmp_path: Path):
    def reader(body: str) -> tuple[Path, list[str]]:
        source = tmp_path / "map.rdl"
        source.write_text(HEAD + body + "};", encoding="utf-8")
        (report,) = import_registers(source, tmp_path / "devices")
        assert [str(fault) for fault in check_files([tmp_path / "devices"])] == []
        return tmp_path, [str(finding).partition(": ")[2] for finding in report.findings]

    return reader


def bench_of(folder: Path) -> Bench:
    build_devices([folder / "devices"], folder / "generated")
    (name,) = (path.stem for path in (folder / "devices").iterdir() if not path.stem.endswith(".registers"))
    return Bench(name, registry=project_registry(folder))


def test_swwe_and_swwel_lock_the_field_and_no_other(imported) -> None:
    folder, findings = imported(LOCKED)
    assert findings == []
    with bench_of(folder) as dev:
        dev.write32(4, 0x332211)
        assert dev.read32(4) == 0x332200, "swwe: writable while 1; swwel: writable while 0"
        dev.write32(0, 3)
        dev.write32(4, 0x665544)
        assert dev.read32(4) == 0x662244


def test_a_lock_inside_a_register_file_is_that_of_its_element(imported) -> None:
    folder, findings = imported(FILE)
    assert findings == []
    with bench_of(folder) as dev:
        dev.write32(0x28, 1)
        dev.write32(0x24, 7)
        dev.write32(0x2C, 8)
        assert (dev.read32(0x24), dev.read32(0x2C)) == (0, 8)


def test_a_lock_may_have_the_name_of_a_keyword(imported) -> None:
    body = "reg { field {} is[0:0] = 0; } if @ 0x10; reg { field {} A[7:0] = 0; } R @ 0x4; R.A->swwe = \\if.is;"
    folder, findings = imported(body.replace("} if @", "} \\if @"))
    assert findings == []
    with bench_of(folder) as dev:
        dev.write32(4, 1)
        dev.write32(0x10, 1)
        dev.write32(4, 2)
        assert dev.read32(4) == 2


def test_a_signal_and_a_port_are_inputs(imported) -> None:
    """A reference to a signal, and a property without a reference, whose port the hardware drives."""
    folder, findings = imported(SIGNAL)
    assert findings == []
    with bench_of(folder) as dev:
        dev.write32(4, 0x111111)
        assert dev.read32(4) == 0x110000, "swwel lets a write through while its port is 0"
        for port in ("R_A_swwe", "R_C_swwel", "unlock"):
            dev.drive(port, 1)
        dev.write32(4, 0x222222)
        assert dev.read32(4) == 0x112222


def test_an_element_of_an_array_is_a_lock(imported) -> None:
    folder, findings = imported(ELEMENT)
    assert findings == []
    with bench_of(folder) as dev:
        dev.write32(0x10, 1)
        dev.write32(4, 1)
        dev.write32(0x14, 1)
        dev.write32(4, dev.read32(4) + 2)
        assert dev.read32(4) == 2


def test_outputs_of_a_field_are_locks(imported) -> None:
    folder, findings = imported(OUTPUT)
    assert findings == []
    with bench_of(folder) as dev:
        dev.write32(4, 0x0101)
        assert dev.read32(4) == 0x01, "the counter is 0"
        dev.write32(0x10, 3)
        dev.write32(4, 0x0202)
        assert dev.read32(4) == 0x0201


def test_a_field_without_swwe_is_not_locked(imported) -> None:
    folder, _ = imported("reg { field { swwe = false; } A[7:0] = 0; } R @ 0x4;")
    with bench_of(folder) as dev:
        dev.write32(4, 1)
        assert dev.read32(4) == 1


def test_what_the_language_cannot_say_is_to_do(imported) -> None:
    _, findings = imported("reg { field { swacc; } A[7:0] = 0; field {} B[8:8] = 0; } R @ 0x4; R.B->swwe = R.A->swacc;")
    assert "to do: top.R.B: swwe by swacc (SystemRDL 2.0, 9.6); write its lock as `write_enable`" in findings
