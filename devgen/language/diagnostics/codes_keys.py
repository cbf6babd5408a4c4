"""Diagnostics of keys and types: violations of the JSON Schema (DG02xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

UNKNOWN_KEY = Kind(
    "DG0201",
    "error",
    "unknown key '{key}'",
    "Only the keys of the language are accepted. A misspelled key is an error and is never ignored silently.",
    "MR: {at: 4, acess: ro}",
    "Use one of the allowed keys.",
)
MISSING_KEY = Kind(
    "DG0202",
    "error",
    "{where} needs the key '{key}'",
    "A required key is missing after all includes were merged.",
    "MR: {access: ro}",
    "Add the key.",
)
WRONG_TYPE = Kind(
    "DG0203",
    "error",
    "{where} must be {expected}, not {found}",
    "The type of the value is not the type that the key takes. Only `true` and `false` are booleans, and a "
    "number in quotes is text.",
    "retain: yes",
    "Write a value of the required type.",
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
    "The text does not have the required form, such as a size (`4 KiB`), a range (`1..4`) or bits (`7:0`).",
    "size: 4 KB",
    "Follow the examples that are printed with the message.",
)
OUT_OF_LIMITS = Kind(
    "DG0206",
    "error",
    "{where} {found}; {limit}",
    "The number is too small or too large for this key, or the text or list is too short or too long.",
    "count: 0",
    "Choose a value within the limits.",
)
BAD_NAME = Kind(
    "DG0207",
    "error",
    "'{name}' is not a {expected}",
    "Names become identifiers in the generated code. They consist of letters, digits and underscores and start "
    "with a letter. A device's name may also contain hyphens. Functions and actions are declared with their "
    "parameters.",
    "registers: {2ND: {at: 0}}",
    "Rename it.",
)
CONTRADICTION = Kind(
    "DG0208",
    "error",
    "'{key}' cannot be combined with '{other}': {reason}",
    "Two keys contradict each other, or one makes the other meaningless.",
    "ID: {at: 0, constant: 5, reset: 1}",
    "Remove one of the two.",
)
NOT_HERE = Kind(
    "DG0209",
    "error",
    "'{key}' has no meaning here: {reason}",
    "The key is not valid for this kind of object.",
    "bus: sysbus\npci: {vendor: 1, device: 2, class: 3}",
    "Remove the key, or change the kind of the object that contains it.",
)
NEITHER_NOR = Kind(
    "DG0210",
    "error",
    "{where} needs {keys}",
    "One of several alternative keys is required. It selects the kind of the object.",
    "alarm: {on_expire: RIS.ALARM = 1}",
    "Add one of the keys.",
)
OTHER_SHAPE = Kind(
    "DG0211",
    "error",
    "{where}: {problem}",
    "The value violates a rule of the JSON Schema for which there is no specific message.",
    "",
    "Compare with `schemas/device.schema.json`.",
)
