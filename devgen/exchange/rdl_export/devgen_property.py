"""The property ``devgen``: the keys that SystemRDL cannot express, as YAML of the description language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from devgen.exchange.rdl_export.rdl_names import string
from devgen.exchange.yaml_text import yaml_text

NAME: Final = "devgen"

GUARD: Final = "DEVGEN_PROPERTY"
"""The macro of a compilation that has the property already."""

DECLARATION: Final = f"""\
`ifndef {GUARD}
`define {GUARD}
// What SystemRDL cannot say: keys of the devgen description language, as YAML.
property {NAME} {{ component = addrmap | regfile | reg | field | mem; type = string; }};
`endif
"""


def devgen_property(carried: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the property with the carried keys; nothing if there are none."""
    if not carried:
        return ()
    lines = yaml_text(carried).rstrip("\n").split("\n")
    if len(lines) == 1:
        return ((NAME, string(lines[0])),)
    return ((NAME, string("\n".join(["", *(f"    {line}" if line else "" for line in lines), ""]))),)
