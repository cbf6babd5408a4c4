"""``devgen build``: renders descriptions to a target's files.

Only changed files are written, each atomically. All files are rendered in memory before the first one is written. A
description with errors keeps its old files. If nothing has changed, files are only read and hashed, and neither YAML
nor templates are imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from devgen.build.build_report import BuildError, BuildReport, Progress
from devgen.build.build_run import BuildRun
from devgen.build.manifest import OtherTarget, load_manifest, tool_digest
from devgen.build.output_folder import OutputFolder
from devgen.build.source_paths import named_sources
from devgen.build.target_files import TargetNotFound, find_target
from devgen.common.collection import without_collection

__all__ = ["DEFAULT_TARGET", "BuildError", "BuildReport", "Progress", "build"]

DEFAULT_TARGET: Final = "python"


def build(
    paths: Sequence[Path],
    out_dir: Path,
    check: bool = False,
    progress: Progress | None = None,
    templates: Path | None = None,
    target: str = DEFAULT_TARGET,
) -> BuildReport:
    """Render the descriptions in ``paths`` (files, or folders searched recursively) into ``out_dir``.

    ``target`` is the name of the target. With ``check`` nothing is written. ``templates`` is the user's folder of
    targets: a subfolder overrides the templates of devgen's target with its name, or is a new target.

    Raises:
        BuildError: a path, the target or the folder of templates is missing, two descriptions make the same file, a
            file that no build wrote is in the way, the folder has the files of another target, a template is broken or
            nothing uses it, or the folder cannot be written.
    """
    if out_dir.exists() and not out_dir.is_dir():
        raise BuildError(f"{out_dir}: exists and is not a folder")
    folder = OutputFolder(out_dir)
    try:
        found = find_target(target, templates)
        sources = named_sources(paths, any(output.board for output in found.outputs()))
        tool = tool_digest(found, templates)
        with without_collection(), nullcontext() if check else folder.locked():
            old = load_manifest(folder.manifest, target, tool)
            return BuildRun(folder, sources, found, templates, old, progress).run(check)
    except TargetNotFound as error:
        raise BuildError(str(error)) from error
    except OtherTarget as other:
        raise BuildError(
            f"{out_dir} has the files of the target '{other}': give '{target}' a folder of its own"
        ) from other
    except OSError as error:
        raise BuildError(f"{error.filename or out_dir}: {error.strerror or error}") from error
