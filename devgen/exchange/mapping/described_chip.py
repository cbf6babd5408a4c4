"""Devices as a chip: side by side, or where a board places them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from devgen.errors import FileError
from devgen.exchange.export_formats import ExportBoard, ExportDevice
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.mapping.mapped_parts import DescribedParts, words
from devgen.exchange.mapping.unsaid_parts import unsaid_parts
from devgen.exchange.register_map import Block, Chip, Group, Interrupt, Peripheral, Place, Register
from devgen.language.view import LineView, RegionView

_PAGE: Final = 0x1000
_ADDRESSES: Final = 1 << 32


def chip_of_devices(devices: Sequence[ExportDevice], findings: Findings, form: str, first_address: int) -> Chip:
    """Return a chip with the devices one after the other, from ``first_address`` on.

    Raises:
        FileError: no device has a register that software can reach by its address.
    """
    builder = _ChipBuilder(findings, form, first_address)
    for device in devices:
        builder.add_side_by_side(device)
    name = devices[0].view.stem if len(devices) == 1 else "devices"
    text = devices[0].view.description or devices[0].view.title if len(devices) == 1 else ""
    return builder.chip(name, text, str(devices[0].path))


def chip_of_board(board: ExportBoard, findings: Findings, form: str) -> Chip:
    """Return a chip with the devices of a board at their addresses.

    Raises:
        FileError: no device of the board has registers at an address.
    """
    builder = _ChipBuilder(findings, form, 0)
    for placement in board.placements:
        name = placement.name.replace("-", "_")
        builder.add_placed(placement.device, name, placement.at, placement.irq)
    return builder.chip(board.stem, board.description, str(board.path))


@dataclass(slots=True)
class _ChipBuilder:
    """Collects the peripherals of a chip. ``form`` is the format, for reports."""

    findings: Findings
    form: str
    next_address: int
    peripherals: list[Peripheral] = field(default_factory=list)
    endian: set[str] = field(default_factory=set)
    _described: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add_side_by_side(self, device: ExportDevice) -> None:
        """Add a device's regions at the next free addresses, and its interrupts with numbers from 0."""
        unsaid_parts(device, self.findings)
        regions = [region for region in device.view.regions if self._has_registers(device, region)]
        for region in regions:
            step = max(_PAGE, 1 << max(region.size - 1, 0).bit_length())
            base = -(-self.next_address // step) * step
            self.next_address = base + step
            name = device.view.stem if len(regions) == 1 else f"{device.view.stem}_{region.name}"
            lines = list(_numbered(device.view.interrupts)) if region is regions[0] else []
            self._say_made_up(device, region, base, len(lines))
            self._add(device, region, name, base, lines)

    def add_placed(self, device: ExportDevice, name: str, at: Mapping[str, int], irq: Mapping[str, int]) -> None:
        """Add a device of a board."""
        lines = [Interrupt(f"{name}_{_plain(line)}", number) for line, number in irq.items()]
        placed = [region for region in device.view.regions if region.name in at]
        for region in device.view.regions:
            if region.name not in at and region.kind == "registers" and region.registers:
                why = "the guest decides where its BAR is" if region.bar is not None else "the board gives no address"
                self._say(device, f"{name}.{region.name}", Outcome.LEFT_OUT, f"a region: {why}")
        for region in placed:
            if not self._has_registers(device, region):
                continue
            base = at[region.name]
            if region.space == "pio":
                text = f"I/O ports; exported as memory at {base:#x}: {self.form} has one address space"
                self._say(device, f"{name}.{region.name}", Outcome.CORRECTED, text)
            if base + region.size > _ADDRESSES:
                self._say(device, f"{name}.{region.name}", Outcome.LEFT_OUT, f"at {base:#x}, beyond 32 bits")
                continue
            full = name if len(placed) == 1 else f"{name}_{region.name}"
            self._add(device, region, full, base, lines)
            lines = []
        if lines:
            text = f"the interrupts {', '.join(line.name for line in lines)}: no peripheral to put them in"
            self._say(device, name, Outcome.LEFT_OUT, text)

    def chip(self, name: str, description: str, path: str) -> Chip:
        """Return the chip. Raises FileError if there is no peripheral."""
        if not self.peripherals:
            raise FileError(f"{path}: no registers at an address that {self.form} can say")
        big = self.endian == {"big"}
        if len(self.endian) > 1:
            text = f"devices of both byte orders; {self.form} has one for the chip: little"
            self.findings.add(Outcome.CORRECTED, Place(path, 1), name, text)
        return Chip(
            name, Place(path, 1), tuple(_shared_numbers(self.peripherals)), words(description), "devgen", "1.0", big
        )

    def _has_registers(self, device: ExportDevice, region: RegionView) -> bool:
        """Whether a region can be a peripheral; report those that cannot."""
        path = f"{device.view.name}.{region.name}"
        if region.kind != "registers":
            self._say(device, path, Outcome.LEFT_OUT, f"{region.kind.upper()}, {region.size:#x} bytes: no registers")
        elif region.space in ("indirect", "config"):
            space = "PCI configuration space" if region.space == "config" else "reached through windows only"
            self._say(device, path, Outcome.LEFT_OUT, f"a region without an address: {space}")
        elif not any(register.intent != "reserved" for register in region.registers):
            self._say(device, path, Outcome.LEFT_OUT, "a region without registers")
        else:
            return True
        return False

    def _say_made_up(self, device: ExportDevice, region: RegionView, base: int, lines: int) -> None:
        text = f"its address {base:#x}" + (f" and {lines} interrupt numbers" if lines else "")
        path = f"{device.view.name}.{region.name}"
        self._say(device, path, Outcome.CORRECTED, f"{text}: made up, because a board decides them")

    def _add(self, device: ExportDevice, region: RegionView, name: str, base: int, interrupts: list[Interrupt]) -> None:
        """Add a region. The base address of a peripheral is a multiple of 4 (SVDConv, M350)."""
        self.endian.add(region.endian)
        shift = base % 4
        key = f"{device.view.name}.{region.name}.{shift}"
        known = self._described.get(key)
        places = _Places(device, region.name)
        members: tuple[Register | Group, ...] = ()
        if known is None:
            say = _Sayer(device, region.name, self.findings)
            parts = DescribedParts(region, places.place, say.say, self.form).members()
            members = tuple(replace(part, offset=part.offset + shift) for part in parts)
            self._described[key] = (name, shift)
            for bell in region.doorbells:
                say.say(Outcome.LEFT_OUT, bell.name, f"a doorbell: {self.form} has registers only")
        text = words(region.description or device.view.description or device.view.title)
        self.peripherals.append(
            Peripheral(
                name,
                base - shift,
                places.place(""),
                text,
                "",
                (Block(shift, region.size),),
                tuple(interrupts),
                members,
                known[0] if known else "",
            )
        )

    def _say(self, device: ExportDevice, part: str, outcome: Outcome, text: str) -> None:
        region = part.rpartition(".")[2]
        self.findings.add(outcome, _Places(device, region).place(""), part, text)


@dataclass(slots=True, frozen=True)
class _Places:
    """Where the parts of a region are described."""

    device: ExportDevice
    region: str

    def place(self, path: str) -> Place:
        """Return the place of a register's or field's path; of the region for an empty one."""
        node: Any = self.device.tree
        places = self.device.places
        mark = places.node_mark(node)
        keys = ["regions", self.region]
        for name in path.split(".") if path else ():
            keys += ["registers|fields", name]
        for options in keys:
            key = next((option for option in options.split("|") if isinstance(node, dict) and option in node), "")
            if not key:
                break
            if id(node) in places.marks:
                mark = places.key_mark(node, key)
            node = node[key]
        return Place(mark.file, mark.line)


@dataclass(slots=True, frozen=True)
class _Sayer:
    """Adds findings for the parts of a region."""

    device: ExportDevice
    region: str
    findings: Findings

    def say(self, outcome: Outcome, path: str, text: str) -> None:
        place = _Places(self.device, self.region).place(path)
        self.findings.add(outcome, place, f"{self.device.view.name}.{path}", text)


def _numbered(lines: Iterable[LineView]) -> Iterator[Interrupt]:
    """Yield an interrupt for each element of the lines, numbered from 0."""
    number = 0
    for line in lines:
        for element in range(line.count.greatest if line.count else 1):
            name = f"{line.name}{element}" if line.count else line.name
            yield Interrupt(name, number, words(line.description))
            number += 1


def _plain(line: str) -> str:
    """Return a line's name without brackets: ``irq[8]`` is irq8."""
    return line.replace("[", "").replace("]", "")


def _shared_numbers(peripherals: Iterable[Peripheral]) -> Iterator[Peripheral]:
    """Yield the peripherals with unique names of interrupts, and ``LINE10`` for those that share a number (M301)."""
    peripherals = list(peripherals)
    names: dict[int, set[str]] = {}
    for peripheral in peripherals:
        for interrupt in peripheral.interrupts:
            names.setdefault(interrupt.number, set()).add(interrupt.name)
    numbers: dict[str, set[int]] = {}
    for number, users in names.items():
        for name in users:
            numbers.setdefault(name, set()).add(number)
    for peripheral in peripherals:
        made = [
            replace(interrupt, name=_line_name(peripheral.name, interrupt, names, numbers))
            for interrupt in peripheral.interrupts
        ]
        yield replace(peripheral, interrupts=tuple(dict.fromkeys(made)))


def _line_name(
    peripheral: str, interrupt: Interrupt, names: Mapping[int, set[str]], numbers: Mapping[str, set[int]]
) -> str:
    if len(names[interrupt.number]) > 1:
        return f"LINE{interrupt.number}"
    return interrupt.name if len(numbers[interrupt.name]) == 1 else f"{peripheral}_{interrupt.name}"
