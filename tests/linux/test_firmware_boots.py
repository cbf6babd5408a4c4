"""A PC's firmware boots from the virtio disk: a driver other than Linux's, that polls and needs no message."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import fetch_qemu
import pytest
from served import ServedCard

pytestmark = pytest.mark.qemu

BOOT_SECTOR = bytes.fromhex(
    "31c0 8ed8 8ec0 8ed0 bc007c"  # all segments 0, a stack
    "b80102 bb007e b90200 b600 cd13"  # int 13h: read one sector, the second, to 7e00h; the firmware chose the drive
    "fe06007e"  # its first byte, plus one
    "b80103 bb007e b90300 cd13"  # int 13h: write the third sector from there
    "b000 e6f4"  # leave
)


def test_it_reads_and_writes_sectors(tmp_path: Path) -> None:
    command = fetch_qemu.find()
    assert command is not None
    with ServedCard("virtio-blk-pci", tmp_path / "disk") as card:

        def lay_out(device: Any) -> None:
            device.medium[:512] = BOOT_SECTOR.ljust(510, b"\0") + b"\x55\xaa"
            device.medium[512:1024] = bytes(range(256)) * 2

        card.call(lay_out)
        disk = f'{{"driver":"vfio-user-pci","socket":{{"type":"unix","path":"{card.path}"}},"bootindex":0}}'
        subprocess.run(
            [
                *command, "-machine", "q35,memory-backend=m", "-accel", "tcg", "-m", "64M",
                "-object", "memory-backend-memfd,id=m,size=64M,share=on", "-nodefaults", "-no-user-config",
                "-display", "none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-device", disk,
            ],
            timeout=60, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        third = card.call(lambda device: bytes(device.medium[1024:1536]))
    assert third == b"\x01" + (bytes(range(256)) * 2)[1:]
