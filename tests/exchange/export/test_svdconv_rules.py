"""The kit's checks of SVDConv's rules find each broken rule."""

from __future__ import annotations

import pytest
from svdconv_rules import broken_rules

GOOD = """<device schemaVersion="1.3"><name>CHIP</name>
<cpu><name>other</name><revision>r0p0</revision><endian>little</endian><nvicPrioBits>4</nvicPrioBits></cpu>
<peripherals><peripheral><name>P</name><baseAddress>0x40000000</baseAddress>
<addressBlock><offset>0</offset><size>0x100</size><usage>registers</usage></addressBlock>
<interrupt><name>I</name><value>3</value></interrupt>
<registers><register><name>A</name><displayName>First</displayName><addressOffset>0</addressOffset><size>32</size>
<access>read-write</access><resetValue>1</resetValue><resetMask>0xff</resetMask><fields>
<field><name>F</name><bitRange>[3:0]</bitRange><enumeratedValues><enumeratedValue><name>ON</name><value>1</value>
</enumeratedValue><enumeratedValue><name>OFF</name><value>0</value></enumeratedValue></enumeratedValues></field>
<field><name>G</name><bitRange>[7:4]</bitRange></field></fields></register>
<register><dim>2</dim><dimIncrement>4</dimIncrement><dimIndex>X,Y</dimIndex><name>B%s</name>
<addressOffset>8</addressOffset><size>32</size></register>
<register><name>C</name><displayName>Third</displayName><addressOffset>16</addressOffset><size>32</size></register>
<cluster><name>D</name><addressOffset>32</addressOffset>
<register><name>E</name><addressOffset>0</addressOffset><size>8</size></register></cluster>
</registers></peripheral>
<peripheral derivedFrom="P"><name>Q</name><baseAddress>0x40001000</baseAddress></peripheral></peripherals></device>
"""


def test_a_good_file_breaks_none() -> None:
    assert broken_rules(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("<value>3</value>", "", "M330"),
        ("<interrupt>", "<interrupt><name>J</name><value>3</value></interrupt><interrupt>", "M301"),
        ("<interrupt>", "<interrupt><name>I</name><value>4</value></interrupt><interrupt>", "M336"),
        (' schemaVersion="1.3"', "", "M306"),
        ("<endian>little</endian>", "", "M326"),
        ("<nvicPrioBits>4</nvicPrioBits>", "", "M327"),
        ("<name>other</name>", "", "M329"),
        ("<name>Q</name>", "<name>P</name>", "M336"),
        ("0x40001000", "0x40001001", "M350"),
        ("0x40001000", "0x40000000", "M343"),
        ("0x40001000", "0x40000080", "M352"),
        ("0x40001000", "0xffffff80", "M380"),
        ("<size>0x100</size>", "<size>0</size>", "M315"),
        ("<size>0x100</size>", "<size>0x10</size>", "M344"),
        ("<usage>registers</usage>", "", "M314"),
        ("<name>A</name>", "<name>A-1</name>", "M305"),
        ("<name>A</name>", "<name>reserved</name>", "M361"),
        ("<name>A</name>", "<name>A</name><description>Reserved</description>", "M362"),
        ("<name>A</name>", "<name>A</name><description>No description available</description>", "M322"),
        ("<name>A</name>", "<name>C</name>", "M336"),
        ("<name>A</name>", "", "M316"),
        ("X,Y", "X,Y,Z", "M308"),
        ("<size>32</size>", "<size>20</size>", "M302"),
        ("<resetMask>0xff", "<resetMask>0x1ff000000", "M382"),
        ("<dimIncrement>4", "<dimIncrement>2", "M366"),
        ("B%s", "B[%s]", ""),
        (
            "<dimIncrement>4</dimIncrement><dimIndex>X,Y</dimIndex><name>B%s",
            "<dimIncrement>8</dimIncrement><name>B[%s]",
            "M378",
        ),
        ("<addressOffset>16<", "<addressOffset>0<", "M339"),
        ("<displayName>Third", "<displayName>First", "M373"),
        ("[7:4]", "[7:3]", "M338"),
        ("[7:4]", "[40:4]", "M345"),
        ("<access>read-write", "<access>read-only", ""),
        ("<bitRange>[7:4]</bitRange>", "<bitRange>[7:4]</bitRange><access>write-only</access>", ""),
        ("<name>G</name>", "<name>F</name>", "M336"),
        ("<value>0</value>", "<value>1</value>", "M333"),
        ("<value>0</value>", "<value>16</value>", "M335"),
        ("<value>0</value>", "", "M369"),
        ("<name>OFF</name>", "<name>ON</name>", "M337"),
        ("</enumeratedValues>", "</enumeratedValues><enumeratedValues></enumeratedValues>", "M376"),
        ("</enumeratedValues>", "</enumeratedValues><enumeratedValues><usage>read</usage></enumeratedValues>", "M377"),
        ("<addressOffset>32</addressOffset>", "", "M370"),
        ("<register><name>E</name><addressOffset>0</addressOffset><size>8</size></register>", "", "M328"),
    ],
)
def test_a_broken_rule_is_found(old: str, new: str, rule: str) -> None:
    assert old in GOOD
    found = broken_rules(GOOD.replace(old, new, 1))
    assert [fault.split()[0].split("/")[0] for fault in found][:1] == ([rule] if rule else [])


def test_a_field_with_more_access_than_its_register_is_found() -> None:
    bad = GOOD.replace("<access>read-write", "<access>read-only").replace(
        "[7:4]</bitRange>", "[7:4]</bitRange><access>read-write</access>"
    )
    assert [fault[:4] for fault in broken_rules(bad)] == ["M367"]


def test_an_alternate_register_may_share_an_address() -> None:
    good = GOOD.replace("<addressOffset>16<", "<addressOffset>0<").replace(
        "Third</displayName>", "Third</displayName><alternateRegister>A</alternateRegister>"
    )
    assert broken_rules(good) == []
