"""Names that a description may not give to its things: they mean something else in the generated class."""

from __future__ import annotations

import keyword

from devgen.language.scope import BUILTIN_NAMES, HOOK_NAMES

_API = """
    add_bar add_doorbell add_gpio_in add_gpio_ins add_gpio_out add_gpio_outs add_intx add_irq add_irqs add_pme
    add_region add_stream add_vector add_vectors after_reset bars bool_property bytes_property clear clocks close
    coalesce config emit env fill_bytes function_reset gpio_in gpio_out int_property interrupt_pin intx irqs load
    load_bytes load_memory load_state log may_master memory message_places messages name observer on_mapping
    on_reset on_vector pin placements pme_line pme_pin power_on prepare_state probe properties raise_vector region
    regions reset reset_state save save_state self send_message set_serial_number store store_bytes store_memory
    streams string_property text_byte update_lines uses_messages
"""

DEVICE_API: frozenset[str] = frozenset(_API.split())
"""Attributes and methods of ``devgen.runtime.device.device.Device``, ``PciDevice`` and of every generated class.

Their class attributes (``NAME``, ``STATE``, ``EVENTS`` ...) are not here: datasheets have registers of these
names, and the code generator calls such a register's attribute ``STATE_``.
"""

KEYWORDS: frozenset[str] = frozenset((*keyword.kwlist, *keyword.softkwlist))


def why_reserved(name: str) -> str:
    """Return why ``name`` cannot be a device's thing, or an empty string when it can."""
    if name in HOOK_NAMES:
        return "behaviour knows it as a name of its own"
    if name in BUILTIN_NAMES:
        return "it is a word of the behaviour language"
    if name in DEVICE_API:
        return "every generated device has an attribute of this name"
    return "it is a keyword" if name in KEYWORDS else ""
