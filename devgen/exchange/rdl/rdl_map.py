"""Address maps of SystemRDL as chips with peripherals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from devgen.exchange.findings import Findings
from devgen.exchange.rdl.carried_keys import is_devgen_map
from devgen.exchange.rdl.compiling import compile_files, place_of
from devgen.exchange.rdl.devgen_maps import devgen_device
from devgen.exchange.rdl.rdl_registers import RegisterReader, title_of
from devgen.exchange.rdl_edits.applying import with_hand_edits
from devgen.exchange.register_map import Block, Chip, Group, Peripheral, Register

if TYPE_CHECKING:
    from systemrdl.node import AddrmapNode


def read_rdl(
    paths: Sequence[Path],
    findings: Findings,
    include_dirs: Sequence[Path] = (),
    top: str = "",
    parameters: Mapping[str, int] | None = None,
) -> list[Chip]:
    """Compile SystemRDL files together and return a chip for each address map that no other one uses.

    Raises:
        FileError: a file cannot be read or does not compile, or systemrdl-compiler is missing.
    """
    return [chip_of(node, findings) for node in compile_files(paths, include_dirs, top, parameters)]


def chip_of(top: AddrmapNode, findings: Findings) -> Chip:
    """Return an elaborated address map as a chip."""
    from systemrdl.node import AddrmapNode

    children = top.children()
    nested = bool(children) and not is_devgen_map(top) and all(isinstance(child, AddrmapNode) for child in children)
    maps = [child for child in children if isinstance(child, AddrmapNode)] if nested else [top]
    peripherals: list[Peripheral] = []
    first: dict[str, str] = {}
    for node in maps:
        peripherals += _peripherals(node, findings, first, node is not top)
    return Chip(
        top.inst_name,
        place_of(top.inst_src_ref),
        tuple(peripherals),
        " ".join((top.get_property("desc") or "").split()),
        big_endian=bool(top.get_property("bigendian")),
    )


def _peripherals(node: AddrmapNode, findings: Findings, first: dict[str, str], inside: bool) -> list[Peripheral]:
    """Return the peripheral of an address map, and one for each further element of an array of maps."""
    base = node.raw_address_offset if inside else 0
    names = [node.inst_name]
    if inside and node.is_array:
        names = [f"{node.inst_name}{index}" for index in range(min(node.n_elements, 4096))]
    kind = node.get_global_type_name() or node.inst_name
    origin = first.get(kind, "")
    whole = is_devgen_map(node)
    members = () if origin else _members(node, findings, whole)
    first.setdefault(kind, names[0])
    place, text = place_of(node.inst_src_ref), " ".join((node.get_property("desc") or "").split())
    return [
        Peripheral(
            name,
            base + step * (node.array_stride or 0),
            place,
            text,
            "",
            (Block(0, node.size),),
            (),
            members if not step else (),
            origin or (names[0] if step else ""),
            with_hand_edits(node, devgen_device(node), findings) if whole and not origin and not step else None,
            title_of(node),
        )
        for step, name in enumerate(names)
    ]


def _members(node: AddrmapNode, findings: Findings, whole: bool) -> tuple[Register | Group, ...]:
    """Return the members of a map. A device that devgen exported comes over whole but for other people's properties."""
    if not whole:
        return tuple(RegisterReader(findings).members(node, node.inst_name))
    for part in node.descendants():
        RegisterReader(findings).report_user_properties(part, part.get_path())
    return tuple(RegisterReader(Findings()).members(node, node.inst_name))
