"""Checks many files: devices, fragments and boards, and what concerns several of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from devgen.common.yaml_files import YamlFiles
from devgen.language.diagnostics import codes_files as source_kinds
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.loading import load_device_file
from devgen.language.model import Device, Mark
from devgen.language.module_names import module_name
from devgen.language.reading.description_files import is_board, refused_links

if TYPE_CHECKING:
    from devgen.language.boards.known_devices import DeviceFinder, FindDevices


def check_all(
    paths: Sequence[Path], include_dirs: tuple[Path, ...] = (), devices: FindDevices | None = None
) -> list[Diagnostic]:
    """Check files and the YAML files below folders (see ``devgen.language.check_paths``)."""
    named = YamlFiles(paths)
    found = refused_links(named)
    fragments: list[Path] = []
    included: set[Path] = set()
    modules: dict[str, Device] = {}
    boards = _Boards(tuple(named.files), include_dirs, devices)
    for path in named.files:
        if is_board(path):
            found += boards.check(path)
            continue
        result = load_device_file(path, include_dirs)
        found += result.diagnostics
        included.update(source.resolve() for source in result.sources[1:])
        if result.device is not None:
            found += _same_module(modules, result.device)
        if result.fragment:
            fragments.append(path)
    if len(paths) > 1 or any(path.is_dir() for path in paths):
        found += [_unused(path) for path in fragments if path.resolve() not in included]
    return list(dict.fromkeys(found))


@dataclass(slots=True)
class _Boards:
    """Checks boards whole. The devices that ``files`` describe take precedence over those of a board's project."""

    files: tuple[Path, ...]
    include_dirs: tuple[Path, ...]
    devices: FindDevices | None
    finders: dict[Path, DeviceFinder] = field(default_factory=dict)

    def check(self, path: Path) -> list[Diagnostic]:
        """Return the diagnostics of one board."""
        from devgen.language.boards.board_loading import load_board_file
        from devgen.language.boards.known_devices import described_for

        if path.parent not in self.finders:
            find = self.devices or described_for
            self.finders[path.parent] = find(path.parent, self.include_dirs, self.files)
        return load_board_file(path, self.finders[path.parent]).diagnostics


def _same_module(modules: dict[str, Device], device: Device) -> list[Diagnostic]:
    """Report a device with the same module name as an earlier device, else record its module name."""
    other = modules.setdefault(module_name(device.name), device)
    if other is device:
        return []
    clash = "is described, too," if other.name == device.name else f"makes the same module as '{other.name}'"
    return [source_kinds.SAME_DEVICE(device.mark, name=device.name, clash=clash, other=other.mark.file)]


def _unused(path: Path) -> Diagnostic:
    return source_kinds.FRAGMENT_UNUSED(Mark(str(path), 1, 1), name=path.stem)
