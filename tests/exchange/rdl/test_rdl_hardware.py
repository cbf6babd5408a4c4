# ruff: noqa: E501  (a row of a table is one line)
"""The hardware's side of SystemRDL (2.0, 9.5 to 9.9) comes over as keys of the language; its ports become inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from devgen import Bench, build_devices, check_files, import_registers, project_registry

HEAD = "addrmap top { default regwidth = 32; default sw = rw; default hw = w;\n"
ENABLE = "reg { field {hw = r;} A[3:0] = 0; field {hw = r;} B[4:4] = 0; } EN @ 0x0;\n"


@pytest.fixture
def imported(tmp_path: Path):
    def reader(body: str) -> tuple[dict[str, Any], list[str]]:
        source = tmp_path / "map.rdl"
        source.write_text(HEAD + body + "};", encoding="utf-8")
        (report,) = import_registers(source, tmp_path / "devices")
        assert [str(fault) for fault in check_files([tmp_path / "devices"])] == []
        (fragment,) = (tmp_path / "devices").glob("*.registers.yaml")
        return yaml.safe_load(fragment.read_text("utf-8")), [str(finding) for finding in report.findings]

    return reader


def field_of(tree: dict[str, Any], register: str = "R", name: str = "F") -> dict[str, Any]:
    found = tree["regions"]["registers"]["registers"][register]["fields"][name]
    return {key: value for key, value in found.items() if key not in ("bits", "write_effect", "access")}


CASES = (
    ("9.9", "field {level intr; woclr;} F[0:0] = 0;", {"intr": "R_F"}),
    ("9.9", "field {posedge intr; woclr;} F[0:0] = 0;", {"intr": {"posedge": "R_F"}}),
    ("9.9", "field {negedge intr; woclr;} F[0:0] = 0;", {"intr": {"negedge": "R_F"}}),
    ("9.9", "field {bothedge intr; woclr;} F[0:0] = 0;", {"intr": {"bothedge": "R_F"}}),
    ("9.9", "field {nonsticky intr; sw = r;} F[0:0] = 0;", {"intr": "R_F", "sticky": False}),
    ("9.9", "field {intr; sticky; woclr;} F[1:0] = 0;", {"intr": "R_F[0] | R_F[1] << 1", "sticky": "field"}),
    ("9.9", "field {intr; woclr;} F[0:0] = 0;} R @ 0x4; R.F->enable = EN.B;", {"intr": "R_F", "enable": "EN.B"}),
    ("9.9", "field {intr; woclr;} F[0:0] = 0;} R @ 0x4; R.F->mask = EN.B;", {"intr": "R_F", "mask": "EN.B"}),
    ("9.9", "field {intr; woclr;} F[0:0] = 0;} R @ 0x4; R.F->haltmask = EN.B;", {"intr": "R_F", "haltmask": "EN.B"}),
    ("9.5", "field {intr; woclr;} F[0:0] = 0;} R @ 0x4; R.F->next = EN.B;", {"intr": "EN.B"}),
    ("9.7", "field {hwset;} F[0:0] = 0;", {"hwset": "R_F_hwset"}),
    ("9.7", "field {hwclr;} F[0:0] = 0;} R @ 0x4; R.F->hwset = EN.B;", {"hwset": "EN.B", "hwclr": "R_F_hwclr"}),
    ("9.7", "field {we; sw = rw;} F[3:0] = 0;} R @ 0x4; R.F->next = EN.A;", {"next": "EN.A", "we": "R_F_we"}),
    ("9.8", "field {counter; sw = r;} F[3:0] = 0;", {"counter": {"incr": "R_F_incr"}}),
    (
        "9.8", "field {counter; sw = r; incrvalue = 2; incrsaturate = 9; incrthreshold = 5;} F[3:0] = 0;",
        {"counter": {"incr": "R_F_incr", "incrvalue": 2, "incrsaturate": 9, "incrthreshold": 5}},
    ),
    (
        "9.8", "field {counter; sw = r; decrvalue = 1; decrsaturate;} F[3:0] = 0;} R @ 0x4; R.F->decr = EN.B;",
        {"counter": {"decr": "EN.B", "decrsaturate": True}},
    ),
    ("9.7", "signal {} S; reg {field {hwset; hwclr;} F[0:0] = 0;} R @ 0x4; R.F->hwset = S;", {"hwset": "S", "hwclr": "R_F_hwclr"}),
    ("9.7", "signal {signalwidth = 4;} S; reg {field {we;} F[3:0] = 0;} R @ 0x4; R.F->next = S;",
     {"next": "S[0] | S[1] << 1 | S[2] << 2 | S[3] << 3", "we": "R_F_we"}),
    ("9.7", "field {wel;} F[3:0] = 0;} R @ 0x4; R.F->next = EN.A; R.F->wel = EN.B;", {"next": "EN.A", "we": "not EN.B"}),
    ("9.7", "field {wel;} F[3:0] = 0;} R @ 0x4; R.F->next = EN.A;", {"next": "EN.A", "we": "not R_F_wel"}),
    ("9.7", "field {} F[0:0] = 0;} R @ 0x4; R.F->hwset = EN.A->anded;", {"hwset": "EN.A == 0xf"}),
    ("9.7", "field {} F[0:0] = 0;} R @ 0x4; R.F->hwset = EN.A->ored;", {"hwset": "EN.A != 0"}),
    ("9.7", "field {intr; woclr;} F[0:0] = 0;} R @ 0x4; R.F->next = EN.A->xored;", {"intr": "EN.A[0] ^ EN.A[1] ^ EN.A[2] ^ EN.A[3]"}),
    ("9.7", "field {} F[0:0] = 0;} R @ 0x4; R.F->hwset = EN.B->anded;", {"hwset": "EN.B"}),
    ("9.7", "reg {field {hw = r;} A[0:0] = 0;} M[3] @ 0x20; reg {field {} F[0:0] = 0;} R @ 0x4; R.F->hwset = M[2].A;", {"hwset": "M[2].A"}),
    ("9.7", "regfile {reg {field {hw = r;} A[0:0] = 0;} X[2] @ 0;} M[3] @ 0x20; reg {field {} F[0:0] = 0;} R @ 0x4; "
     "R.F->hwset = M[2].X[1].A;", {"hwset": "M[2].X[1].A"}),
    ("9.7", "reg {field {hw = r;} A[0:0] = 0;} M[2][2] @ 0x20; reg {field {} F[0:0] = 0;} R @ 0x4; R.F->hwset = M[1][0].A;",
     {"hwset": "M[1][0].A"}),
    ("9.8", "signal {} S; reg {field {counter; sw = r;} F[3:0] = 0;} R @ 0x4; R.F->incr = S; R.F->decr = EN.B;",
     {"counter": {"incr": "S", "decr": "EN.B"}}),
    ("9.8", "field {counter; sw = r; incrwidth = 2;} F[3:0] = 0;",
     {"counter": {"incr": "R_F_incr", "incrvalue": "R_F_incrvalue[0] | R_F_incrvalue[1] << 1"}}),
    ("9.8", "field {counter; sw = r;} F[3:0] = 0;} R @ 0x4; R.F->incrvalue = EN.A; R.F->incrsaturate = EN.A; R.F->incrthreshold = EN.A;",
     {"counter": {"incr": "R_F_incr", "incrvalue": "EN.A", "incrsaturate": "EN.A", "incrthreshold": "EN.A"}}),
    ("9.8", "field {counter; sw = r;} F[3:0] = 0;} R @ 0x4; R.F->decrsaturate = EN.A; R.F->decrthreshold = EN.A;",
     {"counter": {"decr": "R_F_decr", "decrsaturate": "EN.A", "decrthreshold": "EN.A"}}),
    ("9.8", "field {} F[0:0] = 0; field {counter; sw = r; overflow;} C[2:1] = 0;} R @ 0x4; R.F->hwset = R.C->overflow;", {}),
    ("9.9", "signal {} S; reg {field {intr; woclr;} F[0:0] = 0;} R @ 0x4; R.F->enable = S; R.F->haltmask = S;",
     {"intr": "R_F", "enable": "S", "haltmask": "S"}),
)  # fmt: skip


@pytest.mark.parametrize(("clause", "text", "keys"), CASES, ids=[f"{clause} {text}" for clause, text, _ in CASES])
def test_a_property_comes_over(imported, clause: str, text: str, keys: dict[str, Any]) -> None:
    body = text if text.startswith(("signal", "reg")) else "reg {" + text
    tree, findings = imported(ENABLE + body + ("" if "@" in text else "} R @ 0x4;"))
    assert field_of(tree) == keys
    assert findings == []


CHIP = """
    reg { field {hw = r;} RX[0:0] = 0; field {hw = r;} WRAP[1:1] = 0; field {hw = r;} MANY[2:2] = 0; } EN @ 0x0;
    reg {
        default woclr;
        field {posedge intr;} RX[0:0] = 0;
        field {intr;} WRAP[1:1] = 0;
        field {intr;} MANY[2:2] = 0;
    } STATUS @ 0x4;
    reg { field {counter; sw = r; incrthreshold = 3; overflow;} N[1:0] = 0; } COUNT @ 0x8;
    STATUS.RX->enable = EN.RX; STATUS.WRAP->enable = EN.WRAP; STATUS.MANY->mask = EN.MANY;
    STATUS.WRAP->next = COUNT.N->overflow; STATUS.MANY->next = COUNT.N->incrthreshold;
    reg { field {nonsticky intr; sw = r;} ANY[0:0] = 0; } GLOBAL @ 0xc;
    GLOBAL.ANY->next = STATUS->intr;
"""


def test_a_chain_of_outputs_drives_the_line_of_the_last_register(imported, tmp_path: Path) -> None:
    tree, findings = imported(CHIP)
    assert findings == []
    assert tree["interrupts"] == {"GLOBAL_intr": {"level": "GLOBAL.intr"}}
    assert sorted(tree["gpio_in"]) == ["COUNT_N_incr", "STATUS_RX"]
    assert field_of(tree, "COUNT", "N")["counter"]["overflow"] == "STATUS.WRAP"
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    with Bench("top-top", registry=project_registry(tmp_path)) as dev:
        dev.write32(0, 7)
        dev.drive("STATUS_RX", 1)
        assert (dev.read32(4), dev.read32(12), dev.irq()) == (1, 1, 1)
        dev.write32(4, 1)
        assert (dev.read32(4), dev.read32(12), dev.irq()) == (0, 0, 0)
        for _ in range(4):
            dev.drive("COUNT_N_incr", 1)
            dev.drive("COUNT_N_incr", 0)
        assert (dev.read32(8), dev.read32(4), dev.irq()) == (0, 6, 1), "MANY is masked, WRAP is enabled"


def test_arrays_have_an_input_and_a_line_for_each_element(imported) -> None:
    tree, findings = imported("reg { field {intr; woclr;} F[0:0] = 0; } R[4] @ 0x10;")
    assert findings == []
    assert tree["gpio_in"]["R_F"]["count"] == 4
    assert tree["interrupts"] == {"R_intr": {"level": "R[index].intr", "count": 4}}
    assert field_of(tree)["intr"] == "R_F[index]"


SOURCES = """
    signal {} button;
    reg { field {} F[0:0] = 0; field {} G[1:1] = 0; field {counter; sw = r; overflow;} C[3:2] = 0; } R @ 0x4;
    R.F->hwset = EN.A->anded; R.F->hwclr = button; R.G->hwset = R.C->overflow;
    reg { field {counter; sw = r; incrwidth = 2;} N[7:0] = 0; } COUNT @ 0x8;
    reg { field {hw = r;} L[7:0] = 5; } LIMIT @ 0xc;
    COUNT.N->incr = EN.B; COUNT.N->incrsaturate = LIMIT.L;
    reg { field {wel;} V[3:0] = 0; } COPY @ 0x10;
    COPY.V->next = EN.A; COPY.V->wel = EN.B;
    reg { field {intr; woclr;} ODD[0:0] = 0; } STATUS @ 0x14;
    STATUS.ODD->next = EN.A->xored;
"""


def test_signals_references_and_outputs_drive_fields(imported, tmp_path: Path) -> None:
    """9.7: hwset, hwclr, wel, anded, xored; 9.8: incr by a field, incrwidth, saturation by a field, overflow."""
    tree, findings = imported(ENABLE + SOURCES)
    assert findings == []
    assert sorted(tree["gpio_in"]) == ["COUNT_N_incrvalue", "R_C_incr", "button"]
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    with Bench("top-top", registry=project_registry(tmp_path)) as dev:
        dev.write32(0, 0xF)
        assert dev.read32(4) == 1, "all bits of A are 1: F is set"
        assert dev.read32(0x10) == 0xF, "wel is 0: COPY follows A"
        dev.write32(0, 0x1E)
        dev.drive("button", 1)
        assert dev.read32(4) == 0, "the signal clears F"
        assert dev.read32(0x10) == 0xF, "wel is 1: COPY keeps its value"
        assert (dev.read32(0x14), dev.irq()) == (1, 1), "A has an odd number of ones"
        assert dev.read32(8) == 0, "the amount of the inputs is 0"
        for pulse, total in ((1, 3), (2, 5)):
            dev.drive("COUNT_N_incrvalue[0]", 1)
            dev.drive("COUNT_N_incrvalue[1]", 1)
            dev.write32(0, 0)
            dev.write32(0, 0x10)
            assert dev.read32(8) == total, pulse
        for _ in range(4):
            dev.drive("R_C_incr", 1)
            dev.drive("R_C_incr", 0)
        assert dev.read32(4) == 2, "the counter wraps and sets G"


REPORTED = (
    (
        "field {sw = r; hwset;} F[3:0] = 0; field {counter; sw = r; overflow;} C[5:4] = 0;} R @ 0x4; "
        "R.F->hwset = R.C->overflow;",
        "hwset by overflow",
    ),
    ("field {sw = r; hwset;} F[0:0] = 0;} R @ 0x4; R.F->hwset = R.F->swacc;", "hwset by swacc"),
    (
        "field {hwset;} F[0:0] = 0; field {hwset;} G[1:1] = 0;} R @ 0x4; R.F->hwset = R.G; R.G->hwset = R.F;",
        "depends on itself",
    ),
)


@pytest.mark.parametrize(("text", "reason"), REPORTED)
def test_what_does_not_come_over_is_reported(imported, text: str, reason: str) -> None:
    _, findings = imported(ENABLE + "reg {" + text + ("" if "@" in text else "} R @ 0x4;"))
    assert all("to do" in finding for finding in findings)
    assert any(reason in finding for finding in findings)
