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
UNKNOWN_KEY_REGISTER = Kind(
    "DG0453",
    "error",
    "no register '{name}'",
    "A key names the register, or the field of one, that takes its values, and `closed_by` names registers. Members of "
    "a register file have its name before theirs: `PORT.KEYR`.",
    "keys: {flash: {register: KEY, values: [1, 2]}}\nregisters: {KEYR: {at: 4}}",
    "Correct the name.",
)
UNFIT_KEY_REGISTER = Kind(
    "DG0454",
    "error",
    "'{name}' cannot be the register of a key: {reason}",
    "A key counts whole writes by software, one value in each. A register of `closed_by` in another array than the "
    "key's register has the same shape, so that each write locks the key of its own element.",
    "keys: {flash: {register: STATUS, values: [1, 2]}}\nregisters: {STATUS: {at: 4, access: ro}}",
    "Name a register of at most 32 bits that software can write.",
)
BAD_KEY_LIMIT = Kind(
    "DG0455",
    "error",
    "'{text}' cannot be the key's `{key}`: {reason}",
    "`within` limits the time or the accesses from one right value to the next, and `open_for` those for which the key "
    "stays open. A limit is a time (`2 us`), cycles of the key's `frequency` (`20 cycles`), accesses of the device's "
    "registers (`1 access`), or in `open_for` also `1 write`: until something that the key locks is written.",
    "keys: {unlock: {register: KEYR, values: [1, 2], within: 20 cycles}}",
    "Give the key a `frequency`, or use another unit.",
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
