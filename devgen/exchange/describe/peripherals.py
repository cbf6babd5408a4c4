"""The description of a peripheral: a fragment with its structure, and the author's file that includes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from devgen.exchange.describe.fragment_heads import head_of
from devgen.exchange.describe.layout import LARGEST, Layout
from devgen.exchange.describe.names import LONGEST_TITLE, Namer, legal_name, printable
from devgen.exchange.describe.overlaps import Bytes
from devgen.exchange.describe.room import Neighbours
from devgen.exchange.describe.shared_types import with_types
from devgen.exchange.describe.shared_values import with_enumerations
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Chip, Group, Peripheral, Register, WholeDevice
from devgen.exchange.yaml_text import Block, Hex, yaml_text

_LONGEST: Final = 54
"""Most characters of a device's name: its fragment's has ten more."""

FRAGMENT_SUFFIX: Final = ".registers.yaml"
"""How the name of a fragment's file ends."""

_UNITS: Final = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@dataclass(slots=True, frozen=True)
class ImportedDevice:
    """A description made from a peripheral: its device's name, and the texts of its two files.

    ``size``: bytes of its region. ``interrupts``: the names of its interrupts. ``bytes``: those of its registers.
    """

    name: str
    fragment: str
    device: str
    peripheral: str = ""
    size: int = 0
    interrupts: tuple[str, ...] = ()
    bytes: Bytes = field(default_factory=dict, repr=False)

    @property
    def fragment_file(self) -> str:
        """The name of the generated file."""
        return f"{self.name}{FRAGMENT_SUFFIX}"

    @property
    def device_file(self) -> str:
        """The name of the author's file."""
        return f"{self.name}.yaml"


def describe_chip(chip: Chip, findings: Findings, wanted: Container[str] | None = None) -> list[ImportedDevice]:
    """Describe the chip's peripherals, or those in ``wanted``: one device for all that share their registers.

    A description does not depend on which others are described.
    """
    names = {peripheral.name for peripheral in chip.peripherals}
    devices: list[ImportedDevice] = []
    taken: dict[str, int] = {}
    neighbours = Neighbours(chip)
    for peripheral in chip.peripherals:
        if peripheral.same_as and peripheral.same_as in names:
            continue
        name = peripheral.device.name if peripheral.device else device_name(chip.name, peripheral.name)
        name = _free_name(name, taken)
        taken[name] = 1
        if wanted is not None and peripheral.name not in wanted:
            continue
        if peripheral.device is not None:
            devices.append(_whole_device(chip, peripheral, name, peripheral.device))
            continue
        device = _imported(chip, peripheral, name, neighbours, findings)
        if device is None:
            findings.add(Outcome.LEFT_OUT, peripheral.place, peripheral.name, "a peripheral without registers")
            continue
        devices.append(device)
    return devices


def _whole_device(chip: Chip, peripheral: Peripheral, name: str, device: WholeDevice) -> ImportedDevice:
    """Return a device whose source says everything: the fragment has all of it but name, title and bus."""
    fragment = _blocks({"fragment": f"{name}-registers", **device.tree})
    head = head_of(chip.name, peripheral.name, name)
    tree: dict[str, Any] = {"device": name, **({"title": device.title} if device.title else {}), "bus": device.bus}
    tree["include"] = [f"{name}{FRAGMENT_SUFFIX}"]
    author = f"# The author's file: an import creates it once and never changes it.\n{yaml_text(tree)}"
    return ImportedDevice(name, f"{head}{yaml_text(fragment)}", author)


def device_name(chip: str, peripheral: str) -> str:
    """Return the name of the device that describes a peripheral: ``chip-peripheral`` in lower case."""
    words = (legal_name(chip, "chip"), legal_name(peripheral, "p"))
    return "-".join(words).lower().replace("_", "-").strip("-")[:_LONGEST].rstrip("-")


def _free_name(name: str, taken: dict[str, int]) -> str:
    """Return a device's name, with a number after it if others have it; ``taken`` has the last number of each."""
    while name in taken:
        taken[name] += 1
        name = f"{name[: _LONGEST - 6].rstrip('-')}-{taken[name]}"
    return name


def _imported(
    chip: Chip, peripheral: Peripheral, name: str, neighbours: Neighbours, findings: Findings
) -> ImportedDevice | None:
    width = _usual_width(peripheral.members)
    layout = Layout(findings, peripheral.name, width, chip.big_endian)
    registers = layout.describe(peripheral.members)
    if not registers:
        return None
    types, registers = with_types(registers)
    enumerations = with_enumerations(types, registers)
    size = neighbours.free_size(peripheral, _region_size(peripheral, layout.end, findings), layout.end, findings)
    region: dict[str, Any] = {"space": "mmio", "size": _size(size)}
    if chip.big_endian:
        region["access"] = {"endian": "big"}
    region |= {
        "width": width,
        "registers": Block(
            {
                key: Block(value) if "fields" in value or "registers" in value else value
                for key, value in registers.items()
            }
        ),
    }
    tree: dict[str, Any] = {"fragment": f"{name}-registers"}
    if peripheral.description:
        tree["description"] = peripheral.description
    tree["external"] = True
    if enumerations:
        tree["enumerations"] = Block({key: Block(value) for key, value in enumerations.items()})
    if types:
        tree["types"] = Block({key: Block(value) for key, value in types.items()})
    tree["regions"] = Block({"registers": Block(region)})
    richest = max(neighbours.sharing(peripheral), key=lambda other: len(other.interrupts))
    interrupts = _interrupts(richest, registers)
    sides = layout.sides
    for section, parts in (
        ("interrupts", interrupts | sides.interrupts),
        ("gpio_in", sides.inputs),
        ("gpio_out", sides.outputs),
    ):
        if parts:
            tree[section] = Block(parts)
    head = head_of(chip.name, peripheral.name, name)
    fragment, own = f"{head}{yaml_text(_blocks(tree))}", _device(chip, peripheral, name)
    return ImportedDevice(name, fragment, own, peripheral.name, size, tuple(interrupts), layout.bytes)


def _blocks(tree: dict[str, Any]) -> dict[str, Any]:
    """Print fields and members with a line for each."""
    return {key: _opened(key, value) for key, value in tree.items()}


def _opened(key: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _opened(name, part) for name, part in value.items()}
    opened = (
        isinstance(value, Block)
        or key in ("fields", "registers")
        or any(isinstance(part, Block) for part in inner.values())
    )
    return Block(inner) if opened else inner


def interrupt_names(peripheral: Peripheral, registers: Iterable[str]) -> list[str]:
    """Return the names of the interrupts in the description, which its registers do not have.

    A single one is called ``irq``: peripherals that share the description have interrupts of other names.
    """
    if len(peripheral.interrupts) == 1 and "irq" not in registers:
        return ["irq"]
    namer = Namer(Findings(), peripheral.name, "I", {*registers})
    return [namer.take(interrupt.name, peripheral.place) for interrupt in peripheral.interrupts]


def _interrupts(peripheral: Peripheral, registers: Iterable[str]) -> dict[str, Any]:
    names = interrupt_names(peripheral, registers)
    return {
        name: {
            "description": f"{interrupt.name}, interrupt {interrupt.number} of the chip{_colon(interrupt.description)}"
        }
        for name, interrupt in zip(names, peripheral.interrupts, strict=True)
    }


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _device(chip: Chip, peripheral: Peripheral, name: str) -> str:
    tree: dict[str, Any] = {
        "device": name,
        "title": printable(peripheral.title or f"{peripheral.name} of {chip.name}")[:LONGEST_TITLE],
    }
    tree |= {"bus": "sysbus", "include": [f"{name}{FRAGMENT_SUFFIX}"]}
    note = "# Write behaviour here, for example `regions: {registers: {registers: {CTRL: {on_write: …}}}}`.\n"
    return f"# The author's file: an import creates it once and never changes it.\n{note}{yaml_text(tree)}"


def _usual_width(members: tuple[Register | Group, ...]) -> int:
    widths = Counter(width if width in (8, 16, 32, 64) else 32 for width in _widths(members))
    return max(sorted(widths), key=lambda width: widths[width], default=32)


def _widths(members: tuple[Register | Group, ...]) -> Iterator[int]:
    for member in members:
        if isinstance(member, Group):
            yield from _widths(member.members)
        else:
            yield member.width


def _region_size(peripheral: Peripheral, end: int, findings: Findings) -> int:
    blocks = [block for block in peripheral.blocks if block.registers]
    stated = max((block.offset + block.size for block in blocks), default=0)
    if stated > LARGEST:
        text = f"an address block up to {stated:#x}, beyond {LARGEST:#x}; the region ends after the registers"
        findings.add(Outcome.CORRECTED, peripheral.place, peripheral.name, text)
        stated = end
    for block in peripheral.blocks:
        if not block.registers:
            text = f"the address block at {block.offset:#x} of {block.size:#x} bytes that has no registers"
            findings.add(Outcome.LEFT_OUT, peripheral.place, peripheral.name, text)
    if blocks and end > stated:
        text = f"registers up to {end:#x}, beyond the address block's end {stated:#x}; the region is larger"
        findings.add(Outcome.CORRECTED, peripheral.place, peripheral.name, text)
    return max(stated, -(-end // 4) * 4)


def _size(size: int) -> str | Hex:
    for unit, name in _UNITS:
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return Hex(size)
