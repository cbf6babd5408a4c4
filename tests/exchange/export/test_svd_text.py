"""SVD files that an export writes: what comes back, the rules of SVDConv, and what other parsers read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields as attributes
from dataclasses import is_dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from generated_descriptions import Drawn, descriptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from svd2py import SvdParser
from svdconv_rules import broken_rules

from devgen import FileError, export_devices
from devgen.exchange.findings import Findings
from devgen.exchange.register_map import (
    Block,
    Chip,
    Dimension,
    Field,
    Group,
    Interrupt,
    Label,
    Labels,
    Peripheral,
    Place,
    Register,
)
from devgen.exchange.svd.svd_file import chip_of
from devgen.exchange.svd_export.svd_xml import svd_text
from devgen.exchange.xml_elements import parse_xml

ROOT = Path(__file__).parents[3]
CATALOGUE = [path for path in sorted((ROOT / "devices").glob("*.yaml")) if path.read_text().find("\ndevice:") >= 0]
BOARDS = sorted((ROOT / "examples" / "boards").glob("*.yaml"))
HERE = Place("", 0)


def exported(path: Path, folder: Path) -> str:
    (file,) = export_devices(path, folder, form="svd").files
    return file.path.read_text(encoding="utf-8")


def read(text: str) -> Chip:
    return chip_of(parse_xml(text.encode(), "text.svd"), Findings())


def faults(text: str) -> list[str]:
    """What SVDConv would say, without its warning that a register has 64 bits, which debuggers read."""
    return [fault for fault in broken_rules(text) if not (fault.startswith("M302") and fault.endswith("64 bits"))]


@pytest.mark.parametrize("path", [*CATALOGUE, *BOARDS], ids=lambda path: path.stem)
def test_the_catalogue_and_the_boards_break_no_rule_of_svdconv(path: Path, tmp_path: Path) -> None:
    assert faults(exported(path, tmp_path)) == []


def test_all_devices_in_one_file_break_no_rule_of_svdconv(tmp_path: Path) -> None:
    text = exported(ROOT / "devices", tmp_path / "all.svd")
    assert faults(text) == []
    assert len(read(text).peripherals) >= len(CATALOGUE)


@pytest.mark.parametrize("path", [*CATALOGUE, *BOARDS], ids=lambda path: path.stem)
def test_another_parser_reads_the_same_registers(path: Path, tmp_path: Path) -> None:
    chip = read(exported(path, tmp_path))
    (file,) = tmp_path.glob("*.svd")
    device = SvdParser().convert(file)["device"]
    theirs = [
        (part["name"], int(part["baseAddress"]), *row)
        for part in device["peripherals"]["peripheral"]
        for row in _their_rows(part["registers"])
    ]
    members = {part.name: part.members for part in chip.peripherals}
    ours = [
        (part.name, part.base, *row)
        for part in chip.peripherals
        for row in _our_rows(members[part.same_as or part.name])
    ]
    assert sorted(theirs) == sorted(ours)
    assert len(ours) > 0


def _their_rows(block: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Name, offset, count, width, reset and fields of each register, as svd2py reads them."""
    for register in block.get("register", ()):
        fields = tuple(
            (field["name"], field["bitRange"]) for field in (register.get("fields") or {"field": ()})["field"]
        )
        name, count = register["name"].replace("[%s]", "").replace("%s", ""), int(register.get("dim") or 1)
        reset, mask = int(register["resetValue"]), int(register["resetMask"])
        yield name, int(register["addressOffset"]), count, int(register["size"]), reset & mask, fields
    for cluster in block.get("cluster", ()):
        for row in _their_rows(cluster):
            yield cluster["name"].replace("[%s]", "").replace("%s", ""), int(cluster["addressOffset"]), *row


def _our_rows(members: tuple[Register | Group, ...]) -> Iterator[tuple[object, ...]]:
    for part in members:
        if isinstance(part, Group):
            for row in _our_rows(part.members):
                yield part.name, part.offset, *row
        else:
            fields = tuple((field.name, f"[{field.high}:{field.low}]") for field in part.fields)
            count = part.dimension.count if part.dimension else 1
            yield part.name, part.offset, count, part.width, part.reset, fields


def test_a_device_alone_has_its_regions_one_after_the_other(tmp_path: Path) -> None:
    chip = read(exported(ROOT / "devices" / "sp804.yaml", tmp_path))
    assert [(part.name, part.base) for part in chip.peripherals] == [("sp804", 0x4000_0000)]


def test_a_board_has_its_devices_at_their_addresses_with_their_interrupt_numbers(tmp_path: Path) -> None:
    chip = read(exported(ROOT / "examples" / "boards" / "small-pc.yaml", tmp_path))
    places = {part.name: (part.base, [interrupt.number for interrupt in part.interrupts]) for part in chip.peripherals}
    assert places["hpet"] == (0xFED0_0000, [0, 8, 20, 21, 22, 23])
    assert places["com1"] == (0x3F8, [4])
    assert places["pit_speaker"] == (0x60, [])  # port 0x61: the base of a peripheral is a multiple of 4


def test_what_svd_cannot_say_is_reported_at_its_place(tmp_path: Path) -> None:
    report = export_devices(ROOT / "devices" / "pl031.yaml", tmp_path, form="svd")
    texts = [str(finding).removeprefix(f"{ROOT}/devices/") for finding in report.findings]
    assert any("pl031.yaml:" in text and "left out: pl031: timers: alarm" in text for text in texts)
    assert all(finding.place.line > 0 for finding in report.findings)


@pytest.mark.parametrize(
    ("registers", "report"),
    [
        ("A: {at: 0, intent: reserved}, B: {at: 4}", "a reserved register"),
        ("A: {at: 0, fields: {F: {bits: 0, singlepulse: true}}}", "A.F: singlepulse"),
        ("A: {at: 0, fields: {F: 0, G: {bits: 0, alternate: F}}}", "A.G: another meaning of bits"),
        ("M: {at: 4}, A: {at: 0}, B: {at: 0, when: M}", "it answers only when M"),
        ("A: {at: 0, count: [2, 3], stride: [0x20, 4]}", "an array of 2 by 3; exported as clusters"),
        ("A: {at: 0, count: [2, 3], stride: [12, 4]}", "an array of 2 by 3; exported as one of 6"),
        ("A: {at: 0, count: 2, stride: 4, reset: [1, 2]}", "as single registers"),
        ("A: {at: 0}, B: {at: 4, write_enable: A}", "its lock, write_enable: A"),
    ],
)
def test_a_part_that_svd_cannot_say_is_reported(registers: str, report: str, tmp_path: Path) -> None:
    path = tmp_path / "box.yaml"
    text = f"device: box\nbus: sysbus\nregions: {{r: {{space: mmio, size: 4 KiB, registers: {{{registers}}}}}}}\n"
    path.write_text(text, encoding="utf-8")
    made = export_devices(path, tmp_path / "box.svd", form="svd")
    assert any(report in finding.text or report in str(finding) for finding in made.findings)
    assert faults((tmp_path / "box.svd").read_text(encoding="utf-8")) == []


def test_a_device_without_addresses_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "box.yaml"
    path.write_text("device: box\nbus: sysbus\nstate: {x: {width: 8}}\n", encoding="utf-8")
    with pytest.raises(FileError, match="no registers at an address that SVD can say"):
        export_devices(path, tmp_path / "box.svd", form="svd")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(descriptions())
def test_a_drawn_description_breaks_no_rule_and_is_read_back(tmp_path: Path, drawn: Drawn) -> None:
    path = tmp_path / "drawn.yaml"
    path.write_text(drawn.text, encoding="utf-8")
    text = exported(path, tmp_path / "out")
    assert faults(text) == []
    assert svd_text(read(text)) == text


NAMES = st.integers(0, 1 << 20).map(lambda number: f"N{number:x}")
TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=12)


@st.composite
def fields(draw: st.DrawFn, width: int) -> tuple[Field, ...]:
    """Fields side by side."""
    edges = sorted(draw(st.sets(st.integers(0, width), min_size=2, max_size=5)))
    found: list[Field] = []
    for number, (low, end) in enumerate(pairwise(edges)):
        size = end - low
        values = draw(st.lists(st.integers(0, (1 << min(size, 8)) - 1), unique=True, max_size=3))
        labels = [Label(f"L{place}", value, None, draw(TEXTS)) for place, value in enumerate(values)]
        access = draw(st.sampled_from(["ro", "rw", "wo", None]))
        effect = draw(st.sampled_from([None, "woclr", "wset"]))
        enumerations = (Labels(tuple(labels)),) if labels else ()
        found.append(Field(f"F{number}", end - 1, low, HERE, draw(TEXTS), access, None, effect, enumerations))
    return tuple(found)


@st.composite
def registers(draw: st.DrawFn, number: int, offset: int) -> Register:
    width = draw(st.sampled_from([8, 16, 32, 64]))
    ones = (1 << width) - 1
    known = draw(st.one_of(st.none(), st.integers(0, ones - 1)))
    reset = draw(st.integers(0, ones)) & (ones if known is None else known)
    repeated = draw(st.sampled_from([None, Dimension(("0", "1"), 8), Dimension(("0", "1", "2"), 16)]))
    named = draw(st.booleans()) and repeated is not None
    if named:
        repeated = Dimension(("A", "B"), 16)
    inside = draw(st.one_of(st.just(()), fields(width)))
    return Register(
        f"R{number}",
        offset,
        width,
        HERE,
        draw(TEXTS),
        f"Title {number}",
        draw(st.sampled_from(["rw", "ro", "wo", "w1", "rw1"])),
        reset,
        known,
        inside,
        dimension=repeated,
        pattern=f"R{number}%s" if named else "",
        constraint=draw(st.sampled_from([None, (0, 5), "as_read"])),
        protection=draw(st.sampled_from(["", "secure", "privileged"])),
    )


@st.composite
def chips(draw: st.DrawFn) -> Chip:
    members: list[Register | Group] = [
        draw(registers(number, number * 0x40)) for number in range(draw(st.integers(1, 3)))
    ]
    inner = tuple(draw(registers(number + 10, number * 0x40)) for number in range(2))
    members.append(Group("FILE", 0x400, inner, HERE, draw(TEXTS), Dimension(("0", "1"), 0x80)))
    lines = tuple(Interrupt(f"I{number}", number, draw(TEXTS)) for number in range(draw(st.integers(0, 2))))
    first = Peripheral("P0", 0x4000_0000, HERE, draw(TEXTS), "", (Block(0, 0x1000),), lines, tuple(members))
    second = Peripheral("P1", 0x4000_1000, HERE, first.description, "", first.blocks, lines, (), "P0")
    return Chip("C", HERE, (first, second), "A chip", "ACME", "1.0", draw(st.booleans()))


@settings(max_examples=60, deadline=None)
@given(chips())
def test_any_register_map_is_read_back_from_its_svd_file(chip: Chip) -> None:
    assert without_places(read(svd_text(chip))) == without_places(chip)


def without_places(chip: Chip) -> Chip:
    """The chip with one place for all parts, and what SVD writes in two ways written in one."""

    def plain(part: Any) -> Any:
        if isinstance(part, tuple):
            return tuple(map(plain, part))
        if isinstance(part, Register):
            ones = (1 << part.width) - 1
            known = ones if part.reset_known is None else part.reset_known
            fields_ = tuple(replace(field, access=field.access or part.access) for field in part.fields)
            part = replace(part, reset_known=known, fields=fields_)
        if isinstance(part, Group):
            part = replace(part, description=part.description or f"Registers of {part.name}")
        if not is_dataclass(part):
            return part
        changes = {field.name: plain(getattr(part, field.name)) for field in attributes(part)}
        changes |= {"place": HERE} if "place" in changes else {}
        if "description" in changes and changes["description"] in (getattr(part, "name", ""), "reserved"):
            changes["description"] = ""
        return replace(part, **changes)

    found: Chip = plain(chip)
    return found
