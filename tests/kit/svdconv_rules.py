"""The checks of SVDConv that concern a register file by itself, written anew from its list of messages.

Only errors and warnings are here, not the hints of its level 3. A broken rule is a text that begins with the message's
number: ``M339 UART.CTRL overlaps UART.STATUS``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

READS = {"read-only", "read-write", "read-writeOnce"}
WRITES = {"write-only", "read-write", "writeOnce", "read-writeOnce"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class Flat:
    """A register of one element of an array, at its offset in the peripheral."""

    name: str
    original: str
    offset: int
    width: int
    access: str
    alternate: str


def broken_rules(text: str) -> list[str]:
    """The rules that an SVD file breaks."""
    device = ElementTree.fromstring(text)
    return [*_device(device), *_addresses(device), *_interrupts(device)] + [
        fault for peripheral in device.iterfind("peripherals/peripheral") for fault in _peripheral(peripheral, device)
    ]


def _device(device: ElementTree.Element) -> Iterator[str]:
    if not device.get("schemaVersion"):
        yield "M306 no schemaVersion"
    cpu = device.find("cpu")
    for tag, number in (("name", "M329"), ("revision", "M325"), ("endian", "M326"), ("nvicPrioBits", "M327")):
        if cpu is None or not cpu.findtext(tag):
            yield f"{number} cpu without {tag}"
    names = [name(part) for part in device.iterfind("peripherals/peripheral")]
    for part in {part for part in names if names.count(part) > 1}:
        yield f"M336 peripheral {part} twice"
    for part in device.iter():
        if part.tag in ("device", "peripheral", "register", "cluster", "field", "interrupt"):
            yield from _named(part)


def _named(part: ElementTree.Element) -> Iterator[str]:
    """Names and texts of any part."""
    text = part.findtext("name", "")
    if not text:
        yield f"M316 a {part.tag} without a name"
    elif not NAME.fullmatch(text.replace("[%s]", "").replace("%s", "")):
        yield f"M305 {text} is no C name"
    if text.lower() == "reserved":
        yield f"M361 {text}"
    description = part.findtext("description", "").lower()
    if description == "reserved":
        yield f"M362 {text}"
    if description == "no description available":
        yield f"M322 {text}"
    if part.find("dimIndex") is not None and len(indices(part)) != number(part, "dim"):
        yield f"M308 {text} has another number of indices"


def _addresses(device: ElementTree.Element) -> Iterator[str]:
    taken: list[tuple[int, int, str]] = []
    bases: dict[int, str] = {}
    for part in device.iterfind("peripherals/peripheral"):
        base = number(part, "baseAddress")
        if base % 4:
            yield f"M350 {name(part)} at {base:#x} is not aligned to 4 bytes"
        if base in bases:
            yield f"M343 {name(part)} has the address of {bases[base]}"
        bases[base] = name(part)
        blocks = blocks_of(part, device)
        if not blocks:
            yield f"M312 {name(part)} has no address block"
        for block in blocks:
            if block.find("usage") is None or block.find("offset") is None or block.find("size") is None:
                yield f"M314/M359 {name(part)}: an address block lacks offset, size or usage"
                continue
            start = base + number(block, "offset")
            end = start + number(block, "size")
            if end == start:
                yield f"M315 {name(part)}: an address block of 0 bytes"
            if end > 1 << 32:
                yield f"M380 {name(part)} ends at {end:#x}, beyond 32 bits"
            for other_start, other_end, other in taken:
                if start < other_end and other_start < end:
                    yield f"M352/M358 {name(part)} overlaps {other}"
            taken.append((start, end, name(part)))


def _interrupts(device: ElementTree.Element) -> Iterator[str]:
    by_number: dict[int, str] = {}
    by_name: dict[str, int] = {}
    for part in device.iterfind("peripherals/peripheral/interrupt"):
        value, label = part.findtext("value"), name(part)
        if value is None:
            yield f"M330 {label} has no number"
            continue
        if by_number.setdefault(int(value), label) != label:
            yield f"M301 {label} has the number of {by_number[int(value)]}"
        if by_name.setdefault(label, int(value)) != int(value):
            yield f"M336 interrupt {label} has two numbers"


def _peripheral(peripheral: ElementTree.Element, device: ElementTree.Element) -> Iterator[str]:
    block = peripheral.find("registers")
    if block is None:
        if not peripheral.get("derivedFrom"):
            yield f"M328 {name(peripheral)} has no registers"
        return
    yield from _members(block)
    flat = list(_flat(block, 0, ""))
    yield from _overlaps(flat)
    spans = [(number(b, "offset"), number(b, "offset") + number(b, "size")) for b in blocks_of(peripheral, device)]
    for part in flat:
        if not any(start <= part.offset and part.offset + part.width // 8 <= end for start, end in spans):
            yield f"M344 {part.name} is outside the address blocks"
    titles = [part.text for part in block.iter("displayName")]
    for title in {title for title in titles if titles.count(title) > 1}:
        yield f"M373 displayName {title} twice"


def _members(block: ElementTree.Element) -> Iterator[str]:
    names = [name(part) for part in block if part.tag in ("register", "cluster")]
    for part in {part for part in names if names.count(part) > 1}:
        yield f"M336 {part} twice"
    for part in block:
        if part.tag in ("register", "cluster") and part.find("addressOffset") is None:
            yield f"M370 {name(part)} has no offset"
        if part.tag == "cluster":
            if not any(inner.tag in ("register", "cluster") for inner in part):
                yield f"M328 {name(part)} has no registers"
            yield from _members(part)
        elif part.tag == "register":
            yield from _register(part)


def _register(register: ElementTree.Element) -> Iterator[str]:
    width, text = number(register, "size"), name(register)
    if width not in (8, 16, 32):
        yield f"M302 {text} has {width} bits"
    for tag in ("resetValue", "resetMask"):
        if number(register, tag) >> width:
            yield f"M382 {tag} of {text} does not fit"
    if register.find("dim") is not None:
        stride = number(register, "dimIncrement") * 8
        if stride < width:
            yield f"M366 {text}: elements of {width} bits each {stride} bits"
        if text.endswith("[%s]") and stride != width:
            yield f"M378 {text}: an array with gaps"
    if register.findtext("alternateRegister") == text:
        yield f"M349 {text} is an alternate of itself"
    access = register.findtext("access", "read-write")
    taken: dict[tuple[str, int], str] = {}
    names: set[str] = set()
    for field in register.iterfind("fields/field"):
        if name(field) in names:
            yield f"M336 field {name(field)} twice"
        names.add(name(field))
        high, low = map(int, re.findall(r"\d+", field.findtext("bitRange", "")))
        own = field.findtext("access", access)
        if high < low or high >= width:
            yield f"M345 {text}.{name(field)} does not fit"
        if (own in READS and access not in READS) or (own in WRITES and access not in WRITES):
            yield f"M367 {text}.{name(field)} is {own} in a {access} register"
        for side, words in (("read", READS), ("write", WRITES)):
            for bit in range(low, high + 1) if own in words else ():
                if (side, bit) in taken:
                    yield f"M338 {text}.{name(field)} overlaps {taken[side, bit]}"
                taken[side, bit] = name(field)
        yield from _enumerations(field, high - low + 1, own)


def _enumerations(field: ElementTree.Element, width: int, access: str) -> Iterator[str]:
    lists = field.findall("enumeratedValues")
    uses = [part.findtext("usage", "read-write") for part in lists]
    if len(lists) > 2:
        yield f"M375 {name(field)} has {len(lists)} enumerations"
    if len(set(uses)) < len(uses):
        yield f"M376 {name(field)} has two enumerations for {uses}"
    if "read-write" in uses and len(uses) > 1:
        yield f"M377 {name(field)} has enumerations for {uses}"
    for labels in lists:
        names, values = set[str](), set[str]()
        for label in labels.iterfind("enumeratedValue"):
            value = label.findtext("value")
            if value is None:
                if label.findtext("isDefault") != "true":
                    yield f"M369 {name(label)} has no value"
                continue
            if name(label) in names:
                yield f"M337 {name(field)}: label {name(label)} twice"
            if value in values:
                yield f"M333 {name(field)}: value {value} twice"
            fits = len(value) - 1 <= width if value.startswith("#") else not int(value, 0) >> width
            if not fits:
                yield f"M335 {name(field)}: {value} does not fit {width} bits"
            names.add(name(label))
            values.add(value)


def _flat(block: ElementTree.Element, base: int, prefix: str) -> Iterator[Flat]:
    """Each element of each register."""
    for part in block:
        if part.tag not in ("register", "cluster"):
            continue
        for index, start in elements(part, base):
            text = prefix + name(part).replace("[%s]", index).replace("%s", index)
            if part.tag == "cluster":
                yield from _flat(part, start, f"{text}_")
            else:
                own = part.findtext("access", "read-write")
                alternate = part.findtext("alternateRegister", "")
                yield Flat(text, name(part), start, number(part, "size"), own, alternate)


def _overlaps(flat: list[Flat]) -> Iterator[str]:
    """Registers that start at a byte of an earlier one, unless it is their alternate."""
    bytes_: dict[int, list[Flat]] = {}
    for part in flat:
        there = bytes_.get(part.offset, [])
        known = {other.name for other in there} | {
            other.original.replace("[%s]", "").replace("%s", "") for other in there
        }
        if there and part.alternate not in known:
            yield f"M339/M365/M348 {part.name} overlaps {there[0].name}, alternate '{part.alternate}'"
        for byte in range(part.offset, part.offset + part.width // 8):
            bytes_.setdefault(byte, []).append(part)


def elements(part: ElementTree.Element, base: int) -> list[tuple[str, int]]:
    """Index and start of each element."""
    start = base + number(part, "addressOffset")
    if part.find("dim") is None:
        return [("", start)]
    names = indices(part) or list(map(str, range(number(part, "dim"))))
    return [(index, start + step * number(part, "dimIncrement")) for step, index in enumerate(names)]


def indices(part: ElementTree.Element) -> list[str]:
    text = part.findtext("dimIndex", "")
    return text.split(",") if text else []


def blocks_of(peripheral: ElementTree.Element, device: ElementTree.Element) -> list[ElementTree.Element]:
    """A peripheral's address blocks, or those of the one that it is derived from."""
    own = peripheral.findall("addressBlock")
    origin = peripheral.get("derivedFrom")
    if own or not origin:
        return own
    return next(p.findall("addressBlock") for p in device.iterfind("peripherals/peripheral") if name(p) == origin)


def name(part: ElementTree.Element) -> str:
    return part.findtext("name", "")


def number(part: ElementTree.Element, tag: str) -> int:
    return int(part.findtext(tag, "0"), 0)
