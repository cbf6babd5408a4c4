"""From a path to a checked device or fragment: the stages of loading.

A file that is not YAML is not processed further. Values that violate the schema are reported and removed from the tree.
The rest is built and checked, so that one run shows all errors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devgen.language.diagnostics import codes_keys as shape_kinds
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.load_result import LoadResult
from devgen.language.reading.includes import Includer
from devgen.language.reading.merged_trees import without
from devgen.language.reading.register_types import expand_types
from devgen.language.reading.schema_check import validate
from devgen.language.reading.source_map import Sources
from devgen.language.reading.waivers import apply_waivers

Tree = dict[str, Any]


def load_device_file(path: Path, include_dirs: tuple[Path, ...] = ()) -> LoadResult:
    """Load, validate, build and check one device description (see ``devgen.language.load_device``)."""
    sources = Sources()
    sink = Diagnostics(lines=sources.line)
    includer = Includer(sources, sink, include_dirs)
    tree = includer.load(path)
    fragment = tree is not None and "fragment" in tree
    built = None
    if tree is not None:
        tree = tree if fragment else expand_types(tree, sources, sink)
        built = _build(tree, sources, sink, fragment)
    waivers = apply_waivers(sources.files, sink, None if fragment else str(path))
    device = None if sink.failed else built
    return LoadResult(device, sink.finish(), includer.paths or [path], fragment, tree, sources, waivers)


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
    return without(sources, tree, "include")
