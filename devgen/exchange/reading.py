"""Reads register files of any known format, which the file itself tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devgen.errors import ArgumentError, FileError
from devgen.exchange.findings import Findings
from devgen.exchange.register_map import Chip
from devgen.exchange.xml_elements import read_xml

RDL_SUFFIX: Final = ".rdl"
"""How names of SystemRDL files end, in capitals or not."""


@dataclass(slots=True, frozen=True)
class ReadChip:
    """A chip, its findings so far, and the file that it comes from: the last one of several that were compiled."""

    source: Path
    chip: Chip
    findings: Findings


@dataclass(slots=True, frozen=True)
class RdlOptions:
    """Options of SystemRDL: folders of included files, the address map to take, and its parameters."""

    include_dirs: tuple[Path, ...] = ()
    top: str = ""
    parameters: Mapping[str, int] | None = None

    def given(self) -> list[str]:
        """Return the names of the options that are not left at their default."""
        named = {"include_dirs": self.include_dirs, "top": self.top, "parameters": self.parameters}
        return [name for name, value in named.items() if value]


def read_register_files(paths: Sequence[Path], options: RdlOptions) -> Iterator[ReadChip]:
    """Yield the chips of the files. SystemRDL files are compiled together; any other file is read by itself.

    Raises:
        FileError: a file cannot be read, is in no known format, or needs a package that is missing; a folder of
            included files is missing.
        ArgumentError: an option of SystemRDL without a SystemRDL file.
    """
    rdl = [path for path in paths if _is_rdl(path)]
    _check_options(options, bool(rdl))
    for path in paths:
        if not _is_rdl(path):
            yield from _read_xml_file(path)
    if rdl:
        from devgen.exchange.rdl.rdl_map import read_rdl

        findings = Findings()
        for chip in read_rdl(rdl, findings, options.include_dirs, options.top, options.parameters):
            yield ReadChip(rdl[-1], chip, findings)


def _is_rdl(path: Path) -> bool:
    return path.suffix.lower() == RDL_SUFFIX


def _check_options(options: RdlOptions, used: bool) -> None:
    for name in () if used else options.given():
        raise ArgumentError(name, f"is for SystemRDL, but no file ends in {RDL_SUFFIX}; leave it out")
    for folder in options.include_dirs:
        if not folder.is_dir():
            raise FileError(f"{folder}: no such folder of included files")


def _read_xml_file(path: Path) -> Iterator[ReadChip]:
    findings = Findings()
    root = read_xml(path)
    if root.tag == "device":
        from devgen.exchange.svd.svd_file import chip_of

        yield ReadChip(path, chip_of(root, findings), findings)
    elif root.tag == "component":
        from devgen.exchange.ipxact.ipxact_file import chips_of

        for chip in chips_of(root, findings):
            yield ReadChip(path, chip, findings)
    else:
        raise FileError(
            f"{root.place}: no register file: the root is <{root.tag}>, "
            "not <device> (CMSIS-SVD) or <component> (IP-XACT); SystemRDL files end in .rdl"
        )
