"""The text of an IP-XACT file of IEEE 1685-2009, for ``devgen export``."""

from __future__ import annotations

from collections.abc import Sequence

from devgen.exchange.export_formats import ExportBoard, ExportDevice
from devgen.exchange.findings import Findings
from devgen.exchange.ipxact_export.ipxact_xml import EDITION_2009, ipxact_text
from devgen.exchange.mapping.described_chip import chip_of_board, chip_of_devices


def render(devices: Sequence[ExportDevice], findings: Findings) -> str:
    """Return a component with the devices side by side. Raises FileError if none has registers."""
    return ipxact_text(chip_of_devices(devices, findings, "IP-XACT", 0), findings, EDITION_2009)


def render_board(board: ExportBoard, findings: Findings) -> str:
    """Return a component with the devices of a board. Raises FileError if none has registers at an address."""
    return ipxact_text(chip_of_board(board, findings, "IP-XACT"), findings, EDITION_2009)
