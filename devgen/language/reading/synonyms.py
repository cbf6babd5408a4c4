"""Words of other formats for keys and values, with what devgen writes for them; `access_words` has those of accesses.

Sources: CMSIS-SVD, Accellera SystemRDL 2.0, IP-XACT, OpenTitan's reggen, QEMU's RegisterAccessInfo and
MemoryRegionOps, and what people write. Spellings are compared as `access_words.folded` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from devgen.language.reading.access_words import BY_WORD, Meaning, access_meanings, folded
from devgen.language.reading.key_notes import note_for

# --- other values ------------------------------------------------------------------------

# A key, and its values with the words for each.
_VALUES: Final[dict[str, dict[str, str]]] = {
    "bus": {
        "sysbus": "platform mmio axi ahb apb amba axi4 axilite wishbone tilelink avalon memory soc simplebus",
        "isa": "lpc pio io port isabus",
        "pci": "pcie pciexpress pcibus",
    },
    "space": {
        "mmio": "memory mem mm memoryspace",
        "pio": "io port ports ioport portio iospace",
        "config": "configspace pciconfig cfg",
        "indirect": "indexed banked",
    },
    "type": {
        "int": "integer uint number uint8 uint16 uint32 uint64 u8 u16 u32 u64 int32 int64 unsigned long size",
        "bool": "boolean flag bit",
        "string": "str text char",
        "bytes": "bytearray binary hex data",
        "mem32": "memory mem mmio m32 32bit memory32",
        "mem64": "m64 64bit memory64",
        "io": "ioport port pio",
        "pc": "q35 i440fx x86 x8664 microvm amd64",
        "virt": "arm arm64 aarch64 armvirt sbsaref",
        "bus": "soc mcu chip none",
    },
    "endian": {"little": "le lsb littleendian lsbfirst devicelittleendian", "big": "be msb bigendian msbfirst"},
    "clock": {"virtual": "vm guest virt qemuclockvirtual", "rtc": "realtime wall wallclock date utc",
              "host": "monotonic real system"},
    "intent": {"reserved": "rsvd res", "unimplemented": "unimp unimpl todo notimplemented stub",
               "undocumented": "unknown"},
    "interrupt_pin": {"A": "inta 1", "B": "intb 2", "C": "intc 3", "D": "intd 4"},
    "reserved": {"zeros": "0 zero raz", "ones": "1 one ff rao"},
    "decode": {"lanes": "byteenables byte strobes lane", "exact": "strict", "word": "words dword"},
    "irqchip": {"kernel": "true on yes kvm apic pic", "none": "false off no"},
    "pit": {"kernel": "true on yes kvm i8254", "none": "false off no"},
    "mode": {"real": "16 realmode 16bit", "protected": "32 32bit prot protectedmode", "long": "64 64bit longmode"},
    "on_event": {"exit": "quit stop end shutdown poweroff halt", "log": "print trace message"},
    "inputs": {"or": "any wiredor ||", "and": "all wiredand &&"},
}  # fmt: skip


def value_for(key: str, word: str, allowed: Iterable[str]) -> str | None:
    """Return the value of ``key`` that a word stands for, if it is one of those ``allowed`` here."""
    names = set(allowed)
    by_fold = {folded(name): name for name in names}
    same = by_fold.get(folded(word))
    if same is not None:
        return same
    for value, words in _VALUES.get(key, {}).items():
        if value in names and folded(word) in words.split():
            return value
    return None


# --- keys --------------------------------------------------------------------------------

# A key of devgen, and the words for it; the first that the mapping knows is meant.
_KEYS: Final[tuple[tuple[str, str], ...]] = (
    ("at", "offset addressoffset addr address regoffset base baseaddress addressbase byteoffset reg location pos "
     "registeroffset hwaddr"),
    ("space", "type kind addressspace"),
    ("bits", "bitrange bit bitoffset bitwidth bitpos position pos range lsb msb mask size width shift slice"),
    ("width", "size regwidth bitwidth accesswidth datawidth registerwidth nbits bitsize wordsize regsize valbits "
     "sizebits bits registersize"),
    ("size", "length len range bytes span addressblocksize width mapsize"),
    ("title", "displayname fullname longname heading headername caption label summary name"),
    ("description", "desc descr doc docs docstring documentation comment comments brief help details note notes text "
     "info remark"),
    ("reset", "default resetvalue resetval resval rst rstval init initial initialvalue initvalue defaultvalue "
     "poweron por resets value"),
    ("default", "reset value init initial defaultvalue"),
    ("access", "sw swaccess software permission permissions mode rwmode accesstype attr attribute attributes policy "
     "accessmode perm swaccesstype type"),
    ("values", "enum enums enumeratedvalues enumeratedvalue enumeration encode encoding options choices labels "
     "valuemap"),
    ("count", "dim array arraysize repeat elements length num number n instances replicate copies"),
    ("stride", "dimincrement diminc step increment spacing regstride arraystride"),
    ("read_effect", "readaction readeffects sideeffectread rdaction readsideeffect onreadeffect"),
    ("write_effect", "modifiedwritevalues modifiedwritevalue writeaction writeeffects writesideeffect wraction"),
    ("on_write", "postwrite afterwrite writehook onstore writecb writecallback onwrites writehandler onwritten "
     "onchange"),
    ("write", "prewrite writefn store set setter"),
    ("on_read", "postread afterread readhook onreads readhandler readcb readcallback"),
    ("read", "readfn get getter value expr expression"),
    ("singlepulse", "pulse selfclearing autoclear selfclear sc strobe oneshot"),
    ("alias", "aliasof sameas mirror"),
    ("alternate", "alternateregister alternateof alternativeto"),
    ("write_enable", "regwen swwe writeenable wren lockedunless"),
    ("index_names", "elementnames"),
    ("protection", "privilege security"),
    ("volatile", "hwmodified changes"),
    ("constant", "const fixed hardwired readonlyvalue"),
    ("fields", "field bitfields bitfield flags"),
    ("registers", "register regs reg regfile registermap"),
    ("regions", "region memory mem io memorymap memmap addressblock addressblocks addressmap mmio banks bank space "
     "spaces map"),
    ("interrupts", "irq irqs interrupt intr intrs ints irqlines"),
    ("irq", "interrupts interrupt irqs intr gsi intc"),
    ("gpio_in", "inputs input pins gpioinputs gpios"),
    ("gpio_out", "outputs output gpiooutputs"),
    ("properties", "parameters params parameter property props prop config options generics attributes settings"),
    ("state", "variables vars var variable internal private internals hidden storage"),
    ("constants", "consts const defines enums macros localparams"),
    ("functions", "function funcs func"),
    ("actions", "action methods method procedures tasks subroutines"),
    ("fifos", "fifo queues queue buffers"),
    ("timers", "timer alarms alarm"),
    ("counters", "counter"),
    ("streams", "stream chardev chardevs serial console tty"),
    ("events", "event"),
    ("errors", "error"),
    ("deviations", "errata differences quirks"),
    ("include", "includes import imports uses"),
    ("on_reset", "reset onresets resethook"),
    ("on_expire", "ontimeout callback onfire expire handler action ontick"),
    ("on_input", "onchange handler callback onedge onlevel"),
    ("on_receive", "onrx receive onbyte onread rx"),
    ("clock", "clk clocksource source"),
    ("frequency", "freq hz rate clockfrequency clkfreq"),
    ("period", "interval cycle"),
    ("match", "compare value target data"),
    ("level", "value expr condition when set active"),
    ("endian", "endianness byteorder endianess"),
    ("implemented", "impl"),
    ("vendor", "vendorid vid"),
    ("device", "deviceid did devid type model driver compatible kind name"),
    ("class", "classcode classid"),
    ("revision", "rev revisionid"),
    ("subsystem", "subsystemid subsys"),
    ("interrupt_pin", "intpin pin irqpin intx"),
    ("bars", "bar baseaddressregisters"),
    ("bar", "barindex barnumber"),
    ("capabilities", "caps capability"),
    ("device", "peripheral component block module ip cell addrmap"),
    ("ram", "memory mem memorysize ramsize"),
    ("cmdline", "append bootargs args commandline kernelargs kernelcmdline"),
    ("initrd", "initramfs ramdisk initialramdisk"),
    ("mode", "cpumode bits processormode"),
    ("cpus", "smp cores vcpus vcpu processors cpu ncpus harts"),
    ("irqchip", "apic pic interruptcontroller chips gic"),
    ("pit", "i8254 pittimer timer"),
    ("pci", "pcie pcibus"),
    ("on_event", "on events event onevents"),
    ("media", "file files drive drives disk disks medium backing"),
    ("overlaps", "shares overlap sharedwith"),
    ("image", "kernel binary bin firmware bios file path elf"),
    ("load", "loadaddress loadaddr address addr at base"),
    ("entry", "entrypoint start pc startaddress"),
    ("machine", "system platform"),
    ("guest", "software program"),
    ("devices", "peripherals components instances"),
    ("wires", "connections connect wire wiring lines"),
    ("slot", "pcislot devfn addr pciaddress"),
)  # fmt: skip

_OTHER_VALUES: Final = frozenset(
    [
        "mask",
        "lsb",
        "msb",
        "bitwidth",
        "size",
        "width",
        "shift",
        "bitoffset",
        "devfn",
        "bits",
        "prewrite",
        "store",
        "set",
        "setter",
        "name",
    ]
)
"""Words whose values are written in another way under devgen's key."""

# SystemRDL's properties, whose names are near those of devgen's hooks.
_EFFECT_KEYS: Final = {"onread": ("read_effect", "on_read"), "onwrite": ("write_effect", "on_write")}

_NO_FLAGS: Final = frozenset(("r", "w", "t", "wr", "default", "normal", "const", "clr", "clear", "set"))
_ACCESS_FLAGS: Final = frozenset(BY_WORD) - _NO_FLAGS
"""Words for an access that are written as keys: ``readonly: true``, ``rclr: true``, or QEMU's ``w1c: 0xff``."""

_ABILITIES: Final[dict[tuple[str, bool], Meaning]] = {
    **dict.fromkeys((("writable", False), ("writeable", False), ("canwrite", False)), Meaning((("access", "ro"),))),
    **dict.fromkeys((("readable", False), ("canread", False)), Meaning((("access", "wo"),))),
}
"""Words for what software may do, with the value that takes it away."""


def key_for(key: str, value: object, known: Iterable[str]) -> str | None:
    """Return the key that a word stands for, if the mapping knows it (``known``)."""
    names, word = set(known), folded(key)
    if word in _EFFECT_KEYS:
        effect, hook = _EFFECT_KEYS[word]
        is_effect = isinstance(value, str) and bool(access_meanings(effect, value))
        return next((name for name in ((effect, hook) if is_effect else (hook,)) if name in names), None)
    same = {folded(name): name for name in names}.get(word)
    if same is not None:
        return same
    return next((name for name, words in _KEYS if name in names and word in words.split()), None)


def keeps_value(key: str) -> bool:
    """Whether the value that is written under a word has the form that devgen's key needs."""
    return folded(key) not in _OTHER_VALUES


def note_for_key(key: str, known: Iterable[str]) -> str:
    """Return what to do about a key that devgen has no word for, or an empty string."""
    word, known = folded(key), set(known)
    if word in ("unimp", "unimplemented") and "intent" in known:
        return "in devgen this is `intent: unimplemented`"
    if word in _ACCESS_FLAGS and "access" in known:
        return "in devgen this is " + " or ".join(f"`{meaning}`" for meaning in BY_WORD[word])
    return note_for(word, key, known)


def flag_meaning(key: str, value: object, known: Iterable[str]) -> Meaning | None:
    """Return what ``readonly: true`` means, or None for another key or a value that is not `true`."""
    word = folded(key)
    meanings = BY_WORD[word] if word in _ACCESS_FLAGS and value is True else ()
    found = meanings[0] if len(meanings) == 1 else _ABILITIES.get((word, value)) if isinstance(value, bool) else None
    return found if found is not None and {key for key, _ in found.pairs} <= set(known) else None
