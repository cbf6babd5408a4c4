"""Packages of Debian, downloaded and unpacked into a folder of the user's cache. Nothing is installed.

apt uses a state of its own, with the mirror that the host's apt is configured for, and checks signatures with
Debian's keyring. A folder appears complete or not at all, also if the fetch is killed; a second fetch waits for the
first. Packages in the cache need no network.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from devgen.qemu.qemu_error import QemuError

KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
STAMP: Final = "fetched.json"

Say = Callable[[str], object]
"""Takes a line about a download."""


class Unavailable(QemuError):
    """A program or a kernel is not on this machine and cannot be fetched; the message says why."""


def say_nothing(_line: str) -> None:
    """Discard a line."""


def cache_folder(name: str) -> Path:
    """Return devgen's folder ``name`` in the user's cache, or the one that DEVGEN_<NAME>_CACHE names."""
    named = os.environ.get(f"DEVGEN_{name.upper().replace('-', '_')}_CACHE")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(cache) / "devgen" / name


def run(command: Sequence[str], folder: Path | None = None) -> str:
    """Return a command's standard output. Raises Unavailable, with its first error, if it fails."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=900, cwd=folder, stdin=subprocess.DEVNULL
        ).stdout
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not installed: this needs a Debian host") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} takes too long") from None
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{command[0]}: {_first_error(error.stderr)}") from None


def _first_error(text: str) -> str:
    """Return the first error that a program of Debian's has printed, at most 400 characters, or its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it failed without a message"]
    errors = (line.removeprefix("E: ") for line in lines if line.startswith("E: "))
    return next(errors, lines[-1])[:400]


def mirror() -> str:
    """Return the Debian mirror that the host's apt is configured for. Raises Unavailable."""
    # Without this option a host whose lists have never been updated would name none.
    listing = run(["apt-get", "indextargets", "--no-release-info", "--format", "$(REPO_URI)"])
    for uri in listing.split():
        if uri.rstrip("/").endswith("/debian"):
            return uri
    raise Unavailable("the host's apt is not configured for a Debian mirror")


class Apt:
    """apt with a state of its own below ``folder``, that knows ``suites`` of Debian and no installed package.

    ``architecture``: of the packages, as Debian names it. Every method raises Unavailable if apt fails.
    """

    def __init__(self, folder: Path, suites: Iterable[str], architecture: str = "amd64") -> None:
        if not KEYRING.exists():
            raise Unavailable(f"{KEYRING} is missing (package debian-archive-keyring)")
        self._archives = folder / "cache/archives"
        for path in ("state/lists/partial", "cache/archives/partial", "etc"):
            (folder / path).mkdir(parents=True)
        (folder / "status").touch()
        sources = "".join(
            f"deb [signed-by={KEYRING} arch={architecture}] {mirror()} {suite} main\n" for suite in suites
        )
        (folder / "etc/sources.list").write_text(sources)
        options = {
            "Dir::State": folder / "state", "Dir::State::status": folder / "status", "Dir::Cache": folder / "cache",
            "Dir::Etc::SourceList": folder / "etc/sources.list", "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": "/dev/null",
            "APT::Install-Recommends": "0", "APT::Sandbox::User": "root", "APT::Architecture": architecture,
            "APT::Architectures": architecture, "Acquire::Languages": "none", "Acquire::Retries": "3",
            "APT::Update::Error-Mode": "any", "APT::Keep-Downloaded-Packages": "1",
            "DPkg::Options::": "--force-not-root",
        }  # fmt: skip
        self._options = [f"-o{key}={value}" for key, value in options.items()]
        self.get("update")

    def get(self, *words: str, folder: Path | None = None) -> str:
        """Return what ``apt-get words`` prints."""
        return run(["apt-get", "-qq", *self._options, *words], folder)

    def depends(self, package: str) -> list[str]:
        """Return the names of the packages that ``package`` depends on directly."""
        text = run(["apt-cache", *self._options, "depends", "--important", package])
        lines = [line.partition("Depends:")[2].strip() for line in text.splitlines() if "Depends:" in line]
        return [name for name in lines if name and not name.startswith("<")]

    def download(self, *packages: str) -> list[Path]:
        """Download these packages without their dependencies; return all archives so far."""
        self.get("download", *packages, folder=self._archives)
        return self._downloaded()

    def download_whole(self, package: str, suite: str) -> list[Path]:
        """Download a package of ``suite`` with all its dependencies; return all archives so far."""
        self.get("install", "--download-only", "-y", "-t", suite, package)
        return self._downloaded()

    def _downloaded(self) -> list[Path]:
        return sorted(self._archives.glob("*.deb"))


def unpack(archives: Iterable[Path], root: Path) -> None:
    """Unpack packages into ``root``, without manuals, translations and configuration. Raises Unavailable."""
    root.mkdir(parents=True, exist_ok=True)
    for package in archives:
        run(["dpkg", "-x", str(package), str(root)])
    for path in ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/i18n", "etc", "var"):
        shutil.rmtree(root / path, ignore_errors=True)


def is_fetched(folder: Path, recipe: object) -> bool:
    """Return whether ``folder`` was fetched by ``recipe``."""
    try:
        return bool(json.loads((folder / STAMP).read_text()) == recipe)
    except (OSError, ValueError):
        return False


def fetch(
    folder: Path,
    recipe: object,
    suites: Iterable[str],
    fill: Callable[[Apt, Path], None],
    architecture: str = "amd64",
    *,
    say: Say = say_nothing,
    what: str = "",
) -> None:
    """Call ``fill(apt, new)`` to make the content of ``folder``, unless it is there by the same ``recipe``.

    ``say`` is called with a line before the download, which names ``what``, and one after it, which names the folder.
    Raises Unavailable; the folder is then as it was.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_fetched(folder, recipe):
                say(f"downloading {what or folder.name} from Debian, once")
                _replace(folder, recipe, suites, fill, architecture)
                say(f"it is in {folder}")
    except OSError as error:
        raise Unavailable(str(error)) from error


def _replace(
    folder: Path, recipe: object, suites: Iterable[str], fill: Callable[[Apt, Path], None], architecture: str
) -> None:
    prefix = f"{folder.name}.part-"
    for left in folder.parent.glob(f"{prefix}*"):  # by a fetch that was killed: we hold the lock
        shutil.rmtree(left)
    scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        new = scratch / "new"
        new.mkdir()
        fill(Apt(scratch / "apt", suites, architecture), new)
        (new / STAMP).write_text(json.dumps(recipe))
        if folder.exists():
            folder.rename(scratch / "old")
        new.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
