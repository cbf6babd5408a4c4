"""Options of a run that replace the guest: a tiny kernel, made here, boots by the 64-bit protocol on the emulator."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import devgen
from devgen import ArgumentError, DevicePlacement, GuestOptions, KernelConfig, MachineConfig
from devgen.api.guest_options import with_guest

BOARD = MachineConfig(
    name="tiny",
    ram=4 << 20,
    devices=(DevicePlacement("exit", "debug-exit", at={"ports": 0xF4}, on_event={"EXIT": "exit"}),),
)

# 64-bit code: mov eax, [rsi + 0x228] (the command line); mov al, [rax]; out 0xf4, al; jmp to itself
CODE = b"\x8b\x86\x28\x02\x00\x00\x67\x8a\x00\xe6\xf4\xeb\xfe"


def kernel(folder: Path) -> Path:
    """An ELF kernel that exits with the first character of its command line."""
    address = 0x100000
    head = struct.pack(
        "<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, 62, 1, address, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    head += struct.pack("<IIQQQQQQ", 1, 5, 120, address, address, len(CODE), len(CODE), 16)
    path = folder / "vmlinux"
    path.write_bytes(head + CODE)
    return path


def test_a_kernel_boots_with_the_command_line(tmp_path: Path) -> None:
    options = GuestOptions(kernel=kernel(tmp_path), append="\x07more")
    assert devgen.run_board(BOARD, accel="emulator", guest=options, timeout=30).code == 7


def test_the_options_change_the_configuration() -> None:
    options = GuestOptions(kernel="vmlinux", initrd="initrd", append="quiet", cpus=4, ram="5 GiB", on_reset="exit")
    changed = with_guest(BOARD, options)
    assert changed.guest == KernelConfig(Path("vmlinux"), Path("initrd"), "quiet")
    assert (changed.cpus, changed.ram, changed.on_reset) == (4, 5 << 30, "exit")
    again = with_guest(changed, GuestOptions(append="more"))
    assert again.guest == KernelConfig(Path("vmlinux"), Path("initrd"), "quiet more")
    other = with_guest(changed, GuestOptions(kernel="bzImage"))
    assert other.guest == KernelConfig(Path("bzImage"), None, "quiet")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (GuestOptions(initrd="x"), "initrd: the board has no kernel"),
        (GuestOptions(append="x"), "append: the board has no kernel"),
        (GuestOptions(kernel="a\0b"), "kernel: the path contains a NUL"),
        (GuestOptions(kernel="k", append="a\0b"), "append: the command line contains a NUL"),
        (GuestOptions(cpus=0), "cpus: 0 is not a number from 1 to 64"),
        (GuestOptions(ram="many"), "ram: 'many' is not a size of RAM"),
        (GuestOptions(ram="1000"), "ram: '1000' is not a size of RAM"),
        (GuestOptions(ram="2 TiB"), "ram: '2 TiB' is not a size of RAM"),
    ],
)
def test_wrong_options_are_refused(options: GuestOptions, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        with_guest(BOARD, options)
    assert str(caught.value).startswith(said)


def test_the_emulator_refuses_a_second_processor(tmp_path: Path) -> None:
    with pytest.raises(devgen.MachineError, match="the emulator has one processor, and the board has 2"):
        devgen.run_board(BOARD, accel="emulator", guest=GuestOptions(kernel=kernel(tmp_path), cpus=2))
