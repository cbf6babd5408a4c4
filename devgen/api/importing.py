"""Imports register files of other formats as descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devgen.common.collection import without_collection
from devgen.exchange.findings import Finding, Outcome
from devgen.exchange.import_files import WrittenFile
from devgen.exchange.register_map import Group, Peripheral, Register

if TYPE_CHECKING:
    from devgen.exchange.import_files import DescribedChip
    from devgen.exchange.reading import RdlOptions, ReadChip

AnyPath = str | PathLike[str]


@dataclass(slots=True, frozen=True)
class ImportReport:
    """What one register file became.

    ``peripherals``, ``registers`` and ``fields`` count what the file has; a repeated part counts once. ``findings`` are
    the parts that did not come over as they stand, in the order of the file. ``files`` is empty for a report only.
    ``board`` is the name of the chip's board, empty if there is none.
    """

    source: Path
    chip: str
    peripherals: int
    registers: int
    fields: int
    devices: tuple[str, ...]
    findings: tuple[Finding, ...]
    files: tuple[WrittenFile, ...] = ()
    board: str = ""

    def count(self, outcome: Outcome) -> int:
        """The number of findings with that outcome."""
        return sum(finding.outcome is outcome for finding in self.findings)

    def json(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "source": str(self.source),
            "chip": self.chip,
            "peripherals": self.peripherals,
            "registers": self.registers,
            "fields": self.fields,
            "devices": list(self.devices),
            "board": self.board,
            "findings": [finding.json() for finding in self.findings],
            "files": [{"path": str(file.path), "change": file.change} for file in self.files],
        }


def import_registers(
    files: AnyPath | Sequence[AnyPath],
    folder: AnyPath | None,
    *,
    peripherals: Iterable[str] = (),
    include_dirs: Iterable[AnyPath] = (),
    top: str = "",
    parameters: Mapping[str, int] | None = None,
    patches: Iterable[AnyPath] = (),
) -> list[ImportReport]:
    """Import register files as descriptions below ``folder``; None: report only, and write nothing.

    Each peripheral becomes a generated fragment ``NAME.registers.yaml`` and, if there is none yet, the author's file
    ``NAME.yaml`` that includes it. Another import replaces the fragments and leaves the author's files as they are.
    ``peripherals`` limits the import to those with these names; then no board is made. Otherwise a chip of several
    peripherals, or with interrupts, also has a board, ``devgen.CHIP.board.yaml``: its peripherals at their addresses.

    The formats are CMSIS-SVD 1.0 to 1.3, SystemRDL 2.0 (files that end in ``.rdl``, compiled together in the order
    given) and IP-XACT 2009 and 2014. The last two need the extra ``devgen[rdl]``. ``include_dirs``, ``top`` and
    ``parameters`` concern SystemRDL: folders of included files, the address map to take, and its parameters.

    ``patches`` are YAML files that correct a register file before it is described (docs/import.md), one after another.
    One that names a register file with ``_svd`` corrects that file only.

    Returns a report for each chip. A peripheral whose fragment is below ``folder`` and which the file no longer has is
    a finding; nothing is deleted.

    Raises:
        FileError: a file cannot be read or is in no known format, a file below ``folder`` may not be replaced, two
            chips would have the same file, or a patch has a rule that is wrong or matches nothing.
        ArgumentError: no file has a peripheral of such a name; ``include_dirs``, ``top`` or ``parameters`` without a
            SystemRDL file.
    """
    from devgen.exchange.import_files import write_chips
    from devgen.exchange.reading import RdlOptions
    from devgen.exchange.selection import check_names

    paths = [Path(files)] if isinstance(files, str | PathLike) else [Path(path) for path in files]
    options = RdlOptions(tuple(Path(path) for path in include_dirs), top, parameters)
    wanted = tuple(peripherals)
    target = None if folder is None else Path(folder)
    known: set[str] = set()
    reports: list[ImportReport] = []
    described: list[DescribedChip] = []
    with without_collection():
        for read in read_chips(paths, options, patches):
            known.update(peripheral.name for peripheral in read.chip.peripherals)
            report, chip = _described(read, wanted, target)
            reports.append(report)
            described += [] if target is None else [chip]  # a report needs no texts
    check_names(known, wanted)
    if target is None:
        return reports
    written = write_chips(described, target)
    return [replace(report, files=tuple(files)) for report, files in zip(reports, written, strict=True)]


def read_chips(
    paths: Sequence[Path], options: RdlOptions | None = None, patches: Iterable[AnyPath] = ()
) -> Iterator[ReadChip]:
    """Read register files one after another and correct them with patches. Raises FileError, ArgumentError."""
    from devgen.exchange.patching.chip_rules import patched
    from devgen.exchange.patching.patch_file import read_patches
    from devgen.exchange.reading import RdlOptions, read_register_files

    corrections = read_patches(patches, paths)
    for read in read_register_files(paths, options or RdlOptions()):
        yield replace(read, chip=patched(read.chip, read.source, corrections, read.findings))


def _described(read: ReadChip, names: tuple[str, ...], folder: Path | None) -> tuple[ImportReport, DescribedChip]:
    """Describe the peripherals of these names, or all; return the report and the files, which are not yet written."""
    from devgen.exchange.describe.chip_board import describe_board
    from devgen.exchange.describe.peripherals import describe_chip
    from devgen.exchange.import_files import DescribedChip, report_gone
    from devgen.exchange.selection import selected

    chip, findings = read.chip, read.findings
    wanted = selected(chip, names)
    devices = describe_chip(chip, findings, wanted)
    board = None if names else describe_board(chip, devices, findings)
    slim = tuple(replace(device, bytes={}) for device in devices)
    files = DescribedChip(read.source, chip.name, slim, board, not names)
    if folder is not None:
        report_gone(files, chip.place, folder, findings)
    parts = tuple(peripheral for peripheral in chip.peripherals if peripheral.name in wanted)
    registers, fields = _counts(parts)
    report = ImportReport(
        read.source,
        chip.name,
        len(parts),
        registers,
        fields,
        tuple(device.name for device in devices),
        tuple(findings.about(wanted) if names else findings),
        (),
        "" if board is None else board.name,
    )
    return report, files


def _counts(peripherals: Iterable[Peripheral]) -> tuple[int, int]:
    registers = fields = 0
    waiting: list[Register | Group] = [member for peripheral in peripherals for member in peripheral.members]
    while waiting:
        member = waiting.pop()
        if isinstance(member, Group):
            waiting += member.members
        else:
            registers, fields = registers + 1, fields + len(member.fields)
    return registers, fields
