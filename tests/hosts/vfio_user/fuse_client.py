"""A client whose memory is a file of its own FUSE mount, which answers nothing any more once the file is open.

    python fuse_client.py SOCKET FOLDER

Mounts on FOLDER in a namespace of its own, hands the file to the server as memory, has the device copy from there, and
prints how the server has answered. It ends when its input, a pipe, is closed, and the mount with it.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import sys
import threading
from pathlib import Path

from vfio_client import BAR0, CONFIG, Client

SIZE = 1 << 20
INIT, LOOKUP, GETATTR, OPEN = 26, 1, 3, 14
REQUEST = struct.Struct("=IIQQIIII")
"""``struct fuse_in_header`` of linux/fuse.h."""
_NEW_NAMESPACE, _NEW_USER, _PRIVATE_RECURSIVE = 0x20000, 0x10000000, (1 << 18) | (1 << 14)


def attributes(mode: int) -> bytes:
    """``struct fuse_attr``."""
    return struct.pack("=6Q10I", 2, SIZE, 8, 0, 0, 0, 0, 0, 0, mode, 1, os.getuid(), os.getgid(), 0, 4096, 0)


def answer(opcode: int, node: int) -> bytes:
    attribute = attributes(0o40755 if node == 1 and opcode == GETATTR else 0o100644)
    match opcode:
        case 26:  # INIT
            return struct.pack("=IIIIHHIIHHI7I", 7, 31, 0, 0, 1, 1, 4096, 1, 0, 0, 0, *(0,) * 7)
        case 1:  # LOOKUP
            return struct.pack("=4QII", 2, 0, 0, 0, 0, 0) + attribute
        case 3:  # GETATTR
            return struct.pack("=QII", 0, 0, 0) + attribute
        case _:  # OPEN
            return struct.pack("=QII", 1, 0, 0)


def serve(device: int) -> None:
    """Answer until a file has been opened, then nothing: later requests are taken and wait until this ends."""
    opened = False
    poll = select.poll()
    poll.register(device, select.POLLIN)
    poll.register(sys.stdin, select.POLLHUP)
    while not any(fd == sys.stdin.fileno() for fd, _ in poll.poll()):
        request = os.read(device, 1 << 17)
        _, opcode, unique, node, *_ = REQUEST.unpack_from(request)
        if not opened and opcode in (INIT, LOOKUP, GETATTR, OPEN):
            body = answer(opcode, node)
            os.write(device, struct.pack("=IiQ", 16 + len(body), 0, unique) + body)
            opened = opcode == OPEN
    os.close(device)  # the kernel fails what waits for an answer


def mount(folder: Path) -> threading.Thread:
    """Mount on ``folder``; the thread that serves it until standard input ends. Raises OSError if it may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    user = os.getuid()
    if libc.unshare(_NEW_NAMESPACE | (_NEW_USER if user else 0)):
        raise OSError(ctypes.get_errno(), "unshare")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{os.getgid()} {os.getgid()} 1")
    else:
        libc.mount(b"none", b"/", None, _PRIVATE_RECURSIVE, None)
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id={user},group_id={os.getgid()}".encode()
    if libc.mount(b"none", os.fsencode(folder), b"fuse", 0, options):
        raise OSError(ctypes.get_errno(), "mount")
    thread = threading.Thread(target=serve, args=(device,))
    thread.start()
    return thread


def main(path: Path, folder: Path) -> None:
    try:
        server = mount(folder)
    except OSError as error:
        print(f"no FUSE: {os.strerror(error.errno or 0)}", flush=True)
        return
    fd = os.open(folder / "memory", os.O_RDWR)
    with Client(path) as client:
        client.hello()
        client.write(CONFIG, 4, b"\x07\x04")
        print("mapped", client.map(0, SIZE, fd).error, flush=True)
        client.write32(BAR0, 0x18, 4)
        client.write32(BAR0, 0x800, 1)
        print("asked", client.receive().command, flush=True)
        client.set_irqs(0, 36, 0, 1, [fd])
        print("refused", client.set_irqs(0, 36, 0, 1, [fd]).error, flush=True)
        server.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
