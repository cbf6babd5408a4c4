"""The report of ``--devgen-coverage``: text for the terminal, and descriptions with what no test has reached."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from devgen.common.guarded_files import make_folder, read_file, replace_file
from devgen.common.yaml_files import YamlFiles
from devgen.language.module_names import module_name
from devgen.language.reading.description_files import is_board
from devgen.project import Project
from devgen.testing.behaviour_map import NoMap, load_with_origins, map_behaviour
from devgen.testing.coverage_data import CoverageData
from devgen.testing.coverage_findings import DeviceCoverage, Finding, cover_device

FORMS: Final = ("annotated", "html")
"""What ``--devgen-coverage-report=FORM:DIR`` writes."""

Lines = Mapping[int, Sequence[str]]


def cover_project(project: Project, data: CoverageData) -> tuple[list[DeviceCoverage], list[str]]:
    """Return the coverage of each device of a project that a test has made, and lines about the others."""
    found: list[DeviceCoverage] = []
    notes = [f"behaviour is not counted: {data.blind}"] if data.blind else []
    used = {module for module, use in data.devices.items() if use.lines or use.registers}
    used = {module for module in used if os.path.basename(module) != "__init__.py"}
    for path in YamlFiles([folder for folder in project.devices if folder.is_dir()]).files:
        if is_board(path):
            continue
        loaded, origins = load_with_origins(path)
        if loaded.device is None:
            if not loaded.fragment:
                notes.append(f"{path}: the description has errors")
                used.clear()  # one of these modules may be this device's
            continue
        module = project.built / f"{module_name(loaded.device.name)}.py"
        used.discard(os.path.realpath(module))
        use = data.devices.get(os.path.realpath(module))
        if use is None or not (use.lines or use.registers):
            notes.append(f"{path}: no test uses {loaded.device.name}")
            continue
        try:
            behaviour = map_behaviour(loaded, origins, module, project.templates)
        except NoMap as error:
            notes.append(f"{path}: {error}")
            continue
        except OSError as error:
            notes.append(f"{path}: cannot read {module}: {error.strerror}")
            continue
        found.append(cover_device(loaded, origins, use, [] if data.blind else behaviour))
    notes += [f"{module}: the project has no description of this device" for module in sorted(used)]
    return found, notes


def report_lines(devices: Sequence[DeviceCoverage], notes: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the terminal's report."""
    for device in devices:
        tallies = ", ".join(f"{kind} {tally}" for kind, tally in device.tallies.items())
        yield f"{device.name}: {tallies}"
        yield from (f"  {note}" for note in device.notes)
        yield from (f"  {_place(finding)}: {finding.text}" for finding in device.findings)
    yield from notes


def _place(finding: Finding) -> str:
    return f"{os.path.relpath(finding.mark.file)}:{finding.mark.line}:{finding.mark.column}"


def write_report(form: str, folder: Path, devices: Sequence[DeviceCoverage]) -> list[Path]:
    """Write each description with its findings into ``folder``; return the files. Raises OSError."""
    make_folder(folder)
    written = []
    for file in sorted({file for device in devices for file in _files(device)}):
        text = read_file(file).decode("utf-8", "replace")
        notes: dict[int, list[str]] = {}
        ran: set[int] = set()
        for device in devices:
            ran |= {line for name, line in device.ran if name == file}
            for finding in device.findings:
                if finding.mark.file == file:
                    notes.setdefault(finding.mark.line, []).append(finding.text)
        shown = os.path.relpath(file)
        target = folder / (shown.replace(os.sep, "_").lstrip("._") + (".html" if form == "html" else ".txt"))
        render = html_page if form == "html" else annotated
        replace_file(target, render(shown, text, notes, ran).encode())
        written.append(target)
    return written


def _files(device: DeviceCoverage) -> set[str]:
    return {finding.mark.file for finding in device.findings} | {file for file, _ in device.ran}


def annotated(name: str, text: str, notes: Lines, ran: set[int]) -> str:
    """Return a description with ``+`` before behaviour that ran, ``!`` and notes where something was not reached."""
    lines = [f"# {name}: + ran, ! not reached"]
    for number, line in enumerate(text.splitlines(), 1):
        lines.append(f"{_sign(number, notes, ran)} {line}".rstrip())
        lines += [f"!     ^ {note}" for note in notes.get(number, ())]
    return "\n".join(lines) + "\n"


def html_page(name: str, text: str, notes: Lines, ran: set[int]) -> str:
    """Return the same as a page."""
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        kind = {"+": "ran", "!": "missed", " ": "plain"}[_sign(number, notes, ran)]
        said = "".join(f'<div class="note">{escape(note)}</div>' for note in notes.get(number, ()))
        rows.append(f'<tr class="{kind}"><td>{number}</td><td><pre>{escape(line)}</pre>{said}</td></tr>')
    title = escape(name)
    return f"{_HEAD.format(title=title)}{chr(10).join(rows)}\n</table>\n</html>\n"


def _sign(number: int, notes: Lines, ran: set[int]) -> str:
    return "!" if number in notes else "+" if number in ran else " "


_HEAD: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Coverage of {title}</title>
<style>
  body {{ font-family: sans-serif }} pre {{ margin: 0 }} td {{ padding: 0 0.6em; vertical-align: top }}
  td:first-child {{ color: #666; text-align: right }}
  .ran {{ background: #e6f4e6 }} .missed {{ background: #fbe4e4 }} .note {{ color: #a00; padding-left: 2em }}
</style>
<h1>Coverage of {title}</h1>
<table>
"""
