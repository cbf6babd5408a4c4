"""Where the package's data folders are: ``schemas``, ``templates``, ``devices``, ``generated``, ``examples``.

In a checkout they stand beside ``devgen/``; in an installed wheel they stand in ``devgen/_share/``, so that no
package of these names lands in site-packages. This module imports nothing of the project: every layer may use it.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def find_share(name: str) -> Path | None:
    """Return the folder ``name`` that belongs to this copy of devgen, or None if there is none (yet).

    The installed place comes first. The checkout is recognised by its ``pyproject.toml``, so that an installed
    devgen never uses another package's ``site-packages/<name>``.
    """
    installed = PACKAGE / "_share" / name
    if installed.is_dir():
        return installed
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    return None
