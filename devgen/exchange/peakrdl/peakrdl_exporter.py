"""``peakrdl devgen``: an elaborated address map as descriptions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from peakrdl.plugins.exporter import ExporterSubcommandPlugin

if TYPE_CHECKING:
    import argparse

    from systemrdl.node import AddrmapNode


class DevgenExporter(ExporterSubcommandPlugin):
    """Writes descriptions: for each peripheral a fragment, and the author's file if there is none; a board of them."""

    short_desc = "Generate devgen device descriptions (YAML)"
    long_desc = "Generate devgen device descriptions (YAML). Prints what did not come over as it stands in the source."

    def do_export(self, top_node: AddrmapNode, options: argparse.Namespace) -> None:
        """Write the descriptions below ``options.output``, and print the files and the findings."""
        from devgen.errors import FileError
        from devgen.exchange.describe.chip_board import describe_board
        from devgen.exchange.describe.peripherals import describe_chip
        from devgen.exchange.findings import Findings
        from devgen.exchange.import_files import DescribedChip, report_gone, write_chips
        from devgen.exchange.rdl.rdl_map import chip_of

        findings = Findings()
        try:
            chip = chip_of(top_node, findings)
            devices = describe_chip(chip, findings)
            board = describe_board(chip, devices, findings)
            files = DescribedChip(Path(chip.place.file), chip.name, tuple(devices), board, True)
            report_gone(files, chip.place, Path(options.output), findings)
            for file in write_chips([files], Path(options.output))[0]:
                print(f"{file.change:<10}{file.path}")
        except FileError as error:
            top_node.env.msg.fatal(str(error))
        for finding in findings:
            print(finding)
