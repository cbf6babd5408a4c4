"""A process that connects to a Unix socket, reads to its end, and prints how many bytes came and their SHA-256.

python benchmarks/_stream_reader.py PATH
"""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Reader:
    """The process, as the program that started it sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def result(self) -> tuple[int, str]:
        """Bytes and SHA-256; waits until the socket has been closed and all is read."""
        out, _ = self._process.communicate(timeout=60)
        count, digest = out.split()
        return int(count), digest


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Start the process; it is killed at the end if it still runs."""
    with subprocess.Popen([sys.executable, __file__, str(path)], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Reader(process)
        finally:
            process.kill()


def main(path: str) -> None:
    digest, count, buffer = hashlib.sha256(), 0, memoryview(bytearray(1 << 18))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        while length := connection.recv_into(buffer):
            digest.update(buffer[:length])
            count += length
    print(count, digest.hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
