"""Says "run `devgen build`" where a test imports the class of a device that has not been built."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from devgen.common.yaml_files import YamlFiles
from devgen.errors import DevgenError
from devgen.language.module_names import module_name
from devgen.project import load_project

_MISSING: Final = re.compile(r"No module named '(\w+)(?:\.(\w+))?'")


def missing_build(test: Path, failure: str) -> str | None:
    """Return what to do about a failed import in a test's file; None if it is not that of a described device."""
    found = _MISSING.search(failure)
    if found is None:
        return None
    try:
        project = load_project(test.parent)
    except DevgenError:
        return None
    if found[1] != project.built.name:
        return None
    for path in YamlFiles([folder for folder in project.devices if folder.is_dir()]).files:
        if found[2] in (None, module_name(path.stem)):
            return f"{path} describes a device that is not built: run `devgen build` in {project.root}"
    return None
