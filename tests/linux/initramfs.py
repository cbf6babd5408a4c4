"""An initramfs: files in the `newc` form of cpio (Documentation/driver-api/early-userspace/buffer-format.rst)."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from fetch_linux import Linux

INIT = Path(__file__).parent / "init.sh"
SHELL = ("virtio_pci", "virtio_console")
"""Modules of the port that scripts come over."""
LIBRARIES = ("libc.so.6", "libgpiod.so.2")
GPIO_TOOLS = ("gpiodetect", "gpioinfo", "gpioget", "gpioset", "gpiomon")


def pack(files: Mapping[str, tuple[int, bytes]]) -> bytes:
    """An archive of files: path -> (mode, content), and the folders above them. The same files give the same bytes."""
    entries = {path.lstrip("/"): entry for path, entry in files.items()}
    for path in list(entries):
        for parent in PurePosixPath(path).parents[:-1]:
            entries[str(parent)] = (stat.S_IFDIR | 0o755, b"")
    parts = [_entry(number, path, *entries[path]) for number, path in enumerate(sorted(entries), 1)]
    return b"".join(parts) + _entry(0, "TRAILER!!!", 0, b"")


def _entry(number: int, path: str, mode: int, content: bytes) -> bytes:
    name = path.encode() + b"\0"
    # ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    return _padded(b"070701" + b"".join(b"%08X" % field for field in fields) + name) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def module_paths(linux: Linux, names: Iterable[str]) -> list[Path]:
    """The modules of these names and what they need, in an order that they can be loaded in.

    Raises LookupError for a name that is no module (what is built in needs no loading).
    """
    known = {_plain(path.stem): path for path in linux.modules.rglob("*.ko")}
    built_in = {_plain(Path(line).stem) for line in (linux.modules / "modules.builtin").read_text().split()}
    ordered: dict[Path, None] = {}

    def add(name: str) -> None:
        if _plain(name) in built_in:
            return
        if _plain(name) not in known:
            raise LookupError(f"{name} is no module of {linux.release} (fetch_linux.py says what it leaves out)")
        path = known[_plain(name)]
        if path not in ordered:
            for needed in depends(path):
                add(needed)
            ordered[path] = None

    for name in names:
        add(name)
    return list(ordered)


def _plain(name: str) -> str:
    return name.replace("-", "_")


def depends(module: Path) -> list[str]:
    """The names of the modules that a module says it needs."""
    found = re.search(rb"\0depends=([^\0]*)\0", module.read_bytes())
    return [name for name in found[1].decode().split(",") if name] if found else []


def build(linux: Linux, modules: Iterable[str | Path], files: Mapping[str, bytes | Path]) -> bytes:
    """What the guest boots into: busybox, the GPIO tools, modules (a Path is one of your own), and ``files``.

    A file given as a Path keeps its execute permission.
    """
    given = [*SHELL, *modules]
    own = [module for module in given if isinstance(module, Path)]
    needed = [name for module in own for name in depends(module)]
    ordered = [*module_paths(linux, [*needed, *(name for name in given if isinstance(name, str))]), *own]
    found = {
        "/init": INIT,
        "/bin/busybox": linux.root / "bin/busybox",
        linux.loader: linux.libraries / Path(linux.loader).name,
        **{f"/usr/bin/{name}": linux.root / "usr/bin" / name for name in GPIO_TOOLS},
        **{f"/lib/{name}": next(linux.root.rglob(name)) for name in LIBRARIES},
        **{f"/lib/modules/{path.name}": path for path in ordered},
        "/modules": "".join(f"/lib/modules/{path.name}\n" for path in ordered).encode(),
        **files,
    }
    content = {path: _file(source) for path, source in found.items()}
    content["/init"] = (stat.S_IFREG | 0o755, INIT.read_bytes())
    return pack(content)


def _file(source: bytes | Path) -> tuple[int, bytes]:
    if isinstance(source, bytes):
        return stat.S_IFREG | 0o644, source
    return stat.S_IFREG | (source.stat().st_mode & 0o777), source.read_bytes()
