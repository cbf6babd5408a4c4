"""The exception of this package."""

from __future__ import annotations

from devgen.errors import DevgenError


class QemuError(DevgenError):
    """QEMU or its guest cannot be started, or has failed. The message may have further lines: the end of a log."""
