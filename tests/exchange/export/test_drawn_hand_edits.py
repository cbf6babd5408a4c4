"""Drawn descriptions with locks and a hardware's side, exported, changed by hand at one place, and imported."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devgen import Outcome, export_devices, import_registers
from devgen.exchange.yaml_text import yaml_text

Spec = dict[str, Any]

PROPERTIES = {"write_enable": "swwe", "hwset": "hwset", "hwclr": "hwclr", "enable": "enable", "mask": "mask"}
SOURCES = ("S.A", "S.B", "T[1].A", "FILE.S.A")
EXPRESSIONS = ("S.A and S.B", "not S.W == 3", "S.W[1]", "FILE.S.A == 0")
NAMES = ("W", "X", "Y", "Z")


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Spec]:
    """Fields of one bit: with an interrupt that has an enable or a mask, or with hwset and hwclr; with locks."""
    found: dict[str, Spec] = {}
    for bit, name in enumerate(NAMES):
        keys = draw(st.sampled_from([("enable",), ("mask",), ("hwset", "hwclr"), ("hwset",), ()]))
        spec: Spec = {"bits": bit, "write_effect": "woclr"}
        if keys and keys[0] in ("enable", "mask"):
            spec["intr"] = draw(st.sampled_from([True, {"posedge": "S.W == 1"}, "S.A"]))
        for key in (*keys, "write_enable"):
            if draw(st.booleans()):
                spec[key] = draw(st.sampled_from((*SOURCES, *EXPRESSIONS)))
        found[name] = spec
    return found


def description(described: dict[str, Spec]) -> Spec:
    source = {"at": 0, "fields": {"A": 0, "B": 1, "W": "7:4"}}
    registers = {
        "S": source,
        "T": {"at": 0x10, "count": 2, "fields": {"A": 0}},
        "FILE": {"at": 0x20, "registers": {"S": dict(source)}},
        "R": {"at": 0x30, "fields": described},
    }
    return {
        "device": "drawn",
        "bus": "sysbus",
        "regions": {"r": {"space": "mmio", "size": 4096, "registers": registers}},
    }


def changed(text: str, field: str, name: str, source: str | None) -> str:
    """The text with another assignment of a property; None removes it."""
    head = f"    R.{field}->{name} = "
    kept = [line for line in text.splitlines() if not line.startswith(head)]
    if source is not None:
        kept.insert(len(kept) - 1 - kept[::-1].index("};"), f"{head}{source};")
    return "\n".join(kept)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])
@given(fields(), st.data())
def test_one_changed_property_changes_one_key(described: dict[str, Spec], data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(NAMES))
    limits = {"enable", "mask"}
    allowed = [key for key in PROPERTIES if key not in limits or "intr" in described[field]]
    taken = limits & described[field].keys()  # SystemRDL has either an enable or a mask
    key = data.draw(st.sampled_from([key for key in allowed if key not in limits or not taken or key in taken]))
    shown = described[field].get(key) in SOURCES
    source = data.draw(st.sampled_from((*SOURCES, None) if shown else SOURCES))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.yaml"
        path.write_text(yaml_text(description(described)), encoding="utf-8")
        (file,) = export_devices(path, Path(folder) / "rdl", form="systemrdl").files
        text = file.path.read_text(encoding="utf-8")
        file.path.write_text(changed(text, field, PROPERTIES[key], source), encoding="utf-8")
        (report,) = import_registers(file.path, Path(folder) / "devices")
        tree = yaml.safe_load((Path(folder) / "devices" / "drawn.registers.yaml").read_text(encoding="utf-8"))
    expected = {name: dict(spec) for name, spec in described.items()}
    if source is None:
        del expected[field][key]
    else:
        expected[field][key] = source
    assert tree["regions"]["r"]["registers"]["R"]["fields"] == expected
    assert {finding.outcome for finding in report.findings} <= {Outcome.CORRECTED}
    assert bool(report.findings) == (expected != described)
