"""IP-XACT components of 1685-2009 and 1685-2014: what comes over, and what is reported with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen import FileError, import_registers
from devgen.exchange.findings import Findings
from devgen.exchange.ipxact.ipxact_file import chips_of
from devgen.exchange.register_map import Chip, Dimension, Group, Label, Labels, Register
from devgen.exchange.xml_elements import parse_xml

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


def chips(memory_maps: str, head: str = "") -> tuple[list[Chip], list[str]]:
    """Return the chips of a component, and the findings as ``line: part: text``."""
    text = f"<component><name>box</name>{head}\n<memoryMaps>{memory_maps}</memoryMaps></component>"
    findings = Findings()
    found = chips_of(parse_xml(text.encode(), "box.xml"), findings)
    return found, [f"{finding.place.line}: {finding.part}: {finding.text}" for finding in findings]


def block(registers: str, more: str = "<baseAddress>0x100</baseAddress>") -> str:
    return f"<addressBlock><name>b</name>{more}<range>64</range><width>32</width>{registers}</addressBlock>"


def register(more: str = "", name: str = "R", offset: str = "0") -> str:
    return f"<register><name>{name}</name><addressOffset>{offset}</addressOffset><size>32</size>{more}</register>"


def field(more: str = "", name: str = "F") -> str:
    return f"<field><name>{name}</name><bitOffset>4</bitOffset><bitWidth>4</bitWidth>{more}</field>"


def one_register(more: str) -> tuple[Register, list[str]]:
    (chip,), reported = chips(f"<memoryMap><name>m</name>{block(register(more))}</memoryMap>")
    (found,) = chip.peripherals[0].members
    assert isinstance(found, Register)
    return found, reported


def test_an_expression_without_a_value_is_reported_with_its_line() -> None:
    broken = register(offset="\n$pow(2,999999999)")
    (chip,), reported = chips(f"<memoryMap><name>m</name>{block(register() + broken)}</memoryMap>")
    assert len(chip.peripherals[0].members) == 1
    assert reported == ["2: m.b.R: addressOffset '$pow(2,999999999)': a power that is no integer of at most 4096 bits"]


def test_a_parameter_is_found_by_its_identifier_and_has_its_default() -> None:
    parameter = '<parameter parameterId="uuid_1"><name>BITS</name><value>2 + 1</value></parameter>'
    memory_map = f"<memoryMap><name>m</name>{block(register(offset='4 * uuid_1'))}</memoryMap>"
    (chip,), _ = chips(memory_map, f"<parameters>{parameter}</parameters>")
    assert chip.peripherals[0].members[0].offset == 12


def test_each_memory_map_is_a_chip() -> None:
    maps = "".join(f"<memoryMap><name>{name}</name>{block(register())}</memoryMap>" for name in "ab")
    assert [chip.name for chip in chips(maps)[0]] == ["box_a", "box_b"]


def test_the_blocks_of_a_serial_bank_follow_each_other() -> None:
    blocks = block(register(), "") + block(register(), "")
    bank = f'<bank bankAlignment="serial"><name>k</name><baseAddress>16</baseAddress>{blocks}</bank>'
    (chip,), _ = chips(f"<memoryMap><name>m</name>{bank}</memoryMap>")
    assert [peripheral.base for peripheral in chip.peripherals] == [16, 80]


def test_addresses_count_the_units_of_the_map() -> None:
    unit = "<addressUnitBits>32</addressUnitBits>"
    (chip,), _ = chips(f"<memoryMap><name>m</name>{block(register(offset='1'))}{unit}</memoryMap>")
    (peripheral,) = chip.peripherals
    assert (peripheral.base, peripheral.members[0].offset) == (0x400, 4)


def test_an_array_of_two_dimensions_and_a_register_file() -> None:
    inner = register("<dim>2</dim><dim>3</dim>")
    place = "<addressOffset>0</addressOffset><range>32</range>"
    file = f"<registerFile><name>F</name><dim>2</dim>{place}{inner}</registerFile>"
    (chip,), _ = chips(f"<memoryMap><name>m</name>{block(file)}</memoryMap>")
    (group,) = chip.peripherals[0].members
    assert isinstance(group, Group) and group.dimension is not None and group.dimension.stride == 32
    assert group.members[0].dimension == Dimension(tuple("012345"), 4, (2, 3))


@pytest.mark.parametrize(
    ("more", "reset", "known"),
    [
        (field(), 0, 0xFFFF_FF0F),
        (field("<resets><reset><value>'hA</value></reset></resets>"), 0xA0, 0xFFFF_FFFF),
        (field("<resets><reset><value>5</value><mask>4</mask></reset></resets>"), 0x40, 0xFFFF_FF4F),
        (f"<reset><value>0x12</value><mask>0xff</mask></reset>{field()}", 0x12, 0xFF),
    ],
)
def test_reset_values_are_of_the_fields_or_of_the_register(more: str, reset: int, known: int) -> None:
    found, _ = one_register(more)
    assert (found.reset, found.reset_known) == (reset, known)


def test_a_fields_access_effects_labels_and_constraint() -> None:
    labels = '<enumeratedValue usage="write"><name>GO</name><value>1</value></enumeratedValue>'
    found, reported = one_register(
        field(
            f"<access>read-writeOnce</access><enumeratedValues>{labels}</enumeratedValues>"
            "<modifiedWriteValue>oneToClear</modifiedWriteValue><readAction>clear</readAction>"
            "<writeValueConstraint><minimum>1</minimum><maximum>3</maximum></writeValueConstraint>"
        )
    )
    (part,) = found.fields
    assert (part.high, part.low, part.access, part.write_effect, part.read_effect) == (7, 4, "rw1", "woclr", "rclr")
    assert part.labels == (Labels((Label("GO", 1),), "write"),)
    assert part.constraint == (1, 3)
    assert reported == []


def test_alternate_registers_are_registers_at_the_same_address() -> None:
    alternates = (
        "<alternateRegisters><alternateRegister><name>A</name><alternateGroups><alternateGroup>debug</alternateGroup>"
        f"</alternateGroups>{field()}</alternateRegister></alternateRegisters>"
    )
    (chip,), reported = chips(
        f"<memoryMap><name>m</name>{block(register(field() + alternates, offset='8'))}</memoryMap>"
    )
    assert [(member.name, member.offset) for member in chip.peripherals[0].members] == [("R", 8), ("A", 8)]
    assert reported == ["2: m.b.R.A: an alternate of the register in the groups 'debug': write its `when`"]


@pytest.mark.parametrize(
    ("inside", "report"),
    [
        ("<isPresent>0</isPresent>", "2: m.b.R.F: isPresent is 0"),
        ("<vendorExtensions><size>1</size></vendorExtensions>", "2: m.b.R.F: vendorExtensions: size"),
        ("<volatile>true</volatile>", "2: m.b.R.F: volatile; write it in the device's own file"),
        ("<oddity/>", "2: m.b.R.F: the element <oddity>"),
        ("<access>secret</access>", "2: m.b.R.F: access 'secret'; rw came over"),
        ("<readAction>modify</readAction>", "2: m.b.R.F: readAction 'modify': write its behaviour"),
        ("<reserved>true</reserved>", "2: m.b.R.F: it is reserved; it came over as a field"),
    ],
)
def test_a_part_that_does_not_come_over_is_reported(inside: str, report: str) -> None:
    _, reported = one_register(field(inside))
    assert [text[: len(report)] for text in reported] == [report]


@pytest.mark.parametrize(
    ("memory_map", "report"),
    [
        (block("", "<baseAddress>0</baseAddress><usage>memory</usage>"), "2: m.b: a memory, which a board has"),
        ("<subspaceMap><name>s</name></subspaceMap>", "2: m.s: a subspaceMap: its registers are those of another"),
        (f"<memoryRemap><name>boot</name>{block(register())}</memoryRemap>", "2: m.boot: a memoryRemap: its blocks"),
        (block("", "<baseAddress>nowhere</baseAddress>"), "2: m.b: baseAddress 'nowhere': no parameter is 'nowhere'"),
        (
            f'<bank bankAlignment="parallel"><name>k</name><baseAddress>0</baseAddress>{block(register(), "")}</bank>',
            "2: m.k: a parallel bank: its registers share the words of the bus",
        ),
    ],
)
def test_a_map_without_registers_of_its_own_is_reported(memory_map: str, report: str) -> None:
    (chip,), reported = chips(f"<memoryMap><name>m</name>{memory_map}</memoryMap>")
    assert chip.peripherals == ()
    assert [text[: len(report)] for text in reported] == [report]


def test_a_component_without_memory_maps_is_refused() -> None:
    with pytest.raises(FileError, match=r"box\.xml:2: the component has no <memoryMap>"):
        chips_of(parse_xml(b"<?xml version='1.0'?>\n<component/>", "box.xml"), Findings())
