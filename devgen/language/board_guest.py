"""The guest of a board: an image or a Linux kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from devgen.common.machine_map import MachineType, ram_parts
from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics import codes_board as kinds
from devgen.language.diagnostics import codes_keys as key_kinds
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.reading.source_map import Sources

Tree = dict[str, Any]

_OF_IMAGE = ("load", "entry", "mode")
_OF_KERNEL = ("initrd", "cmdline")


@dataclass(slots=True, frozen=True)
class BoardGuest:
    """A guest image. ``image`` is a path, already resolved relative to the board's folder.

    ``load`` None: an ELF file, which is loaded at its own addresses. ``entry`` and ``mode`` None: not given.
    """

    image: Path
    load: int | None
    entry: int | None
    mode: Literal["real", "protected", "long"] | None


@dataclass(slots=True, frozen=True)
class BoardKernel:
    """A Linux kernel with its initial RAM disk and its command line; the paths are resolved like that of an image."""

    kernel: Path
    initrd: Path | None
    cmdline: str


@dataclass(slots=True)
class GuestBuilder:
    """Builds the guest of the board in ``folder``, whose machine of ``type`` has ``ram`` bytes and interrupt chips
    or not.
    """

    folder: Path
    type: MachineType
    ram: int
    irqchip: Literal["kernel", "none"]
    sources: Sources
    sink: Diagnostics

    def build(self, spec: Tree) -> BoardGuest | BoardKernel | None:
        """Build what ``spec``, the value of ``guest``, says; None if it has an error."""
        if "kernel" in spec:
            self._refuse(spec, ("image", *_OF_IMAGE), "kernel", "a kernel says where it is loaded and starts")
            return self._kernel(spec)
        self._refuse(spec, _OF_KERNEL, "image", "it belongs to a `kernel`")
        if "image" not in spec:
            mark = self.sources.node_mark(spec)
            self.sink.add(key_kinds.NEITHER_NOR, mark, where="'guest'", keys="'image' or 'kernel'")
            return None
        return self._image(spec)

    def _refuse(self, spec: Tree, keys: tuple[str, ...], other: str, reason: str) -> None:
        for key in keys:
            if key in spec:
                mark = self.sources.key_mark(spec, key)
                if other in spec and key != "image" and "image" in spec and "kernel" in spec:
                    continue  # it belongs to the image, which is reported
                if other in spec:
                    self.sink.add(key_kinds.CONTRADICTION, mark, key=key, other=other, reason=reason)
                else:
                    self.sink.add(key_kinds.NOT_HERE, mark, key=key, reason=reason)

    def _kernel(self, spec: Tree) -> BoardKernel:
        if self.irqchip == "none":
            self.sink.add(kinds.KERNEL_WITHOUT_CHIPS, self.sources.key_mark(spec, "kernel"))
        initrd = self._path(spec, "initrd") if "initrd" in spec else None
        if "\0" in spec.get("cmdline", ""):
            self.sink.add(kinds.BAD_COMMAND_LINE, self.sources.value_mark(spec, "cmdline"))
        return BoardKernel(self._path(spec, "kernel"), initrd, spec.get("cmdline", ""))

    def _image(self, spec: Tree) -> BoardGuest:
        load, entry = spec.get("load"), spec.get("entry")
        start, size = ram_parts(self.type, self.ram)[0]
        for key, address in (("load", load), ("entry", entry)):
            if address is not None and not start <= address < start + size and (key == "load" or load != entry):
                mark = self.sources.value_mark(spec, key)
                first = f"{start:#x}" if start else "0"
                self.sink.add(kinds.OUTSIDE_RAM, mark, key=key, address=f"{address:#x}", ram=f"{size:#x}", start=first)
        if "mode" in spec and self.type != "pc":
            reason = "an arm64 guest starts at exception level 1 with its MMU off"
            self.sink.add(key_kinds.NOT_HERE, self.sources.key_mark(spec, "mode"), key="mode", reason=reason)
        return BoardGuest(self._path(spec, "image"), load, entry, spec.get("mode"))

    def _path(self, spec: Tree, key: str) -> Path:
        if "\0" in spec[key]:
            self.sink.add(kinds.BAD_IMAGE_PATH, self.sources.value_mark(spec, key), key=key)
        path: str = spec[key]
        return self.folder / path
