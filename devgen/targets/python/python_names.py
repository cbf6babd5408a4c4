"""Python names for what a description declares.

A thing keeps its own name unless that is a keyword or an attribute of the runtime's ``Device``: then an underscore
follows. This is about Python only. Traces, saved states, tests and messages use the described name.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from devgen.targets.python import source_tree as tree
from devgen.targets.python.imports import IMPORTS

_RUNTIME_WORDS = """
    ACPI ACTING ALIASES BARS BUS CAPABILITIES DEVICE_TREE ELEMENTS ERRORS EVENTS FIELDS FOLLOWERS LABELS NAME PCI PEEKS
    PROBES PROPERTIES STATE TITLE VERSION
    add_bar add_doorbell add_gpio_in add_gpio_ins add_gpio_out add_gpio_outs add_intx add_irq add_irqs add_pme
    add_region add_stream add_vector add_vectors after_access after_reset bars bool_property bytes_property clear
    clocks close coalesce config emit engaged env fill_bytes function_reset gpio_in gpio_out int_property
    interrupt_pin intx irqs load load_bytes load_memory load_state log may_master memory message_places messages
    name observer on_mapping on_message on_reset on_vector pin placements pme_line pme_pin power_on prepare_state
    probe properties raise_vector refuse_write region regions requester reset reset_state save save_state self
    send_message set_serial_number store store_bytes store_memory streams string_property text_byte update_lines
    uses_messages
"""
RUNTIME_NAMES: Final = frozenset(_RUNTIME_WORDS.split())
"""Public attributes of the runtime's ``Device`` and ``PciDevice``, and of every generated class.

A described thing of such a name gets another attribute. A test compares this list with the runtime's classes, so that
a new attribute there cannot break a description: it is added here, and the next build calls the described thing
otherwise.
"""

_BUILTINS_WORDS = """
    abs bool dict enumerate int len list max min partial range self str super tuple
"""
BUILTINS: Final = frozenset(_BUILTINS_WORDS.split())
"""Names that generated statements rely on; no local may hide them."""

_ALIAS_WORDS = """
    assertAlmostEquals assertEquals assertNotAlmostEquals assertNotEquals assertNotRegexpMatches assertRaisesRegexp
    assertRegexpMatches assert_ failIf failIfAlmostEqual failIfEqual failUnless failUnlessAlmostEqual failUnlessEqual
    failUnlessRaises
"""
UNITTEST_ALIASES: Final = frozenset(_ALIAS_WORDS.split())
"""Old names of methods of ``unittest``. Linters replace them in every call ``self.NAME()`` (ruff UP005)."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class LoweringError(ValueError):
    """A description that the checks should have refused; nothing is generated for it."""


class Names:
    """Assigns attribute names that are unique in a class."""

    def __init__(self, taken: Iterable[str] = RUNTIME_NAMES) -> None:
        self._taken = set(taken)

    def claim(self, wanted: str, suffix: str = "_") -> str:
        """Return ``wanted``, or the first free variation of it, and take it.

        Raises LoweringError if ``wanted`` is not a name.
        """
        require_name(wanted)
        name = wanted
        while keyword.iskeyword(name) or name in UNITTEST_ALIASES or name in self._taken:
            name += suffix
        self._taken.add(name)
        return name

    def claim_stem(self, wanted: str, prefixes: Sequence[str]) -> str:
        """Return ``wanted``, or a variation of it, such that it is free behind each of ``prefixes``; take those."""
        require_name(wanted)
        stem = wanted
        while not self._taken.isdisjoint(names := [head + stem for head in prefixes]):
            stem += "_"
        self._taken.update(names)
        return stem


def require_name(name: str) -> None:
    """Raise LoweringError if the text is not a name in the language."""
    if not _NAME.fullmatch(name):
        raise LoweringError(f"{name!r} cannot be a name")


@lru_cache(maxsize=256)
def local(name: str) -> str:
    """Return the Python name of a local, a parameter or a loop variable. Raises LoweringError for what is none."""
    require_name(name)
    word = name.rstrip("_")  # `self` becomes `self_`, so `self_` must become `self__`
    return f"{name}_" if keyword.iskeyword(word) or word in BUILTINS else name


def keyword_argument(name: str, value: tree.Node) -> tree.Node:
    """Return ``name=value`` for a call, in the form that takes any name."""
    require_name(name)
    if not keyword.iskeyword(name):
        return tree.keyword(name, value)
    return tree.Node(f'**{{"{name}": {value.text}}}', uses=value.uses)


def class_name(device: str) -> str:
    """Return the class of a device: ``pci-testdev`` gives ``PciTestdev``.

    A name that a module may import, or a keyword, gets an underscore.
    """
    words = [word for word in re.split(r"[^A-Za-z0-9]+", device) if word]
    name = "".join(word[0].upper() + word[1:] for word in words)
    if not name[:1].isalpha():
        name = f"D{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in IMPORTS else name
