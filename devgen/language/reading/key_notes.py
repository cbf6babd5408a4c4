"""What to do about keys of other formats for which devgen has another construct, or none.

Spellings are compared as `access_words.folded` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_LOCK = "a lock is `write_enable`: writes are taken while it is not 0, as `write_enable: not LOCK.LOCKED`"
_REGION = "it belongs under a region, as `regions: {{NAME: {{space: mmio, size: 4 KiB, {key}: ...}}}}`"
_FIELD = "it belongs to a field, as `fields: {{NAME: {{bits: 7:0, {key}: ...}}}}`"
_COMMENT = "leave it out, or write it into a comment"

# Words, a key that tells which mapping it is (of an empty one: any), and what to do; {key} is the word as written.
_NOTES: Final[tuple[tuple[str, str, str], ...]] = (
    # --- descriptions ---
    ("bits bitrange bit lsb msb mask bitoffset", "fields", "bits are given for a field, as `fields: {{NAME: 7:0}}`"),
    ("enum enums values enumeratedvalues enumeration", "fields",
     "values are named in a field, as `fields: {{NAME: {{bits: 1:0, values: {{IDLE: 0}}}}}}`"),
    ("endian valid implemented unaligned endianness impl", "space",
     "it belongs under the region's `access`, as `access: {{valid: 1..4, endian: little}}`"),
    ("registers doorbells space size decode contents ram rom reg regs register", "regions", _REGION),
    ("registerwidth regwidth endianness byteorder", "regions",
     "it belongs to a region: `width: 32`, and `access: {{valid: 1..4, endian: little}}`"),
    ("counter intr sticky stickybit hwset hwclr we next", "fields", _FIELD),
    ("posedge negedge bothedge level nonsticky", "intr",
     "it says when an interrupt field is set: `intr: {{posedge: SOURCE}}`"),
    ("incr decr incrvalue decrvalue incrwidth decrwidth overflow underflow saturate incrsaturate decrsaturate "
     "threshold incrthreshold decrthreshold", "counter",
     "it belongs under `counter`, as `counter: {{incr: SOURCE, incrsaturate: true}}`"),
    ("readable writable writeable", "access", "a register can be read and written: `access` says what cannot"),
    ("vendor class subsystem bars revision capabilities vendorid interruptpin", "pci", "it belongs under `pci`"),
    ("msi msix capabilitylist", "pci", "it belongs under `capabilities` of `pci`"),
    ("msi msix pm express", "capabilities", "it belongs under `capabilities`"),
    ("bar0 bar1 bar2 bar3 bar4 bar5", "pci", "it belongs under `bars` of `pci`, by its number"),
    ("bar0 bar1 bar2 bar3 bar4 bar5", "bars", "it belongs under `bars`, by its number"),
    ("clocks clock clk", "counters",
     "a counter has its own `frequency`, under `counters`; a timer reads the machine's time"),
    ("resets rst init", "on_reset", "statements that run at a reset are `on_reset`"),
    ("dma", "regions", "behaviour reaches RAM with `load32(address)`, `store32(address, value)` and their like"),
    ("fsm statemachine", "state", "its state is an entry of `state`; hooks and timers change it"),
    ("signals wires ports gpio", "gpio_in", "inputs are `gpio_in`, outputs are `gpio_out`"),
    ("log trace messages", "events", "what the device tells its host is an entry of `events` or `errors`"),
    ("hw hwaccess", "", "hardware may always change a field in devgen: leave it out"),
    ("hwext", "", "give the register a `read` expression"),
    ("hwqe", "", "`on_write` runs at each write: leave it out"),
    ("hwre", "", "`on_read` runs at each read: leave it out"),
    ("swwel lockedby writelock writeprotect lock", "write_enable", _LOCK),
    ("swmod swacc", "",
     "`on_write` and `on_read` run at accesses: write there what the hardware does, or leave it out"),
    ("precedence hwenable hwmask paritycheck resetsignal async sync errextbus sharedextbus", "",
     "it is about the hardware's signals, which devgen does not have: leave it out"),
    ("donttest dontcompare israndom isrand coverage backdoor hdlpath hdlpathslice tags autosplit compact cname mubi "
     "shadowed updateerralert storageerralert protected", "", "it is for other tools than devgen: leave it out"),
    ("anded ored xored", "", "behaviour computes it where it is used, as `STATUS != 0`"),
    ("multireg", "", "an array is a register with `count`"),
    ("dimindex", "index_names", "in devgen this is `index_names`, a list of the elements' names"),
    ("datatype headerenumname headerstructname alternategroup", "", "leave it out"),
    ("author license version copyright", "", _COMMENT),
    ("derivedfrom", "",
     "devgen copies no definition: write the keys out, or use `count`, a register file or `include`"),
    ("compatible", "datasheet", "write it into `description` or `datasheet`"),
    # --- boards ---
    ("cpus ram memory mem type irqchip pci smp", "machine", "it belongs under `machine`"),
    ("kernel image initrd cmdline append load entry", "guest", "it belongs under `guest`"),
    ("wires irq irqs interrupts streams properties at slot media", "devices",
     "it belongs to a device, as `devices: {{NAME: {{device: pl031, {key}: ...}}}}`"),
    ("include includes", "devices", "a board is one file: write the devices out"),
    ("accel accelerator", "cpus", "`devgen run --accel` chooses what runs the guest"),
    ("hpet rtc isa uart serial vga acpi", "irqchip", "it is a device: place it under `devices`"),
    ("dtb fdt devicetree acpi", "kernel", "a run makes the device tree and the ACPI tables from the board"),
)  # fmt: skip


def note_for(word: str, key: str, known: Iterable[str]) -> str:
    """Return what to do about a key, compared as ``word``, in a mapping with the keys ``known``, or an empty string."""
    names = set(known)
    found = (text for words, where, text in _NOTES if word in words.split() and (not where or where in names))
    return next(found, "").format(key=key)
