"""IP-XACT 2009 and 2014 (IEEE 1685), through peakrdl-ipxact, as address maps of SystemRDL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from devgen.errors import FileError
from devgen.exchange.findings import Findings
from devgen.exchange.rdl.compiling import MISSING, elaborated
from devgen.exchange.rdl.rdl_map import chip_of
from devgen.exchange.register_map import Chip
from devgen.exchange.xml_elements import read_xml

if TYPE_CHECKING:
    from systemrdl.compiler import RDLCompiler


def read_ipxact(path: Path, findings: Findings) -> list[Chip]:
    """Read an IP-XACT component and return a chip for each of its memory maps.

    Raises:
        FileError: the file cannot be read, is no component, or peakrdl-ipxact is missing.
    """
    root = read_xml(path)  # refuses what the importer's own parser would expand
    if root.tag != "component":
        raise FileError(f"{root.place}: no IP-XACT component: the root is <{root.tag}>")
    try:
        from peakrdl_ipxact import IPXACTImporter  # type: ignore[import-untyped]
    except ImportError as error:
        raise FileError(MISSING) from error

    def fill(compiler: RDLCompiler) -> None:
        IPXACTImporter(compiler).import_file(str(path))

    return [chip_of(node, findings) for node in elaborated(fill, path)]
