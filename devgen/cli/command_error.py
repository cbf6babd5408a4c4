"""The exception for faulty input of a command."""

from __future__ import annotations

from devgen import DevgenError


class InputError(DevgenError):
    """Faulty input of a command. The message gives the place, the error and the cure. Exit code 1."""
