"""Diagnostics of keys and types, what the JSON Schema says (DG02xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

UNKNOWN_KEY = Kind(
    "DG0201",
    "error",
    "unknown key '{key}'",
    "Only the keys of the language are accepted, so that a misspelled one cannot be ignored in silence.",
    "MR: {at: 4, acess: ro}",
    "Use one of the allowed keys.",
)
MISSING_KEY = Kind(
    "DG0202",
    "error",
    "{where} needs the key '{key}'",
    "A key that has no default is missing, after all includes were merged.",
    "MR: {access: ro}",
    "Add the key.",
)
WRONG_TYPE = Kind(
    "DG0203",
    "error",
    "{where} must be {expected}, not {found}",
    "The value is of another kind than the key takes. Only `true` and `false` are booleans; a number in "
    "quotes is text.",
    "retain: yes",
    "Write a value of the kind that is asked for.",
)
NOT_ALLOWED = Kind(
    "DG0204",
    "error",
    "{where} cannot be {found}",
    "The key takes one of a few values.",
    "access: readonly",
    "Use one of the allowed values.",
)
BAD_FORM = Kind(
    "DG0205",
    "error",
    "{where}: {found} is not a {expected}",
    "The text does not have the form of what the key takes, such as a size (`4 KiB`), a range (`1..4`) or bits "
    "(`7:0`).",
    "size: 4 KB",
    "Write it as in the examples given with the message.",
)
OUT_OF_LIMITS = Kind(
    "DG0206",
    "error",
    "{where} {found}; {limit}",
    "A number is too small or too large, or a text or list too short or too long, for this key.",
    "count: 0",
    "Choose a value inside the limits.",
)
BAD_NAME = Kind(
    "DG0207",
    "error",
    "'{name}' is not a {expected}",
    "Names become identifiers in the generated code: letters, digits and underscores, a letter first. A device's name "
    "may have hyphens too; functions and actions carry their parameters.",
    "registers: {2ND: {at: 0}}",
    "Rename it.",
)
CONTRADICTION = Kind(
    "DG0208",
    "error",
    "'{key}' cannot stand beside '{other}': {reason}",
    "Two keys say different things about the same matter, or one makes the other meaningless.",
    "ID: {at: 0, constant: 5, reset: 1}",
    "Remove one of the two.",
)
NOT_HERE = Kind(
    "DG0209",
    "error",
    "'{key}' has no meaning here: {reason}",
    "The key belongs to another kind of thing than the one it stands in.",
    "bus: sysbus\npci: {vendor: 1, device: 2, class: 3}",
    "Remove the key, or change what it stands in.",
)
NEITHER_NOR = Kind(
    "DG0210",
    "error",
    "{where} needs {keys}",
    "One of several keys has to be there; which one decides what it is.",
    "alarm: {on_expire: RIS.ALARM = 1}",
    "Add one of them.",
)
OTHER_SHAPE = Kind(
    "DG0211",
    "error",
    "{where}: {problem}",
    "The value breaks a rule of the JSON Schema that has no message of its own.",
    "",
    "Compare with `schemas/device.schema.json`.",
)
