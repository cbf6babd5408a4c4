"""PeakRDL's commands on descriptions: the description is exported to SystemRDL and compiled."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar, Final

from peakrdl.plugins.importer import ImporterPlugin

if TYPE_CHECKING:
    import argparse

    from systemrdl.compiler import RDLCompiler

    from devgen.exchange.export_formats import ExportDevice

_DESCRIPTION: Final = re.compile(rb"^(?:device|fragment|include)[ \t]*:", re.M)
_HEAD: Final = 1 << 16
"""Bytes in which one of the first keys of a description is looked for."""


class DevgenImporter(ImporterPlugin):
    """Reads descriptions (``.yaml``, ``.yml``) of devices into PeakRDL."""

    file_extensions: ClassVar[list[str]] = ["yaml", "yml"]  # type: ignore[misc]

    def __init__(self, dist_name: str | None = None, dist_version: str | None = None) -> None:
        super().__init__(dist_name, dist_version)
        self._folders: list[TemporaryDirectory[str]] = []

    def is_compatible(self, path: str) -> bool:
        """Whether the file looks like a description, which may be one of several kinds of YAML files."""
        with open(path, "rb") as file:
            return _DESCRIPTION.search(file.read(_HEAD)) is not None

    def do_import(self, rdlc: RDLCompiler, options: argparse.Namespace, path: str) -> None:
        """Add the device to the compiler. Diagnostics become messages of the compiler, with their places."""
        from devgen.exchange.peakrdl.description_places import move_places

        device = _load(rdlc, path)
        name = device.view.stem
        rdlc.compile_file(str(self._written(rdlc, device)), defines=_defines(rdlc))
        move_places(rdlc.root.comp_defs[name], device)

    def _written(self, rdlc: RDLCompiler, device: ExportDevice) -> Path:
        """Write the device as SystemRDL into a folder that lives as long as the importer, and return the file."""
        from devgen.errors import FileError
        from devgen.exchange.export_formats import FORMATS
        from devgen.exchange.findings import Findings

        folder = TemporaryDirectory(prefix="devgen-")
        self._folders.append(folder)
        path = Path(folder.name) / f"{device.view.stem}.rdl"
        try:
            path.write_text(FORMATS["systemrdl"].render([device], Findings()), encoding="utf-8")
        except FileError as error:
            rdlc.msg.fatal(str(error))
        return path


def _defines(rdlc: RDLCompiler) -> dict[str, str]:
    """Return what keeps the property ``devgen`` from being declared twice in one compiler."""
    from devgen.exchange.rdl_export.devgen_property import GUARD, NAME

    return {GUARD: ""} if NAME in rdlc.list_udps() else {}


def _load(rdlc: RDLCompiler, path: str) -> ExportDevice:
    """Load the description. Its errors end the command; its warnings are printed."""
    from systemrdl.source_ref import FileSourceRef

    from devgen.exchange.export_formats import ExportDevice
    from devgen.exchange.peakrdl.description_places import place_of_diagnostic
    from devgen.language import load_device
    from devgen.language.view import view_of

    loaded = load_device(path)
    for diagnostic in loaded.diagnostics:
        say = rdlc.msg.error if diagnostic.is_error else rdlc.msg.warning
        say(f"[{diagnostic.code}] {diagnostic.message}", place_of_diagnostic(diagnostic))
    if not loaded.ok:
        rdlc.msg.fatal("The description has errors", FileSourceRef(path))
    if loaded.device is None or loaded.tree is None or loaded.places is None:
        rdlc.msg.fatal("A fragment describes no device by itself; name the file that includes it", FileSourceRef(path))
    return ExportDevice(Path(path), view_of(loaded), loaded.tree, loaded.places)
