"""Words of other formats for how a register is accessed, with what devgen writes for them.

Sources: CMSIS-SVD (access, modifiedWriteValues, readAction), Accellera SystemRDL 2.0 (sw, onread, onwrite), UVM
(field access policies), OpenTitan's reggen (swaccess, hwaccess), IP-XACT, QEMU's RegisterAccessInfo and
MemoryRegionOps, the Linux kernel, and the abbreviations of vendors' datasheets.

A spelling is compared without case, hyphens, underscores, slashes, dots and spaces: ``R/W1C``, ``rw1c`` and ``RW-1C``
are one entry. Words that are near in spelling may mean the opposite (``w1c`` and ``wzc``), so these tables are asked
before any comparison of spellings.
"""

from __future__ import annotations

import re
from typing import Final

from devgen.common.quick_dataclass import dataclass

_IGNORED = re.compile(r"[-_/. ()#]")

Pairs = tuple[tuple[str, str], ...]
"""Keys and the values to write."""


@dataclass(slots=True, frozen=True)
class Meaning:
    """What devgen writes for a word: keys with values. ``note`` says when, where a word has several meanings."""

    pairs: Pairs
    note: str = ""

    def __str__(self) -> str:
        """Return it as it is written: ``access: ro, read_effect: rclr``."""
        return ", ".join(f"{key}: {value}" for key, value in self.pairs)


def folded(word: str) -> str:
    """Return a spelling as it is compared."""
    return _IGNORED.sub("", word.casefold())


def _effects(access: str, read: str, write: str) -> Pairs:
    named = (("access", access), ("read_effect", read), ("write_effect", write))
    return tuple((key, value) for key, value in named if value)


# What devgen writes (access, read effect, write effect), and the words for it.
_BEHAVIOURS: Final[tuple[tuple[tuple[str, str, str], str], ...]] = (
    (("rw", "", ""), "rw wr readwrite rdwr riwi rwi default normal"),
    (("ro", "", ""), "ro r readonly rdonly const hwro rosw"),
    (("wo", "", ""), "wo w writeonly wronly worz"),
    (("rw1", "", ""), "rw1 readwriteonce rwonce rwo rwo1"),
    (("w1", "", ""), "w1 writeonce wo1 writeonlyonce wonce"),
    (("", "", "woclr"), "w1c rw1c w1tc wtc w1clr rw1clr wclr1 write1c w1toc w1toclear write1clear write1toclear "
     "writeonetoclear writeoneclear onetoclear rcw1 rwc rwcs rw1cs w1cs rw1cs clearon1 woclr rw1tc eoi1 wr1c r1c wc1 "
     "rwi1c riw1c roc1 rtw1c hw1c rww1c clearonwrite1 clearonone"),
    (("", "", "woset"), "w1s rw1s w1ts wts w1set rw1set write1s w1toset write1set write1toset writeonetoset onetoset "
     "rsw1 rw1ss w1ss woset rw1ts"),
    (("", "", "wot"), "w1t rw1t rtw1 w1tog w1toggle write1toggle write1totoggle writeonetotoggle "
     "onetotoggle toggle t wot"),
    (("", "", "wzc"), "w0c rw0c w0tc w0clr write0c write0clear write0toclear writezerotoclear zerotoclear rcw0 wzc"),
    (("", "", "wzs"), "w0s rw0s w0ts w0set write0s write0set write0toset writezerotoset zerotoset rsw0 wzs"),
    (("", "", "wzt"), "w0t rw0t w0toggle write0toggle writezerototoggle zerototoggle wzt"),
    (("", "", "wclr"), "wclr writeclear writetoclear clearonwrite cow anywriteclears rcw"),
    (("", "", "wset"), "wset ws writeset writetoset setonwrite anywritesets"),
    (("ro", "rclr", ""), "rc roc rcr rorc rclr rtc rtclr cor clr readclear readtoclear readclears clearonread rdclr "
     "rocr rcor cr readandclear"),
    (("ro", "rset", ""), "rset rts readset readtoset setonread sor"),
    (("rw", "rclr", ""), "wrc rwrc rwcor"),
    (("rw", "rset", ""), "wrs rwrs"),
    (("", "rclr", "wset"), "wsrc"),
    (("", "rset", "wclr"), "wcrs"),
    (("", "rclr", "woset"), "w1src"),
    (("", "rset", "woclr"), "w1crs"),
    (("", "rclr", "wzs"), "w0src"),
    (("", "rset", "wzc"), "w0crs"),
    (("wo", "", "wclr"), "woc"),
    (("wo", "", "wset"), "wos"),
    (("wo", "", "woclr"), "r0w1c wo1c"),
    (("wo", "", "woset"), "r0w1s wo1s"),
)  # fmt: skip

# Words with several meanings, none of which can be chosen for the user.
_AMBIGUOUS: Final[dict[str, tuple[Meaning, ...]]] = {
    "wc": (
        Meaning((("write_effect", "wclr"),), "any write clears, as UVM's WC"),
        Meaning((("write_effect", "woclr"),), "written ones clear"),
    ),
    "clear": (
        Meaning((("write_effect", "wclr"),), "any write clears, as SVD's modifiedWriteValues"),
        Meaning((("read_effect", "rclr"),), "a read clears, as SVD's readAction"),
    ),
    "set": (
        Meaning((("write_effect", "wset"),), "any write sets, as SVD's modifiedWriteValues"),
        Meaning((("read_effect", "rset"),), "a read sets, as SVD's readAction"),
    ),
    "rs": (
        Meaning((("access", "ro"), ("read_effect", "rset")), "a read sets, as UVM's RS"),
        Meaning((("write_effect", "woset"),), "written ones set, as ST's rs"),
    ),
    "rws": (
        Meaning((("write_effect", "woset"),), "written ones set"),
        Meaning((("access", "rw"),), "sticky, as PCI Express's RWS: give the register `retain: true`"),
    ),
    "ros": (Meaning((("access", "ro"),), "sticky, as PCI Express's ROS: give the register `retain: true`"),),
    **dict.fromkeys(
        ("rsvd", "reserved", "rsv", "resv"),
        (Meaning((("intent", "reserved"),), "of a register; reserved bits are those outside all fields"),),
    ),
    **dict.fromkeys(
        (
            "wpd",
            "sc",
            "rwsc",
            "wosc",
            "wsc",
            "w1sc",
            "selfclearing",
            "autoclear",
            "w1p",
            "pulse",
            "strobe",
            "singlepulse",
        ),
        (Meaning((("singlepulse", "true"),), "the bits are 0 again after the write"),),
    ),
}

_SHOUTED: Final[dict[str, tuple[Meaning, ...]]] = {
    "W1": (
        Meaning((("access", "rw1"),), "readable, as UVM's W1"),
        Meaning((("access", "w1"),), "write-only, as SystemRDL's w1"),
    ),
    "RS": (Meaning((("access", "ro"), ("read_effect", "rset"))),),
}
"""Words that mean something else in capitals: UVM writes its policies so."""

LOCK: Final = "the lock is another key: `write_enable: LOCK.OPEN` takes writes only while the field OPEN is not 0"

# Effects that devgen has as behaviour.
_HOOKS: Final[dict[str, str]] = {
    "ruser": "write what a read does under `on_read`, or its value under `read`",
    "wuser": "write what a write does under `on_write`, or in place of the store under `write`",
    "modify": "write what happens under `on_write` or `on_read`",
    "modifyexternal": "write what a read does under `on_read`",
    **dict.fromkeys(("na", "none", "noaccess"), "software cannot reach it: leave it out, or declare it under `state`"),
    "hwinit": "what hardware sets at a reset is `reset`, of a field with `access: ro`",
    "rtw": "write what a write triggers under `write`, which stores nothing",
    **dict.fromkeys(
        ("warl", "wlrl"),
        "`write_constraint: 0..2` drops a write of another value; to keep a legal one, write it under `write`",
    ),
    "volatile": "`volatile: true` is a key of its own",
    **dict.fromkeys(("hro", "hrw", "hwo"), "hardware may always change a field in devgen: leave it out"),
    **dict.fromkeys(
        ("raz", "res0", "razwi", "r0", "rz", "roz", "mbz", "sbz", "resz", "wpri", "rsvdz", "rsvdp", "sbzp", "unksbzp"),
        "bits outside all fields read 0 and ignore writes: leave the field out; of a register: `intent: reserved`",
    ),
    **dict.fromkeys(
        ("rao", "res1", "raowi", "r1", "roo"), "bits that read 1 are a field with `access: ro` and `reset` of ones"
    ),
    **dict.fromkeys(("wi", "wirao", "writeignored"), "what ignores writes has `access: ro`"),
    **dict.fromkeys(("rwl", "rol", "rwlv", "rwlock", "lockable", "locked"), LOCK),
}

ACCESS_KEYS: Final = ("access", "read_effect", "write_effect")
"""The keys whose values these words are."""

BY_WORD: Final[dict[str, tuple[Meaning, ...]]] = {
    word: (Meaning(_effects(*effects)),) for effects, words in _BEHAVIOURS for word in words.split()
} | _AMBIGUOUS


def access_meanings(key: str, word: str) -> tuple[Meaning, ...]:
    """Return what a word for an access means, written under ``key``; several if it is ambiguous, none if unknown."""
    found = _SHOUTED.get(word) or BY_WORD.get(folded(word), ())
    under = tuple(meaning for meaning in found if len(found) > 1 and [name for name, _ in meaning.pairs] == [key])
    if under:
        return under
    if key == "read_effect" and len(found) == 1:  # `read_effect: rc` says nothing about writes
        read = tuple(pair for pair in found[0].pairs if pair[0] == key)
        return (Meaning(read),) if read else found
    return found


def hook_for(word: str) -> str:
    """Return what to write for an effect that is behaviour in devgen, or an empty string."""
    return _HOOKS.get(folded(word), "")
