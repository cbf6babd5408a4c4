"""IP-XACT comes over through the same tree as SystemRDL."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen import FileError, import_registers

NAMESPACE = 'xmlns:ipxact="http://www.accellera.org/XMLSchema/IPXACT/1685-2014"'
COMPONENT = f"""<?xml version="1.0"?>
<ipxact:component {NAMESPACE}>
<ipxact:vendor>acme</ipxact:vendor><ipxact:library>l</ipxact:library><ipxact:name>uart</ipxact:name>
<ipxact:version>1</ipxact:version>
<ipxact:memoryMaps><ipxact:memoryMap><ipxact:name>regs</ipxact:name>
<ipxact:addressBlock><ipxact:name>block</ipxact:name><ipxact:baseAddress>0</ipxact:baseAddress>
<ipxact:range>0x100</ipxact:range><ipxact:width>32</ipxact:width>
<ipxact:register><ipxact:name>CTRL</ipxact:name><ipxact:addressOffset>4</ipxact:addressOffset><ipxact:size>32</ipxact:size>
<ipxact:field><ipxact:name>EN</ipxact:name><ipxact:bitOffset>0</ipxact:bitOffset><ipxact:bitWidth>1</ipxact:bitWidth>
<ipxact:access>read-write</ipxact:access></ipxact:field></ipxact:register>
</ipxact:addressBlock></ipxact:memoryMap></ipxact:memoryMaps></ipxact:component>
"""


def test_a_component_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "uart.xml"
    path.write_text(COMPONENT, encoding="utf-8")
    (report,) = import_registers(path, tmp_path / "devices")
    assert (report.registers, report.fields) == (1, 1)
    text = next((tmp_path / "devices").glob("*.registers.yaml")).read_text()
    assert "CTRL:" in text
    assert "EN: 0" in text


def test_another_xml_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text("<project/>", encoding="utf-8")
    with pytest.raises(FileError, match=r"x\.xml:1: no register file: the root is <project>"):
        import_registers(path, None)


def test_a_negative_offset_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "uart.xml"
    path.write_text(COMPONENT.replace("<ipxact:addressOffset>4<", "<ipxact:addressOffset>-4<"), encoding="utf-8")
    (report,) = import_registers(path, tmp_path / "devices")
    assert any(finding.text == "its offset is negative, -4" for finding in report.findings)
    assert report.devices == ()


def test_an_expression_out_of_range_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "uart.xml"
    path.write_text(COMPONENT.replace("Offset>4<", "Offset>$pow(2,999999999)<"), encoding="utf-8")
    with pytest.raises(FileError, match=r"uart\.xml: too deeply nested or out of range: \w"):
        import_registers(path, None)
