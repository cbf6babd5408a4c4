"""What the words of the behaviour language mean, for hover and completion."""

from __future__ import annotations

import re
from typing import Final

_SIZED: Final = {
    "u": "`u{0}(x)`: the low {0} bits of x, so 0 to 2^{0} - 1. As a type: an unsigned number of {0} bits.",
    "s": "`s{0}(x)`: the low {0} bits of x as two's complement. As a type: a signed number of {0} bits.",
    "load": "`load{0}(address)`: {0} bits of guest memory. At a multiple of its size it is one access.",
    "store": "`store{0}(address, value)`: writes {0} bits to guest memory. At a multiple of its size it is one access.",
}
_NAME_AND_WIDTH: Final = re.compile(r"([a-z]+)(\d+)")

WORDS: Final = {
    "abs": "`abs(x)`: x without its sign.",
    "bit_length": "`bit_length(x)`: how many bits the number x takes; 0 for 0.",
    "bool": "`bool(x)`: 1 if x is not 0, else 0. As a type: 0 or 1.",
    "fill_bytes": "`fill_bytes(buffer[start], length, value)`: fills a block of an array of bytes with one value.",
    "host_now": "The host's time in nanoseconds, which never stops.",
    "int": "The type of a local whose range is that of what is assigned.",
    "load_bytes": "`load_bytes(address, buffer[start], length)`: copies guest memory into an array of bytes.",
    "max": "`max(a, b, …)`: the greatest of its arguments. `max(a - b, 0)` saturates at 0.",
    "min": "`min(a, b, …)`: the least of its arguments. `min(a + 1, 0xff)` saturates at 0xff.",
    "now": "The virtual time in nanoseconds: it stops while the machine stops.",
    "popcount": "`popcount(x)`: how many bits of x are 1.",
    "pulse": "`pulse(line)`: raises a line and lowers it again. With a `vector` it sends one message.",
    "range": "`for n in range(count)`: n is 0 to count - 1. The bound must be known when the device is built.",
    "rtc_now": "The real-time clock's time in nanoseconds since the epoch.",
    "store_bytes": "`store_bytes(address, buffer[start], length)`: copies an array of bytes into guest memory.",
    "true": "1.",
    "false": "0.",
    "value": "What was written, at its place in the register; in an input or a stream the new level or byte.",
    "mask": "Ones in the bits that the access writes.",
    "old": "The register before the write.",
    "index": "The number of the element of the array or register file, from 0.",
    "count": "How many rings of the doorbell are handled at once.",
    "and": "`a and b`: b if a is not 0, else a. Of operands that are 0 or 1 the result is 0 or 1.",
    "or": "`a or b`: a if it is not 0, else b. Of operands that are 0 or 1 the result is 0 or 1.",
    "not": "`not x`: 1 if x is 0, else 0.",
    "if": "`if test:` runs statements; `a if test else b` chooses a value.",
    "elif": "A further test of an `if`.",
    "else": "What happens, or the value, if no test is true.",
    "for": "`for n in range(…):` repeats statements. It is the only loop, so that every access takes bounded time.",
    "in": "Part of `for n in range(…):`.",
    "pass": "Does nothing.",
}
"""Each word with its meaning, as Markdown. Words with a width are described by ``meaning``."""

METHODS: Final = {
    "arm": "Arms the timer for the time at which its counter reaches the match.",
    "arm_at": "Arms the timer for a time of its clock in nanoseconds.",
    "arm_in": "Arms the timer for a number of nanoseconds from now.",
    "cancel": "Disarms the timer.",
    "armed": "1 while the timer is armed.",
    "deadline": "The time for which the timer is armed, in nanoseconds; 0 if it is not armed.",
    "load": "Sets the counter's value.",
    "start": "Lets the counter run.",
    "stop": "Stops the counter.",
    "send": "Sends a byte to the host.",
    "send_bytes": "Sends bytes of an array to the host.",
    "writable": "How many bytes the host takes now, 0 to 1 MiB.",
    "push": "Adds an entry; a full FIFO drops it.",
    "pop": "Removes the oldest entry; does nothing in an empty FIFO.",
    "clear": "Removes all entries.",
    "count": "How many entries there are.",
    "free": "How many further entries there is room for.",
    "empty": "1 if there is no entry.",
    "full": "1 if there is no room.",
    "intr": "1 while an interrupt bit of the register is set that its enable or mask lets through.",
    "halt": "1 while an interrupt bit of the register is set that its haltenable or haltmask lets through.",
    "incr": "Counts the field up by its incrvalue, or by an amount.",
    "decr": "Counts the field down by its decrvalue, or by an amount.",
    "incrthreshold": "1 while the field is at its upper threshold or above.",
    "decrthreshold": "1 while the field is at its lower threshold or below.",
    "incrsaturate": "1 while the field is at the value at which it stops counting up.",
    "decrsaturate": "1 while the field is at the value at which it stops counting down.",
}
"""What can follow the dot after a timer, a counter, a stream, a FIFO, or a register or field that hardware changes."""

OFFERED: Final = (*WORDS, "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64",
                  "load8", "load16", "load32", "load64", "store8", "store16", "store32", "store64")  # fmt: skip
"""Words that completion offers: of those with a width only the common ones."""


def meaning(word: str) -> str:
    """Return what a word of the language means, as Markdown; empty for any other word."""
    if word in WORDS:
        return WORDS[word]
    match = _NAME_AND_WIDTH.fullmatch(word)
    return _SIZED.get(match[1], "").format(match[2]) if match else ""
