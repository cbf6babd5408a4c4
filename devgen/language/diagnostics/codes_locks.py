"""Diagnostics of locks and keys (DG045x)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

NEVER_OPENS = Kind(
    "DG0451",
    "warning",
    "the lock `{lock}` never opens",
    "After a reset the lock is closed, and neither software nor behaviour can change what it depends on: the register "
    "is never writable.",
    "OPEN: {at: 0, access: ro}\nCTRL: {at: 4, write_enable: OPEN}",
    "Give the register that the lock depends on another reset, make it writable, or write the behaviour that opens it. "
    "A register that software cannot write is `access: ro`.",
)
NEVER_CLOSES = Kind(
    "DG0452",
    "warning",
    "the lock `{lock}` never closes",
    "After a reset the lock is open, and neither software nor behaviour can change what it depends on: it protects "
    "nothing.",
    "OPEN: {at: 0, access: ro, reset: 1}\nCTRL: {at: 4, write_enable: OPEN}",
    "Make the register that the lock depends on writable, or write the behaviour that closes it.",
)
