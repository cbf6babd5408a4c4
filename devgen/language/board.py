"""A board: the devices of a machine with their addresses and wires, and the guest that runs on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

from devgen.common.machine_map import VIRT_ECAM, MachineType, most_ram, ram_parts
from devgen.common.quick_dataclass import dataclass
from devgen.language.board_guest import BoardGuest, BoardKernel, GuestBuilder
from devgen.language.diagnostics import codes_board as kinds
from devgen.language.diagnostics import codes_keys as key_kinds
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.places import Related, Span
from devgen.language.diagnostics.reporting import Diagnostics, did_you_mean
from devgen.language.model import Mark
from devgen.language.reading.quantities import size
from devgen.language.reading.source_map import Sources

Tree = dict[str, Any]

PAGE = 4096
ECAM = 1 << 20
"""Bytes of bus 0's configuration space in memory."""
NMI_WIRE = "nmi"
"""The target of a wire that leads to the processor's input for non-maskable interrupts."""
_DEFAULT_RAM = 1 << 20
_DEFAULT_INTX = (16, 17, 18, 19)
_BUS_KEYS = ("type",)
"""The keys that a machine without a processor has."""
_PC_KEYS: Final = ("irqchip", "pit", "triple_fault")
"""Keys of `machine` that only a PC has."""


@dataclass(slots=True, frozen=True)
class BoardMachine:
    """The machine around the devices; ``ram`` in bytes; ``intx``: GSIs of slot 0's INTA# to INTD#.

    ``cpus``: number of processors. ``triple_fault``: whether a triple fault ends the run or resets the machine.
    ``on_reset``: whether a reset restarts the guest or ends the run. ``type``: ``bus`` has no processor: nothing but
    the devices. ``ecam``: where the configuration space of bus 0 lies in memory, if it does.
    """

    type: MachineType
    cpus: int
    ram: int
    irqchip: Literal["kernel", "none"]
    pci: bool
    ecam: int | None
    pit: Literal["kernel", "none"]
    intx: tuple[int, int, int, int]
    triple_fault: Literal["shutdown", "reset"]
    on_reset: Literal["restart", "exit"]


@dataclass(slots=True, frozen=True)
class Placement:
    """A device on the board: region addresses, PCI slot and function, where its lines lead, properties, connections."""

    name: str
    device: str
    at: tuple[tuple[str, int], ...]
    slot: tuple[int, int] | None
    irq: tuple[tuple[str, int], ...]
    wires: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, Literal["or", "and"]], ...]
    properties: tuple[tuple[str, int | bool | str], ...]
    on_event: tuple[tuple[str, Literal["exit", "reset", "panic", "log"]], ...]
    streams: tuple[tuple[str, str], ...]
    media: tuple[tuple[str, Path], ...]
    description: str
    mark: Mark
    overlaps: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class Board:
    """A whole board."""

    name: str
    title: str
    description: str
    machine: BoardMachine
    guest: BoardGuest | BoardKernel | None
    devices: tuple[Placement, ...]
    mark: Mark


@dataclass(slots=True, frozen=True)
class BoardResult:
    """The result of loading a board file. ``board`` is None if there is an error."""

    board: Board | None
    diagnostics: list[Diagnostic]
    sources: list[Path]

    @property
    def ok(self) -> bool:
        """Whether no error was found."""
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)


@dataclass(slots=True)
class BoardBuilder:
    """Builds a board from the tree of its file, without what breaks the schema, and checks what it says by itself."""

    tree: Tree
    path: Path
    sources: Sources
    sink: Diagnostics

    def build(self) -> Board:
        """Return the board; report what is wrong with its machine and its guest."""
        machine = self._machine(self.tree.get("machine", {}))
        devices = self.tree.get("devices", {})
        return Board(
            name=self.tree.get("board", ""),
            title=self.tree.get("title", ""),
            description=self.tree.get("description", ""),
            machine=machine,
            guest=self._guest(machine),
            devices=tuple(self._placement(devices, name, spec) for name, spec in devices.items()),
            mark=self.sources.node_mark(self.tree),
        )

    def check(self, board: Board) -> None:
        """Report clashes of slots and of wires."""
        devices = self.tree.get("devices", {})
        self._check_slots(devices, board.machine)
        self._check_wires(devices, board.machine)

    def _guest(self, machine: BoardMachine) -> BoardGuest | BoardKernel | None:
        if "guest" not in self.tree:
            return None
        if machine.type == "bus":
            reason = "a machine of type bus has no processor to run it"
            mark = self.sources.key_mark(self.tree, "guest")
            self.sink.add(key_kinds.NOT_HERE, mark, length=5, key="guest", reason=reason)
            return None
        builder = GuestBuilder(self.path.parent, machine.type, machine.ram, machine.irqchip, self.sources, self.sink)
        return builder.build(self.tree["guest"])

    def _machine(self, spec: Tree) -> BoardMachine:
        if spec.get("type") == "bus":
            return self._bus(spec)
        ram = (size(spec["ram"]) or 0) if "ram" in spec else _DEFAULT_RAM
        kind: MachineType = spec.get("type", "pc")
        self._refuse_keys(spec, kind)
        limit = most_ram(kind, bool(spec.get("pci", False)))
        where = "" if kind == "pc" else f": the addresses of `type: {kind}` end at 1 TiB"
        most = f"more than {limit >> 30} GiB{where}"
        reason = "not a whole number of 4 KiB pages" if ram % PAGE else most if ram > limit else ""
        if reason:
            self.sink.add(kinds.BAD_RAM, self.sources.value_mark(spec, "ram"), size=ram, reason=reason)
        a, b, c, d = spec.get("intx", _DEFAULT_INTX)
        return BoardMachine(
            type=kind,
            cpus=self._cpus(spec),
            ram=ram,
            irqchip=spec.get("irqchip", "kernel") if kind == "pc" else "kernel",
            pci=bool(spec.get("pci", False)),
            ecam=self._ecam(spec, ram, kind),
            pit=spec.get("pit", "kernel") if kind == "pc" else "kernel",
            intx=(a, b, c, d),
            triple_fault=spec.get("triple_fault", "shutdown"),
            on_reset=spec.get("on_reset", "restart"),
        )

    def _bus(self, spec: Tree) -> BoardMachine:
        """Return a machine without a processor, which has none of the things around one."""
        for key in spec:
            if key not in _BUS_KEYS:
                reason = "a machine of type bus has no processor, RAM, interrupt controllers or PCI"
                mark = self.sources.key_mark(spec, key)
                self.sink.add(key_kinds.NOT_HERE, mark, length=len(key), key=key, reason=reason)
        return BoardMachine("bus", 0, 0, "none", False, None, "none", _DEFAULT_INTX, "shutdown", "restart")

    def _refuse_keys(self, spec: Tree, kind: MachineType) -> None:
        for key in _PC_KEYS if kind != "pc" else ():
            if key in spec:
                mark = self.sources.key_mark(spec, key)
                reason = f"a machine of type {kind} has none, only a PC does"
                if key == "irqchip":
                    reason = f"the kernel always provides the interrupt controller of a machine of type {kind}"
                self.sink.add(key_kinds.NOT_HERE, mark, key=key, reason=reason)

    def _cpus(self, spec: Tree) -> int:
        cpus: int = spec.get("cpus", 1)
        if cpus > 1 and spec.get("irqchip") == "none":
            self.sink.add(kinds.PROCESSORS_WITHOUT_CHIPS, self.sources.value_mark(spec, "cpus"), cpus=cpus)
        return cpus

    def _ecam(self, machine: Tree, ram: int, kind: MachineType) -> int | None:
        spec = machine.get("pci", False)
        if not isinstance(spec, dict):
            return VIRT_ECAM if spec and kind == "virt" else None
        address: int | None = spec.get("ecam")
        if address is None:
            return None
        reason = (
            f"not a multiple of {ECAM:#x}" if address % ECAM
            else "RAM is there" if _is_ram(address, ram, kind)
            else "the window would end above the memory space" if address + ECAM > 1 << 52
            else ""
        )  # fmt: skip
        if reason:
            mark = self.sources.value_mark(spec, "ecam")
            self.sink.add(kinds.BAD_ECAM, mark, address=f"{address:#x}", reason=reason)
        return address

    def _placement(self, parent: Tree, name: str, spec: Tree) -> Placement:
        def pairs(key: str) -> tuple[Any, ...]:
            return tuple(spec.get(key, {}).items())

        return Placement(
            name=name,
            device=spec.get("device", ""),
            at=pairs("at"),
            slot=_slot(spec.get("slot")),
            irq=pairs("irq"),
            wires=pairs("wires"),
            inputs=pairs("inputs"),
            properties=pairs("properties"),
            on_event=pairs("on_event"),
            streams=pairs("streams"),
            media=tuple((key, self.path.parent / file) for key, file in pairs("media")),
            description=spec.get("description", ""),
            mark=self.sources.key_mark(parent, name),
            overlaps=tuple(spec.get("overlaps", ())),
        )

    def _check_slots(self, devices: Tree, machine: BoardMachine) -> None:
        taken: dict[tuple[int, int], str] = {}
        for name, spec in devices.items():
            place = _slot(spec.get("slot"))
            if place is None:
                continue
            mark = self.sources.value_mark(spec, "slot")
            if not machine.pci:
                self.sink.add(kinds.NO_PCI, mark, name=name)
            elif place in taken:
                other = taken[place]
                related = [self._second(devices[other], "slot", f"'{other}' is placed here")]
                self.sink.add(kinds.SLOT_TAKEN, mark, name=name, other=other, slot=spec["slot"], related=related)
            taken.setdefault(place, name)
        for (slot, function), name in taken.items():
            if slot and (slot, 0) not in taken:
                mark = self.sources.value_mark(devices[name], "slot")
                self.sink.add(kinds.NO_FUNCTION_0, mark, name=name, slot=slot, function=function)

    def _second(self, node: Tree, key: str, message: str) -> Related:
        return Related(Span(self.sources.key_mark(node, key), len(key)), message)

    def _check_wires(self, devices: Tree, machine: BoardMachine) -> None:
        for name, spec in devices.items():
            for line, target in spec.get("wires", {}).items():
                device = target.partition(".")[0]
                mark = self.sources.value_mark(spec["wires"], line)
                if target == NMI_WIRE:
                    if machine.type != "pc":
                        reason = f"a machine of type {machine.type} has no NMI"
                        self.sink.add(key_kinds.NOT_HERE, mark, key=f"{line}: {NMI_WIRE}", reason=reason)
                    elif machine.irqchip == "none":
                        self.sink.add(kinds.NMI_WITHOUT_CHIPS, mark, line=line, name=name)
                elif device not in devices:
                    hint = did_you_mean(device, list(devices))
                    self.sink.add(kinds.NO_SUCH_DEVICE, mark, line=line, name=name, device=device, hint=hint)
        self._check_inputs(devices)

    def _check_inputs(self, devices: Tree) -> None:
        """Check ``inputs``: inputs driven by several lines should have an entry, and others must not."""
        drivers: dict[str, list[tuple[str, Tree]]] = {}
        for name, spec in devices.items():
            for line, target in spec.get("wires", {}).items():
                drivers.setdefault(target, []).append((f"{name}.{line}", spec["wires"]))
        for target, lines in drivers.items():
            device, _, pin = target.partition(".")
            if len(lines) > 1 and device in devices and pin not in devices[device].get("inputs", {}):
                self._report_shared(target, device, lines)
        for name, spec in devices.items():
            for pin in spec.get("inputs", {}):
                if self.sink.has_error_at(self.sources.key_mark(spec["inputs"], pin)):
                    continue  # there is no such input
                if len(drivers.get(f"{name}.{pin}", [])) < 2:
                    mark = self.sources.value_mark(spec["inputs"], pin)
                    self.sink.add(kinds.NOTHING_COMBINED, mark, name=name, pin=pin)

    def _report_shared(self, target: str, device: str, lines: list[tuple[str, Tree]]) -> None:
        *others, (last, wires) = lines
        related = [self._second(node, name.partition(".")[2], f"'{name}' drives it too") for name, node in others]
        names = " and ".join(name for name, _ in lines)
        mark = self.sources.value_mark(wires, last.partition(".")[2])
        length = len(target)
        values: dict[str, Any] = {"target": target, "device": device, "lines": names}
        self.sink.add(kinds.SHARED_INPUT, mark, length=length, related=related, **values)


def _is_ram(address: int, ram: int, kind: MachineType) -> bool:
    """Whether ``ram`` bytes of RAM of a machine of type ``kind`` are at ``address``."""
    return any(start <= address < start + length for start, length in ram_parts(kind, ram))


def _slot(value: int | str | None) -> tuple[int, int] | None:
    """Parse the slot and function of ``3`` or ``3.1``."""
    if value is None or isinstance(value, int):
        return None if value is None else (value, 0)
    slot, function = value.split(".")
    return int(slot), int(function)
