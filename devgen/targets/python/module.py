"""What the templates see: a device's module as Python names, expressions and statements.

The structure of a module (the class, its constructor, the skeleton of each method) stands in
``templates/python/device.py.j2``. Everything here is ready to be printed: names are valid, literals quoted, nothing
is left to decide. ``Node`` is an expression, ``Statements`` a method's body (see ``source_tree.py``).
"""

from __future__ import annotations

from devgen.common.quick_dataclass import dataclass
from devgen.targets.python.source_tree import Node, Statements


@dataclass(slots=True, frozen=True)
class Method:
    """A method: its name, the parameters behind ``self`` with their types, and its body."""

    name: str
    parameters: tuple[str, ...]
    body: Statements


@dataclass(slots=True, frozen=True)
class Property:
    """A property: the attribute with its value, its type, its name as a literal, and its declaration."""

    attribute: str
    type: str
    name: str
    declaration: Node


@dataclass(slots=True, frozen=True)
class Pci:
    """A PCI function: the arguments of its identity, its BARs and capabilities, the classes of those, in order.

    ``serial`` is the call by which the constructor sets the serial number, where it follows from a property.
    """

    identity: tuple[tuple[str, str], ...]
    bars: tuple[Node, ...]
    capability_kinds: tuple[str, ...]
    capabilities: tuple[Node, ...]
    serial: Node | None


@dataclass(slots=True, frozen=True)
class Register:
    """A register's methods; ``about`` is name, offset and access as its docstrings have them.

    ``entry`` is the ``Reg(...)`` of its bank. ``methods`` are those that compute its value (where a read does more),
    read and write it, as far as there are such: what the method does, the type of its result, the method, and the
    paragraphs behind its summary.
    """

    name: str
    about: str
    title: str
    entry: Node
    methods: tuple[tuple[str, str, Method, list[str]], ...]


@dataclass(slots=True, frozen=True)
class Region:
    """A region of registers (``bank``) or of memory; numbers and names are literals.

    ``registers`` are the bank's entries. ``contents`` are the pieces, in hexadecimal, of what a ROM holds from its
    start on, and ``length`` is its number of bytes. ``added`` is the call that adds the region to the device, None
    where it is on no bus. ``extras`` are the statements behind it: doorbells and coalesced ranges.
    """

    name: str
    size: str
    is_bank: bool
    access: str
    decode: str
    reserved: str
    registers: tuple[Node, ...]
    contents: tuple[str, ...]
    length: str
    window: str
    is_config: bool
    added: Node | None
    extras: Statements


@dataclass(slots=True, frozen=True)
class Entry:
    """A method for a described thing: its described name, what its description says, and the method."""

    name: str
    description: str
    method: Method


@dataclass(slots=True, frozen=True)
class Timer:
    """A timer's methods; ``arm`` arms it on ``counter``, None for a bare timer."""

    name: str
    description: str
    counter: str
    arm: Method | None
    expired: Method


@dataclass(slots=True, frozen=True)
class Stream:
    """A byte stream's methods; None where the description says nothing of it."""

    name: str
    description: str
    received: Method | None
    broken: Method | None
    room: Method | None
    writable: Method | None


@dataclass(slots=True, frozen=True)
class Module:
    """One generated module with one device class.

    ``source`` is the description's path as the header names it. ``acpi`` is its identity in ACPI tables,
    ``device_tree`` that in device trees.
    ``retained``, ``cleared``, ``parts`` and ``lines`` give attributes their first values; a reset repeats those of
    ``cleared``. ``reset`` None: a machine reset changes nothing; else the
    statements that it adds to the base class'. ``on_reset``: the description's statements after a reset, with the
    updates that follow; None without them. ``settle``: the updates after a reset without ``on_reset``.
    ``after_access``: what runs at the end of each access of the registers; empty for most devices.
    """

    source: str
    summary: str
    class_name: str
    base: str
    description: tuple[str, ...]
    name: str
    title: str
    bus: str
    acpi: Node | None
    device_tree: Node | None
    pci: Pci | None
    properties: tuple[Property, ...]
    events: tuple[Node, ...]
    errors: tuple[Node, ...]
    probes: tuple[Node, ...]
    state: tuple[Node, ...]
    fields: tuple[Node, ...]
    labels: tuple[Node, ...]
    elements: tuple[Node, ...]
    acting: tuple[Node, ...]
    peeks: tuple[Node, ...]
    aliases: tuple[Node, ...]
    followers: tuple[Node, ...]
    constants: tuple[tuple[str, str], ...]
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    retained: Statements
    cleared: Statements
    parts: Statements
    alarms: Statements
    lines: Statements
    regions: tuple[Region, ...]
    reset: Statements | None
    on_reset: Statements | None
    settle: Statements
    after_access: Statements
    registers: tuple[Register, ...]
    conditions: tuple[Entry, ...]
    doorbells: tuple[Entry, ...]
    inputs: tuple[Entry, ...]
    streams: tuple[Stream, ...]
    timers: tuple[Timer, ...]
    moved: tuple[Entry, ...]
    enables: tuple[Entry, ...]
    levels: tuple[Entry, ...]
    rooms: tuple[Entry, ...]
    functions: tuple[Entry, ...]
    outputs: tuple[Entry, ...]
    actions: tuple[Entry, ...]
    counting: tuple[Entry, ...]
