"""What a command says when its input is at fault."""

from __future__ import annotations


class InputError(Exception):
    """The user's input is at fault: the message says where, what and what to do. Ends the command with exit code 1."""
