"""The project a command runs in: its built devices beside the catalogue that comes with devgen."""

from __future__ import annotations

from pathlib import Path

from devgen.cli.command_error import InputError
from devgen.runtime.machine.device_registry import Registry, RegistryError, built_folders


def project_registry(root: Path | None = None) -> Registry:
    """The devices known in the project at ``root`` (the working directory): its own first, then the catalogue's.

    Raises:
        InputError: the project's generated/ folder or an installed package's entry cannot be used.
    """
    try:
        return Registry(folders=built_folders(root or Path.cwd()))
    except RegistryError as error:
        raise InputError(str(error)) from error
