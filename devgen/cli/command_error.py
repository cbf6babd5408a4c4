"""What a command says when its input is at fault."""

from __future__ import annotations

from devgen import DevgenError


class InputError(DevgenError):
    """The command line's input is at fault: the message says where, what and what to do. Exit code 1."""
