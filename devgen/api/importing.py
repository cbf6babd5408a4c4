"""Imports register files of other formats as descriptions."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from devgen.common.quick_dataclass import dataclass
from devgen.exchange.findings import Finding, Findings, Outcome
from devgen.exchange.import_files import WrittenFile
from devgen.exchange.register_map import Chip, Group, Register

AnyPath = str | PathLike[str]


@dataclass(slots=True, frozen=True)
class ImportReport:
    """What one register file became.

    ``peripherals``, ``registers`` and ``fields`` count what the file has; a repeated part counts once. ``findings`` are
    the parts that did not come over as they stand, in the order of the file. ``files`` is empty for a report only.
    """

    source: Path
    chip: str
    peripherals: int
    registers: int
    fields: int
    devices: tuple[str, ...]
    findings: tuple[Finding, ...]
    files: tuple[WrittenFile, ...] = ()

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
            "findings": [finding.json() for finding in self.findings],
            "files": [{"path": str(file.path), "change": file.change} for file in self.files],
        }


def import_registers(path: AnyPath, folder: AnyPath | None, *, peripherals: Iterable[str] = ()) -> ImportReport:
    """Import a register file as descriptions below ``folder``; None: report only, and write nothing.

    Each peripheral becomes a generated fragment ``NAME.registers.yaml`` and, if there is none yet, the author's file
    ``NAME.yaml`` that includes it. Another import replaces the fragments and leaves the author's files as they are.
    ``peripherals`` limits the import to those of the file with these names.

    The format is CMSIS-SVD 1.0 to 1.3.

    Raises:
        FileError: the file cannot be read or is in no known format, or a file below ``folder`` may not be replaced.
        ArgumentError: the file has no peripheral of such a name.
    """
    from devgen.exchange.describe.peripherals import describe_chip
    from devgen.exchange.import_files import write_devices
    from devgen.exchange.selection import select
    from devgen.exchange.svd.svd_file import read_svd

    findings = Findings()
    chip = select(read_svd(path, findings), tuple(peripherals))
    devices = describe_chip(chip, findings)
    files = write_devices(devices, Path(folder)) if folder is not None else []
    registers, fields = _counts(chip)
    names = tuple(device.name for device in devices)
    return ImportReport(
        Path(path), chip.name, len(chip.peripherals), registers, fields, names, tuple(findings), tuple(files)
    )


def _counts(chip: Chip) -> tuple[int, int]:
    registers = fields = 0
    waiting: list[Register | Group] = [member for peripheral in chip.peripherals for member in peripheral.members]
    while waiting:
        member = waiting.pop()
        if isinstance(member, Group):
            waiting += member.members
        else:
            registers, fields = registers + 1, fields + len(member.fields)
    return registers, fields
