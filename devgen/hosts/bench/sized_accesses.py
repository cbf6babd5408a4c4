"""Accesses of one size each, on top of ``read`` and ``write``."""

from __future__ import annotations


class SizedAccesses:
    """What has ``read`` and ``write`` gets ``read8`` to ``read64`` and ``write8`` to ``write64``."""

    def read(self, region: str | None, offset: int, size: int) -> int:
        """Read ``size`` bytes at ``offset`` of a region."""
        raise NotImplementedError

    def write(self, region: str | None, offset: int, value: int, size: int) -> None:
        """Write ``size`` bytes at ``offset`` of a region."""
        raise NotImplementedError

    def read8(self, offset: int, region: str | None = None) -> int:
        """Read a byte at ``offset`` of ``region`` (default: the first)."""
        return self.read(region, offset, 1)

    def read16(self, offset: int, region: str | None = None) -> int:
        """Read 16 bits."""
        return self.read(region, offset, 2)

    def read32(self, offset: int, region: str | None = None) -> int:
        """Read 32 bits."""
        return self.read(region, offset, 4)

    def read64(self, offset: int, region: str | None = None) -> int:
        """Read 64 bits."""
        return self.read(region, offset, 8)

    def write8(self, offset: int, value: int, region: str | None = None) -> None:
        """Write a byte at ``offset`` of ``region`` (default: the first)."""
        self.write(region, offset, value, 1)

    def write16(self, offset: int, value: int, region: str | None = None) -> None:
        """Write 16 bits."""
        self.write(region, offset, value, 2)

    def write32(self, offset: int, value: int, region: str | None = None) -> None:
        """Write 32 bits."""
        self.write(region, offset, value, 4)

    def write64(self, offset: int, value: int, region: str | None = None) -> None:
        """Write 64 bits."""
        self.write(region, offset, value, 8)
