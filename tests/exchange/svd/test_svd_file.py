"""CMSIS-SVD: inheritance, derivation, repetition, effects and wrong files."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen.errors import FileError
from devgen.exchange.findings import Findings
from devgen.exchange.register_map import Chip, Dimension, Group, Label, Peripheral, Register
from devgen.exchange.svd.svd_file import read_svd


@pytest.fixture
def read(tmp_path: Path):
    def reader(text: str) -> tuple[Chip, Findings]:
        path, findings = tmp_path / "chip.svd", Findings()
        path.write_text(text, encoding="utf-8")
        return read_svd(path, findings), findings

    return reader


def only(chip: Chip) -> Peripheral:
    (found,) = chip.peripherals
    return found


def first(chip: Chip) -> Register:
    member = only(chip).members[0]
    assert isinstance(member, Register)
    return member


def test_a_register_inherits_width_access_and_reset_from_each_level(read) -> None:
    more = "<access>read-only</access>"
    chip, _ = read(svd(peripheral("P", register("R", 4), more), device="<size>16</size><resetValue>0x12</resetValue>"))
    assert (first(chip).width, first(chip).access, first(chip).reset) == (16, "ro", 0x12)


@pytest.mark.parametrize(
    ("xml", "bits"),
    [
        ("<bitRange>[7:4]</bitRange>", (7, 4)),
        ("<lsb>4</lsb><msb>7</msb>", (7, 4)),
        ("<bitOffset>4</bitOffset><bitWidth>4</bitWidth>", (7, 4)),
        ("<bitOffset>3</bitOffset>", (3, 3)),
    ],
)
def test_the_bits_of_a_field_may_stand_in_three_ways(read, xml: str, bits: tuple[int, int]) -> None:
    fields = f"<fields><field><name>F</name>{xml}</field></fields>"
    chip, _ = read(svd(peripheral("P", register("R", 0, fields))))
    assert (first(chip).fields[0].high, first(chip).fields[0].low) == bits


@pytest.mark.parametrize(
    ("text", "value", "care"),
    [("5", 5, None), ("0x1F", 31, None), ("#101", 5, None), ("#1x0", 4, 0b101), ("0b11", 3, None)],
)
def test_an_enumerated_value_is_read_in_each_notation(read, text: str, value: int, care: int | None) -> None:
    labels = (
        f"<enumeratedValues><enumeratedValue><name>A</name><value>{text}</value></enumeratedValue></enumeratedValues>"
    )
    chip, _ = read(svd(peripheral("P", register("R", 0, f"<fields>{field('F', '7:0', labels)}</fields>"))))
    assert first(chip).fields[0].labels[0].labels == (Label("A", value, care),)


@pytest.mark.parametrize(
    ("index", "names"),
    [
        ("", ("0", "1", "2")),
        ("<dimIndex>1-3</dimIndex>", ("1", "2", "3")),
        ("<dimIndex>A,B,C</dimIndex>", ("A", "B", "C")),
    ],
)
def test_dim_repeats_a_register(read, index: str, names: tuple[str, ...]) -> None:
    chip, _ = read(svd(peripheral("P", register("R%s", 0, f"<dim>3</dim><dimIncrement>8</dimIncrement>{index}"))))
    assert (first(chip).name, first(chip).dimension) == ("R", Dimension(names, 8))


def test_a_cluster_holds_its_registers_at_offsets_of_its_own(read) -> None:
    keys = "<name>CH[%s]</name><dim>2</dim><dimIncrement>16</dimIncrement><addressOffset>0x100</addressOffset>"
    cluster = f"<cluster>{keys}{register('R', 4)}</cluster>"
    chip, _ = read(svd(peripheral("P", cluster)))
    group = only(chip).members[0]
    assert isinstance(group, Group)
    assert (group.name, group.offset, group.dimension, [member.offset for member in group.members]) == (
        "CH",
        0x100,
        Dimension(("0", "1"), 16),
        [4],
    )


def test_a_derived_register_has_the_keys_of_its_base_that_it_does_not_state(read) -> None:
    base = register("A", 0, f"<resetValue>7</resetValue><fields>{field('F', '3:0')}</fields>")
    derived = (
        '<register derivedFrom="A"><name>B</name><addressOffset>4</addressOffset><resetValue>9</resetValue></register>'
    )
    chip, _ = read(svd(peripheral("P", base + derived)))
    second = only(chip).members[1]
    assert isinstance(second, Register)
    assert (second.offset, second.reset, [each.name for each in second.fields]) == (4, 9, ["F"])


def test_an_element_of_an_array_is_a_base_too(read) -> None:
    more = f"<dim>4</dim><dimIncrement>4</dimIncrement><dimIndex>2-5</dimIndex><fields>{field('F', '3:0')}</fields>"
    derived = '<register derivedFrom="P03PFS"><name>Q</name><addressOffset>0x40</addressOffset></register>'
    chip, findings = read(svd(peripheral("P", register("P0%sPFS", 0, more) + derived)))
    second = only(chip).members[1]
    assert isinstance(second, Register)
    assert ([each.name for each in second.fields], second.dimension, [*findings]) == (["F"], None, [])


def test_a_repeated_field_has_its_index_in_name_and_description(read) -> None:
    more = "<description>Pin %s</description><dim>2</dim><dimIncrement>4</dimIncrement><dimIndex>A,B</dimIndex>"
    chip, _ = read(svd(peripheral("P", register("R", 0, f"<fields>{field('PIN%s', '3:0', more)}</fields>"))))
    assert [(each.name, each.description, each.low) for each in first(chip).fields] == [
        ("PINA", "Pin A", 0),
        ("PINB", "Pin B", 4),
    ]


def test_a_derived_peripheral_without_registers_shares_those_of_its_base(read) -> None:
    copy = '<peripheral derivedFrom="UART0"><name>UART1</name><baseAddress>0x5000</baseAddress></peripheral>'
    chip, _ = read(svd(peripheral("UART0", register("R", 0)), copy))
    assert [(each.name, each.same_as, len(each.members)) for each in chip.peripherals] == [
        ("UART0", "", 1),
        ("UART1", "UART0", 0),
    ]


@pytest.mark.parametrize(
    ("xml", "part", "text"),
    [
        (register("R", 0, "<access>readonly</access>"), "P.R", "access 'readonly': there is no such access"),
        (register("R", 0, "<alternateGroup>G</alternateGroup>"), "P.R", "alternateGroup: the group"),
        (register("R", 0, "<writeConstraint/>"), "P.R", "a write constraint that states no values"),
        (
            register("R", 0, f"<fields>{field('F', '0:0', '<access>all</access>')}</fields>"),
            "P.R.F",
            "access 'all': there is no such access",
        ),
    ],
)
def test_an_element_that_says_nothing_to_a_description_is_reported(read, xml: str, part: str, text: str) -> None:
    _, findings = read(svd(peripheral("P", xml)))
    assert [(found.part, found.text[: len(text)]) for found in findings] == [(part, text)]


@pytest.mark.parametrize(
    ("device", "more", "text"),
    [
        ("<cpu><sauRegionsConfig/></cpu>", "", "sauRegionsConfig: the regions"),
        ("<vendorExtensions><x/></vendorExtensions>", "", "vendorExtensions: extensions"),
        ("", "<prependToName>UART_</prependToName>", "prependToName: 'UART_' before the names"),
        ("", "<disableCondition>X == 1</disableCondition>", "disableCondition: the condition 'X == 1'"),
        (
            "",
            "".join(f"<interrupt><name>I</name><value>{number}</value></interrupt>" for number in (1, 2)),
            "interrupt 2, whose name 'I' interrupt 1 has too",
        ),
    ],
)
def test_an_element_of_the_device_or_a_peripheral_is_reported(read, device: str, more: str, text: str) -> None:
    _, findings = read(svd(peripheral("P", register("R", 0), more), device=device))
    assert [found.text[: len(text)] for found in findings] == [text]


def test_address_units_other_than_bytes_are_reported(read) -> None:
    _, findings = read(svd(peripheral("P", register("R", 0))).replace("Bits>8<", "Bits>16<"))
    assert [found.text for found in findings] == ["addressUnitBits 16: offsets came over as bytes"]


def test_a_circular_derivation_is_reported(read) -> None:
    chip, findings = read(
        svd(
            '<peripheral derivedFrom="B"><name>A</name><baseAddress>0</baseAddress></peripheral>',
            '<peripheral derivedFrom="A"><name>B</name><baseAddress>0</baseAddress></peripheral>',
        )
    )
    assert len(chip.peripherals) == 2
    assert any("circular" in finding.text for finding in findings)


@pytest.mark.parametrize(
    ("key", "word", "effect"),
    [
        ("modifiedWriteValues", "oneToClear", "woclr"),
        ("modifiedWriteValues", "zeroToToggle", "wzt"),
        ("readAction", "clear", "rclr"),
    ],
)
def test_an_effect_has_the_languages_word(read, key: str, word: str, effect: str) -> None:
    chip, _ = read(svd(peripheral("P", register("R", 0, f"<{key}>{word}</{key}>"))))
    assert effect in (first(chip).write_effect, first(chip).read_effect)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<device><name>A</name>", r"chip\.svd:1: not well-formed XML"),
        ("", r"chip\.svd:1: not well-formed XML"),
        ("<html/>", r"chip\.svd:1: no SVD file: the root is <html>"),
        ('<!DOCTYPE d [<!ENTITY a "aaaa">]>\n<device>&a;</device>', r"chip\.svd:1: a document type or an entity"),
        ('<!DOCTYPE d SYSTEM "file:///etc/passwd">\n<device/>', r"chip\.svd:1: a document type or an entity"),
        ("<a>" * 200, r"more than 100 inside each other"),
    ],
)
def test_a_wrong_file_is_one_error_with_its_place(read, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read(text)
