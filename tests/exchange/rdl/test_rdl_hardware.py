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
)  # fmt: skip


@pytest.mark.parametrize(("clause", "text", "keys"), CASES, ids=[f"{clause} {text}" for clause, text, _ in CASES])
def test_a_property_comes_over(imported, clause: str, text: str, keys: dict[str, Any]) -> None:
    tree, findings = imported(ENABLE + "reg {" + text + ("" if "@" in text else "} R @ 0x4;"))
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


REPORTED = (
    ("field {counter; sw = r; incrwidth = 2;} F[3:0] = 0;", "a counter with incrwidth"),
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
