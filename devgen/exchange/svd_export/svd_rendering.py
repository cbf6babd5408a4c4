"""The text of an SVD file, for ``devgen export``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from devgen.exchange.export_formats import ExportBoard, ExportDevice
from devgen.exchange.findings import Findings
from devgen.exchange.mapping.described_chip import chip_of_board, chip_of_devices
from devgen.exchange.svd_export.svd_xml import svd_text

FIRST_ADDRESS: Final = 0x4000_0000
"""Where the first device is if no board says it: the start of a Cortex-M's peripherals."""


def render(devices: Sequence[ExportDevice], findings: Findings) -> str:
    """Return an SVD file with the devices side by side. Raises FileError if none has registers."""
    return svd_text(chip_of_devices(devices, findings, "SVD", FIRST_ADDRESS))


def render_board(board: ExportBoard, findings: Findings) -> str:
    """Return an SVD file with the devices of a board. Raises FileError if none has registers at an address."""
    return svd_text(chip_of_board(board, findings, "SVD"))
