"""The formats of an export: for each its file name's end, and the function that makes a file's text.

A format is one entry in ``FORMATS``. Its module is imported when the format is used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from devgen.exchange.findings import Findings
    from devgen.language.reading.source_map import Sources
    from devgen.language.view import DeviceView

ExportForm = Literal["systemrdl", "svd", "ipxact", "ipxact-2009"]
"""The name of a format."""


@dataclass(slots=True, frozen=True)
class ExportDevice:
    """A checked device: its file, its view, the mapping of its description, and the places of the mapping's keys."""

    path: Path
    view: DeviceView
    tree: Mapping[str, Any]
    places: Sources


@dataclass(slots=True, frozen=True)
class ExportPlacement:
    """A device on a board: addresses of its regions, and the numbers of its interrupt lines (``irq[8]`` → 8)."""

    name: str
    device: ExportDevice
    at: Mapping[str, int]
    irq: Mapping[str, int]


@dataclass(slots=True, frozen=True)
class ExportBoard:
    """A checked board with its devices."""

    path: Path
    name: str
    description: str
    placements: tuple[ExportPlacement, ...]

    @property
    def stem(self) -> str:
        """The name of its files."""
        return self.name.replace("-", "_")


Renderer: TypeAlias = "Callable[[Sequence[ExportDevice], Findings], str]"
"""Makes the text of one file with the devices, and adds what the format cannot say to the findings."""


BoardRenderer: TypeAlias = "Callable[[ExportBoard, Findings], str]"
"""Makes the text of a file with a board."""


@dataclass(slots=True, frozen=True)
class ExportFormat:
    """A format: how its files' names end, and the module with its function ``render``.

    ``boards``: the module also has ``render_board``, for a chip with its peripherals at addresses.
    """

    suffix: str
    module: str
    boards: bool = False

    def names(self, path: Path) -> bool:
        """Return whether a path is named as this format's files are, in capitals or not."""
        return path.suffix.lower() == self.suffix

    def render(self, devices: Sequence[ExportDevice], findings: Findings) -> str:
        """Return the text of a file with the devices.

        Raises:
            FileError: a device has nothing that the format can say.
        """
        renderer: Renderer = importlib.import_module(self.module).render
        return renderer(devices, findings)

    def render_board(self, board: ExportBoard, findings: Findings) -> str:
        """Return the text of a file with a board; only if ``boards``.

        Raises:
            FileError: the board has nothing that the format can say.
        """
        renderer: BoardRenderer = importlib.import_module(self.module).render_board
        return renderer(board, findings)


FORMATS: Final[dict[ExportForm, ExportFormat]] = {
    "systemrdl": ExportFormat(".rdl", "devgen.exchange.rdl_export.said_device"),
    "svd": ExportFormat(".svd", "devgen.exchange.svd_export.svd_rendering", boards=True),
    "ipxact": ExportFormat(".xml", "devgen.exchange.ipxact_export.ipxact_rendering", boards=True),
    "ipxact-2009": ExportFormat(".xml", "devgen.exchange.ipxact_export.ipxact_2009_rendering", boards=True),
}
