"""Checks many files: devices, fragments and boards, and what concerns several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devgen.common.yaml_files import YamlFiles
from devgen.language.diagnostics import codes_files as source_kinds
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.places import Related, Span
from devgen.language.loading import load_device_file
from devgen.language.model import Mark
from devgen.language.module_names import module_name
from devgen.language.reading.description_files import is_board, refused_links
from devgen.language.reading.waivers import NO_WAIVERS, WaiverUse

if TYPE_CHECKING:
    from devgen.language.boards.known_devices import DeviceFinder, FindDevices


@dataclass(slots=True, frozen=True)
class FileFindings:
    """What the check of one file tells the checks of all files. It can be sent to another process."""

    path: Path
    diagnostics: list[Diagnostic]
    included: tuple[Path, ...] = ()
    """The files that it includes, links resolved."""
    device: tuple[str, Mark] | None = None
    """The name of its device, and the place of the description."""
    fragment: bool = False
    waivers: WaiverUse = NO_WAIVERS


FileCheck = Callable[[Path], FileFindings]
Runner = Callable[[FileCheck, Sequence[Path]], Iterable[FileFindings]]
"""Calls a check with each path; the results are in the order of the paths."""


def check_all(
    paths: Sequence[Path],
    include_dirs: tuple[Path, ...] = (),
    devices: FindDevices | None = None,
    run: Runner = map,
) -> list[Diagnostic]:
    """Check files and the YAML files below folders (see ``devgen.language.check_paths``)."""
    named = YamlFiles(paths)
    found = refused_links(named)
    checker = FileChecker(tuple(named.files), include_dirs, devices)
    modules: dict[str, tuple[str, Mark]] = {}
    checked: list[FileFindings] = []
    for result in run(checker.check, named.files):
        checked.append(result)
        found += result.diagnostics
        if result.device is not None:
            found += _same_module(modules, *result.device)
    found += _of_fragments(checked, alone=len(paths) == 1 and not paths[0].is_dir())
    return list(dict.fromkeys(found))


@dataclass(slots=True)
class FileChecker:
    """Checks single files. The devices that ``files`` describe take precedence over those of a board's project."""

    files: tuple[Path, ...]
    include_dirs: tuple[Path, ...]
    devices: FindDevices | None
    finders: dict[Path, DeviceFinder] = field(default_factory=dict)

    def check(self, path: Path) -> FileFindings:
        """Check a device, a fragment or a board."""
        if is_board(path):
            return FileFindings(path, self._check_board(path))
        result = load_device_file(path, self.include_dirs)
        included = tuple(source.resolve() for source in result.sources[1:])
        device = None if result.device is None else (result.device.name, result.device.mark)
        return FileFindings(path, result.diagnostics, included, device, result.fragment, result.waivers)

    def _check_board(self, path: Path) -> list[Diagnostic]:
        from devgen.language.boards.board_loading import load_board_file
        from devgen.language.boards.known_devices import described_for

        if path.parent not in self.finders:
            find = self.devices or described_for
            self.finders[path.parent] = find(path.parent, self.include_dirs, self.files)
        return load_board_file(path, self.finders[path.parent]).diagnostics


def _same_module(modules: dict[str, tuple[str, Mark]], name: str, mark: Mark) -> list[Diagnostic]:
    """Report a device with the same module name as an earlier device, else record its module name."""
    other, place = modules.setdefault(module_name(name), (name, mark))
    if place is mark:
        return []
    clash = "is described, too," if other == name else f"makes the same module as '{other}'"
    first = Related(Span(place, len("device")), f"'{other}' is described here")
    names: dict[str, Any] = {"name": name, "clash": clash, "other": place.file}
    return [source_kinds.SAME_DEVICE(mark, length=len("device"), related=[first], **names)]


def _has_error(checked: FileFindings) -> bool:
    return any(found.is_error for found in checked.diagnostics)


def _of_fragments(checked: Sequence[FileFindings], alone: bool) -> Iterator[Diagnostic]:
    """Yield what is known of fragments when all files are checked: what nothing includes, and unused waivers."""
    included = {path for result in checked for path in result.included}
    used = {waiver for result in checked for waiver in result.waivers.used}
    failed = {path for result in checked if _has_error(result) for path in result.included}
    for result in checked:
        if not result.fragment or alone:
            continue
        own = [waiver for waiver in result.waivers.waivers if waiver.mark.file == str(result.path)]
        if result.path.resolve() in included:
            complete = result.path.resolve() not in failed
            yield from (waiver.unused() for waiver in own if complete and waiver not in used)
        else:
            unused = source_kinds.FRAGMENT_UNUSED(Mark(str(result.path), 1, 1), name=result.path.stem)
            if not any(waiver.covers(unused) for waiver in own):
                yield unused
