"""A host's end of a stream that takes as many bytes as a test says."""

from __future__ import annotations

from devgen.hosts.bench.arguments import BenchError
from devgen.runtime.device.byte_stream import WRITABLE, ByteStream


class OutputTaker:
    """Limits what ``stream`` finds in ``writable``."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._left: int | None = None
        stream.connect(self._sent)

    def take(self, count: int | None) -> None:
        """Take ``count`` more bytes, 0 to 1 MiB, or any number. Raises BenchError."""
        if count is not None and not 0 <= count <= WRITABLE:
            raise BenchError(f"take_output({count}): a stream takes 0 to {WRITABLE} bytes, or None for any number")
        self._left = count
        self._stream.outlet = None if count is None else self._remaining
        if count != 0:
            self._stream.writable_again()

    def _remaining(self) -> int:
        return self._left or 0

    def _sent(self, _value: int) -> None:
        if self._left:
            self._left -= 1
