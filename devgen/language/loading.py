"""From a path to a checked device, fragment or board: the stages of loading.

A file that is not YAML is not processed further. Values that violate the schema are reported and removed from the tree.
The rest is built and checked, so that one run shows all errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devgen.common.yaml_files import YamlFiles
from devgen.language.diagnostics import codes_files as source_kinds
from devgen.language.diagnostics import codes_keys as shape_kinds
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.load_result import LoadResult
from devgen.language.model import Device, Mark
from devgen.language.module_names import module_name
from devgen.language.reading.description_files import is_board, refused_links
from devgen.language.reading.includes import Includer
from devgen.language.reading.schema_check import validate
from devgen.language.reading.source_map import Sources

if TYPE_CHECKING:
    from devgen.language.boards.known_devices import DeviceFinder, FindDevices

Tree = dict[str, Any]


def load_device_file(path: Path, include_dirs: tuple[Path, ...] = ()) -> LoadResult:
    """Load, validate, build and check one device description (see ``devgen.language.load_device``)."""
    sources = Sources()
    sink = Diagnostics(lines=sources.line)
    includer = Includer(sources, sink, include_dirs)
    tree = includer.load(path)
    fragment = tree is not None and "fragment" in tree
    device = None
    if tree is not None:
        built = _build(tree, sources, sink, fragment)
        device = None if sink.failed else built
    return LoadResult(device, sink.finish(), includer.paths or [path], fragment, tree, sources)


def _build(tree: Tree, sources: Sources, sink: Diagnostics, fragment: bool) -> Any:
    """Return the device of a merged tree, or None for a fragment or for a tree with too many errors."""
    tree = outermost(tree, sources)
    if not validate(tree, "device", sources, sink):
        return None
    if fragment:
        if "device" in tree:
            mark = sources.key_mark(tree, "fragment")
            reason = "a file describes either a device or a fragment"
            sink.add(shape_kinds.CONTRADICTION, mark, key="fragment", other="device", reason=reason)
        return None
    from devgen.language.elaborate.device_keys import build_device

    return build_device(tree, sources, sink)


def outermost(tree: Tree, sources: Sources) -> Tree:
    """Return the merged tree without the key ``include``, unless that is malformed and must be reported."""
    names = tree.get("include")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return tree
    merged = {key: value for key, value in tree.items() if key != "include"}
    sources.set_place(merged, sources.marks[id(tree)], sources.places[id(tree)])
    sources.keep.append(merged)
    return merged


# --- many files --------------------------------------------------------------------------


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
