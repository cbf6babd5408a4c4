"""An initramfs: files in the `newc` form of cpio (Documentation/driver-api/early-userspace/buffer-format.rst)."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from devgen.qemu.kernel_modules import depends, module_paths, plain_name
from devgen.qemu.small_linux import Linux

INIT: Final = Path(__file__).parent / "init.sh"
SHELL: Final = ("virtio_pci", "virtio_console")
"""Modules of the port that scripts come over."""
LIBRARIES: Final = ("libc.so.6", "libgpiod.so.2")
GPIO_TOOLS: Final = ("gpiodetect", "gpioinfo", "gpioget", "gpioset", "gpiomon")


def pack(files: Mapping[str, tuple[int, bytes]]) -> bytes:
    """Return an archive of files, path → (mode, content), and the folders above them.

    The same files give the same bytes.
    """
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


def build(linux: Linux, modules: Iterable[str | Path], files: Mapping[str, bytes | Path]) -> bytes:
    """Return the initramfs of the guest: busybox, the GPIO tools, modules (a Path is one of your own), and ``files``.

    A file given as a Path keeps its execute permission. Raises UnknownModule and OSError.
    """
    given = [*SHELL, *modules]
    own = [module for module in given if isinstance(module, Path)]
    provided = {plain_name(module.stem) for module in own}
    needed = [name for module in own for name in depends(module) if plain_name(name) not in provided]
    ordered = [*module_paths(linux, [*needed, *(name for name in given if isinstance(name, str))]), *own]
    found = {
        "/init": INIT,
        "/bin/busybox": linux.root / "bin/busybox",
        linux.loader: linux.libraries / Path(linux.loader).name,
        **{f"/usr/bin/{name}": linux.root / "usr/bin" / name for name in GPIO_TOOLS},
        **{f"/lib/{name}": linux.library(name) for name in LIBRARIES},
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
