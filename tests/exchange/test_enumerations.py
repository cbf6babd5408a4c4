"""Enumerations of a source: for reads, for writes, with descriptions, patterns and a default."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen import check_files, import_registers, load_device


def labels(*values: tuple[str, str], use: str = "", more: str = "") -> str:
    usage = f"<usage>{use}</usage>" if use else ""
    inner = "".join(
        f"<enumeratedValue><name>{name}</name><value>{value}</value>{more}</enumeratedValue>" for name, value in values
    )
    return f"<enumeratedValues>{usage}{inner}</enumeratedValues>"


DEFAULT = (
    "<enumeratedValues><enumeratedValue><name>ON</name><value>1</value></enumeratedValue>"
    "<enumeratedValue><name>OTHER</name><isDefault>true</isDefault></enumeratedValue></enumeratedValues>"
)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (labels(("A", "0"), ("B", "1")), [("A", "0b0000", "both"), ("B", "0b0001", "both")]),
        (labels(("P", "#1xx0")), [("P", "0b1xx0", "both")]),
        (
            labels(("S", "1"), use="read") + labels(("C", "1"), use="write"),
            [("S", "0b0001", "read"), ("C", "0b0001", "write")],
        ),
        (DEFAULT, [("ON", "0b0001", "both"), ("OTHER", "default", "both")]),
    ],
)
def test_an_enumeration_comes_over(tmp_path: Path, xml: str, expected: list[tuple[str, str, str]]) -> None:
    source = tmp_path / "acme.svd"
    source.write_text(
        svd(peripheral("P", register("R", 0, f"<fields>{field('F', '3:0', xml)}</fields>"))), encoding="utf-8"
    )
    (report,) = import_registers(source, tmp_path / "devices")
    assert report.findings == ()
    assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.is_error] == []
    (value,) = load_device(tmp_path / "devices" / "acme1-p.yaml").view.registers[0].fields
    assert [(label.name, shown(label), label.use) for label in value.values] == expected


def shown(label: object) -> str:
    value, mask = label.value, label.mask
    if mask == 0:
        return "default"
    return "0b" + "".join(str(value >> bit & 1) if mask >> bit & 1 else "x" for bit in (3, 2, 1, 0))


def test_the_description_of_a_label_comes_over(tmp_path: Path) -> None:
    source = tmp_path / "acme.svd"
    xml = labels(("A", "0"), more="<description>Off:  at\n rest</description>")
    source.write_text(
        svd(peripheral("P", register("R", 0, f"<fields>{field('F', '3:0', xml)}</fields>"))), encoding="utf-8"
    )
    import_registers(source, tmp_path / "devices")
    (value,) = load_device(tmp_path / "devices" / "acme1-p.yaml").view.registers[0].fields
    assert value.values[0].description == "Off: at rest"
