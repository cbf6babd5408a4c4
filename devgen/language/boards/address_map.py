"""Checks the addresses of a board: RAM, chips, and the regions of devices must not overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devgen.common.machine_map import (
    CHIPS,
    CONFIG_ADDRESS,
    CONFIG_PORTS,
    SPACE_SIZES,
    SPACE_TITLES,
    VIRT_PORTS,
    Space,
    ram_parts,
    space_end,
)
from devgen.language.board import ECAM
from devgen.language.boards.board_under_check import BoardUnderCheck, Placed, Tree
from devgen.language.diagnostics import codes_placements as kinds
from devgen.language.diagnostics.places import Related
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.model import Bus, Region


@dataclass(slots=True, frozen=True)
class Claim:
    """A range of addresses. ``region`` of ``placed`` for a device's; ``key``: where the board says it, if it does.

    ``over``: the devices whose addresses it may share.
    """

    space: Space
    start: int
    size: int
    owner: str
    node: Tree | None = None
    key: str = ""
    placed: Placed | None = None
    region: Region | None = None
    over: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.start + self.size

    @property
    def addresses(self) -> str:
        """Its first and last address."""
        return f"{self.start:#x}..{self.end - 1:#x}"


def check_addresses(board: BoardUnderCheck) -> None:
    """Report regions outside their address space, and regions that share addresses with anything else."""
    claims = [*_machine_claims(board), *_device_claims(board)]
    inside = [claim for claim in claims if not _reported_outside(board, claim)]
    shared = [claim for claim in inside if claim.over]
    for later, earlier in overlapping(claim for claim in inside if not claim.over):
        _report(board, later, earlier)
    for index, claim in enumerate(shared):
        _check_shared(board, claim, [other for other in inside if other not in shared[index:]])
    _check_names(board)


def _check_shared(board: BoardUnderCheck, claim: Claim, claims: Iterable[Claim]) -> None:
    """Report what a region that may share the addresses of some devices (`overlaps`) shares with anything else."""
    for other in claims:
        if other.space != claim.space or not (claim.start < other.end and other.start < claim.end):
            continue
        names = {owner.placed.name for owner in (claim, other) if owner.placed is not None}
        if not names & {*claim.over, *other.over}:
            _report(board, claim, other)


def _check_names(board: BoardUnderCheck) -> None:
    """Report names in `overlaps` that are no other device of the board."""
    devices = board.tree.get("devices", {})
    for name, spec in devices.items():
        for index, other in enumerate(spec.get("overlaps", [])):
            if other == name or other not in devices:
                hint = did_you_mean(other, [known for known in devices if known != name])
                mark = board.sources.value_mark(spec["overlaps"], index)
                board.sink.add(kinds.UNKNOWN_OVERLAP, mark, length=len(other), name=other, hint=hint)


def _machine_claims(board: BoardUnderCheck) -> Iterator[Claim]:
    machine, tree = board.board.machine, board.tree.get("machine", {})
    for start, size in ram_parts(machine.type, machine.ram):
        yield Claim("mmio", start, size, "RAM", tree, "ram")
    for kind, space, start, size, name in CHIPS[machine.type] if machine.irqchip == "kernel" else ():
        if kind == "irqchip" or machine.pit == "kernel":
            owner = f"the {name} of `{kind}: kernel`" if machine.type == "pc" else f"the {name}"
            yield Claim(space, start, size, owner, tree, kind)
    if machine.pci and machine.type == "pc":
        yield Claim("pio", CONFIG_ADDRESS, CONFIG_PORTS, "the PCI host bridge", tree, "pci")
    elif machine.pci:
        yield Claim("mmio", VIRT_PORTS, SPACE_SIZES["pio"], "the port window of PCI", tree, "pci")
    if machine.ecam is not None:
        given = isinstance(tree["pci"], dict)
        node, key = (tree["pci"], "ecam") if given else (tree, "pci")
        yield Claim("mmio", machine.ecam, ECAM, "the ECAM window of PCI", node, key)


def _device_claims(board: BoardUnderCheck) -> Iterator[Claim]:
    for placed in board.placed.values():
        at = placed.entries("at") if placed.device.bus is not Bus.PCI else {}
        for region in placed.device.regions:
            if region.name in at and region.space in ("mmio", "pio"):
                space: Space = "pio" if region.space == "pio" else "mmio"
                owner = f"'{placed.name}' (region '{region.name}')"
                over = placed.placement.overlaps if region.kind == "registers" else ()
                yield Claim(space, at[region.name], region.size, owner, at, region.name, placed, region, over)


def _reported_outside(board: BoardUnderCheck, claim: Claim) -> bool:
    far = claim.space == "mmio" and claim.placed is not None
    end = space_end(board.board.machine.type, claim.space) if far else SPACE_SIZES[claim.space]
    if claim.end <= end or claim.node is None:
        return False
    title = SPACE_TITLES[claim.space]
    addresses = f"{title} {claim.addresses}"
    values = {"owner": claim.owner, "addresses": addresses, "space": title, "related": _size(claim)}
    board.at_value(kinds.OUTSIDE_SPACE, claim.node, claim.key, **values)
    return True


def overlapping(claims: Iterable[Claim]) -> list[tuple[Claim, Claim]]:
    """Return (later, earlier), in the order of ``claims``, for those that share addresses: one pair for each later."""
    claims = list(claims)
    order = {id(claim): index for index, claim in enumerate(claims)}
    found: dict[int, tuple[Claim, Claim]] = {}
    for space in SPACE_SIZES:
        reaching: Claim | None = None
        for claim in sorted((claim for claim in claims if claim.space == space), key=lambda claim: claim.start):
            if reaching is not None and claim.start < reaching.end:
                earlier, later = sorted((reaching, claim), key=lambda pair: order[id(pair)])
                found.setdefault(order[id(later)], (later, earlier))
            if reaching is None or claim.end > reaching.end:
                reaching = claim
    return [found[index] for index in sorted(found)]


def _report(board: BoardUnderCheck, later: Claim, earlier: Claim) -> None:
    if later.node is None or (later.placed is None and (later.key != "ecam" or earlier.key == "ram")):
        return  # two parts of the machine: `board.py` checks their places
    related = [*_size(later)]
    if earlier.node is not None and earlier.key in earlier.node:
        related.append(board.second_place(earlier.node, earlier.key, f"{earlier.owner} is placed here"))
    related += _size(earlier)
    board.at_value(
        kinds.ADDRESSES_OVERLAP,
        later.node,
        later.key,
        owner=later.owner,
        addresses=f"{SPACE_TITLES[later.space]} {later.addresses}",
        other=earlier.owner,
        others=earlier.addresses,
        related=related,
    )


def _size(claim: Claim) -> list[Related]:
    """Return where the description says how large a region is."""
    if claim.placed is None or claim.region is None:
        return []
    size = f"{claim.size:#x} bytes"
    return [claim.placed.known.related(f"region '{claim.region.name}' has {size}", "regions", claim.region.name)]
