"""Debian bookworm's kernel with its modules, a static busybox and the GPIO tools, to boot in QEMU.

They are unpacked into devgen's folder in the user's cache (about 70 MB are downloaded), see `debian_packages`.
"""

from __future__ import annotations

import lzma
import re
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devgen.qemu.debian_packages import Apt, Say, Unavailable, cache_folder, fetch, is_fetched, say_nothing, unpack

# bookworm's modules are not compressed, and a bookworm host's gcc is the one its kernel was built with.
SUITES: Final = ("bookworm",)
KERNELS: Final = {"amd64": "linux-image-amd64", "arm64": "linux-image-arm64"}
TOOLS: Final = ("busybox-static", "gpiod", "libgpiod2", "libc6")
RECIPES: Final = {architecture: [kernel, *TOOLS, *SUITES, 2] for architecture, kernel in KERNELS.items()}
HEADERS_RECIPE: Final = ["headers", *SUITES, 1]
# A third of the bulk, and nothing that a device of a description needs so far.
DROPPED: Final = (
    "sound",
    "drivers/gpu",
    "drivers/media",
    "drivers/infiniband",
    "drivers/staging",
    "drivers/isdn",
    "drivers/iio",
)
FOLDERS: Final = {"amd64": "linux-x86-64", "arm64": "linux-arm64"}
TRIPLETS: Final = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
LOADERS: Final = {"amd64": "/lib64/ld-linux-x86-64.so.2", "arm64": "/lib/ld-linux-aarch64.so.1"}


@dataclass(frozen=True)
class Linux:
    """The kernel and the tools that are unpacked below ``folder``. ``architecture``: as Debian names it."""

    folder: Path
    architecture: str = "amd64"

    @property
    def vmlinux(self) -> Path:
        """The x86 kernel, uncompressed: QEMU boots it faster than the bzImage."""
        return self.folder / "vmlinux"

    @property
    def bzimage(self) -> Path:
        """The x86 kernel as Debian ships it."""
        return self.folder / "vmlinuz"

    @property
    def image(self) -> Path:
        """The arm64 kernel, which is an uncompressed Image."""
        return self.folder / "vmlinuz"

    @property
    def loader(self) -> str:
        """The path at which the guest's programs look for their dynamic loader."""
        return LOADERS[self.architecture]

    @property
    def libraries(self) -> Path:
        """The folder of the shared libraries and of the dynamic loader."""
        return self.root / "lib" / TRIPLETS[self.architecture]

    def library(self, name: str) -> Path:
        """Return the shared library ``name`` of the tools: Debian has some in /lib, others in /usr/lib."""
        path = self.libraries / name
        return path if path.exists() else self.root / "usr/lib" / TRIPLETS[self.architecture] / name

    @property
    def root(self) -> Path:
        """Tools as Debian lays them out: bin/busybox, usr/bin/gpioset, lib/x86_64-linux-gnu/libc.so.6, ..."""
        return self.folder / "root"

    @property
    def modules(self) -> Path:
        """The folder of the kernel's modules."""
        return next((self.root / "lib/modules").iterdir())

    @property
    def release(self) -> str:
        """The kernel's release, as `uname -r` says it."""
        return self.modules.name


def find(architecture: str = "amd64") -> Linux | None:
    """Return the kernel and tools in the cache; None if they have not been fetched."""
    folder = cache_folder(FOLDERS[architecture])
    return Linux(folder, architecture) if is_fetched(folder, RECIPES[architecture]) else None


def get(architecture: str = "amd64", say: Say = say_nothing) -> Linux:
    """Return the kernel and tools; fetch them first if they are not in the cache. Raises Unavailable."""
    folder, recipe = cache_folder(FOLDERS[architecture]), RECIPES[architecture]
    try:
        fetch(
            folder, recipe, SUITES, lambda apt, new: _fill(apt, new, architecture), architecture, say=say,
            what=f"a Linux kernel for {architecture} (70 MB)",
        )  # fmt: skip
    except Unavailable as error:
        where = f"{folder} can be copied from a Debian machine"
        raise Unavailable(f"there is no kernel to boot, and it cannot be downloaded ({error}): {where}") from None
    return Linux(folder, architecture)


def _fill(apt: Apt, new: Path, architecture: str) -> None:
    image = next(name for name in apt.depends(KERNELS[architecture]) if name.startswith("linux-image-"))
    root = new / "root"
    unpack(apt.download(image, *TOOLS), root)
    image_file = next((root / "boot").glob("vmlinuz-*"))
    if architecture == "amd64":
        (new / "vmlinux").write_bytes(extract_vmlinux(image_file.read_bytes()))
    image_file.rename(new / "vmlinuz")
    modules = next((root / "lib/modules").iterdir()) / "kernel"
    for path in (*(modules / name for name in DROPPED), root / "boot"):
        if path.exists():  # arm64 has no isdn
            shutil.rmtree(path)


def extract_vmlinux(image: bytes) -> bytes:
    """Return the ELF file in a bzImage, which its setup header locates (Documentation/arch/x86/boot.rst).

    Raises Unavailable.
    """
    if image[0x202:0x206] != b"HdrS":
        raise Unavailable("the kernel is no bzImage")
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(image[start : start + length])
    except lzma.LZMAError as error:
        raise Unavailable(f"the kernel's payload is not xz: {error}") from None


def find_headers() -> Path | None:
    """Return the folder for `make -C`, if it has been fetched for the kernel that is there."""
    linux, folder = find(), cache_folder("linux-headers")
    if linux is None or not is_fetched(folder, [*HEADERS_RECIPE, linux.release]):
        return None
    return folder / "usr/src" / f"linux-headers-{linux.release}"


def get_headers() -> Path:
    """Fetch the headers of the kernel of `get`. Raises Unavailable."""
    linux, folder = get(), cache_folder("linux-headers")
    fetch(folder, [*HEADERS_RECIPE, linux.release], SUITES, lambda apt, new: _fill_headers(apt, new, linux.release))
    return folder / "usr/src" / f"linux-headers-{linux.release}"


def _fill_headers(apt: Apt, new: Path, release: str) -> None:
    headers = f"linux-headers-{release}"
    needs = [name for name in apt.depends(headers) if name.startswith(("linux-headers-", "linux-kbuild-"))]
    unpack(apt.download(headers, *needs), new)
    # The makefiles name one another by where they would be installed.
    folder = cache_folder("linux-headers")
    for path in (new / "usr/src" / headers).glob("Makefile"):
        path.write_text(re.sub(r"(?<![\w.])/usr/src/", f"{folder}/usr/src/", path.read_text()))
