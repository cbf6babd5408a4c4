"""Diagnostics of files, YAML text and includes (DG01xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

NOT_READABLE = Kind(
    "DG0101",
    "error",
    "cannot read {path}: {reason}",
    "The file does not exist, or its permissions do not allow devgen to read it.",
    "",
    "Check the path. A relative path is relative to the current folder.",
)
NOT_A_FILE = Kind(
    "DG0102",
    "error",
    "{path} is {what}, not a file",
    "A description is a regular file. FIFOs, devices, sockets and folders are refused without being read.",
    "",
    "Name a .yaml file.",
)
TOO_LARGE = Kind(
    "DG0103",
    "error",
    "{path} is larger than {limit} MiB",
    "The size of a description is limited. devgen stops reading at the limit.",
    "",
    "Check that this is the right file. Split a large description into several devices or included files.",
)
NOT_TEXT = Kind(
    "DG0104",
    "error",
    "{path} is not UTF-8 text: {found} at offset {offset}",
    "A description is UTF-8 text without control characters other than tabs and line ends.",
    "",
    "Check that this is the right file; save it as UTF-8.",
)
SYNTAX = Kind(
    "DG0105",
    "error",
    "not YAML: {problem}",
    "The file violates the YAML syntax. Only the first violation is reported, since the text after it cannot "
    "be parsed reliably.",
    "access: {valid: 1..4, endian: little",
    "Close open brackets and quotes; indent with spaces; quote a string that contains `: ` or ` #`, or that "
    "starts with one of ``[]{}&*!|>'\"%@` ``.",
)
EMPTY = Kind(
    "DG0106",
    "error",
    "the file is empty",
    "The file contains only white space and comments.",
    "# nothing here",
    "Start with `device: name`. `devgen new` creates a commented description to start from.",
)
SEVERAL_DOCUMENTS = Kind(
    "DG0107",
    "error",
    "a second YAML document",
    "A file holds one description.",
    "device: one\n---\ndevice: two",
    "Put each description into a file of its own.",
)
TAG = Kind(
    "DG0108",
    "error",
    "the YAML tag '{tag}' is not allowed",
    "A YAML tag selects the type of a value, which may run code in other tools. A description is plain data: "
    "mappings, lists, strings, numbers, `true` and `false`. devgen never evaluates tags.",
    "title: !!python/object/apply:os.system [true]",
    "Remove the tag. Quote a value to make it a string.",
)
DUPLICATE_KEY = Kind(
    "DG0109",
    "error",
    "the key '{key}' appears twice in this mapping",
    "YAML parsers commonly keep one of the two values silently; devgen refuses both.",
    "MR: {at: 4, width: 32, width: 64}",
    "Keep one of them.",
)
TOO_DEEP = Kind(
    "DG0110",
    "error",
    "nested more than {limit} levels deep",
    "The nesting depth of a description is limited.",
    "",
    "Reduce the nesting.",
)
TOO_MANY_VALUES = Kind(
    "DG0111",
    "error",
    "more than {limit} values",
    "The number of mappings, lists and scalars that devgen reads in a run is limited, and this file exceeds it.",
    "",
    "Use `count:` for parts that repeat.",
)
ALIAS_BOMB = Kind(
    "DG0112",
    "error",
    "aliases expand to more than {limit} values",
    "Nested aliases grow exponentially: a file of one kilobyte could expand to fill the memory.",
    "a: &a [1, 1]\nb: &b [*a, *a]\nc: &c [*b, *b]",
    "Use `count:` for registers that repeat and `include:` for parts that devices share.",
)
BAD_ALIAS = Kind(
    "DG0113",
    "error",
    "the alias '*{name}' {problem}",
    "An alias refers to a complete value that was anchored with `&name` earlier in the file.",
    "MR: *common",
    "Anchor the value first, or write it out.",
)
MERGE_KEY = Kind(
    "DG0114",
    "error",
    "merge keys ('<<') are not part of the language",
    "`<<` is a YAML 1.1 extension with its own precedence rules. Descriptions share parts with `include:` only.",
    "MR: {<<: *common, at: 4}",
    "Write the keys out, use `count:` or a register file, or move the common part into a fragment.",
)
DUPLICATE_ANCHOR = Kind(
    "DG0117",
    "error",
    "the anchor '&{name}' appears twice",
    "An alias refers to the last anchor of its name before it, so a second one changes what later aliases mean.",
    "title: &text A timer\ndescription: &text A timer that counts",
    "Give each anchor a name of its own.",
)
SPLIT_VALUE = Kind(
    "DG0118",
    "error",
    "the comma ends the value of '{key}': '{value}'",
    "Inside `{{ }}` and `[ ]` a comma separates entries, also one between the arguments of a call.",
    "LEVEL: {at: 8, read: min(COUNT, 4)}",
    "Quote the whole text: `read: 'min(COUNT, 4)'`.",
)
KEY_NOT_TEXT = Kind(
    "DG0115",
    "error",
    "a key must be a plain word, not {what}",
    "YAML allows mappings and lists as keys. A description does not.",
    "? [a, b]\n: 1",
    "Use a name.",
)
NOT_A_MAPPING = Kind(
    "DG0116",
    "error",
    "a description must be a mapping, but this is {what}",
    "The top level of a file must consist of `key: value` lines.",
    "- device",
    "Start with `device: name`.",
)
FOREIGN = Kind(
    "DG0119",
    "error",
    "neither a device description nor a board: the first key is '{first}'",
    "A description begins with the key `device` or `fragment`, and a board with `board`. This file has none of these "
    "keys, and none that only descriptions and boards have. It is probably a YAML file of another program.",
    "on: push\njobs: {}",
    "Name only descriptions and boards, or the folders that hold them. If it is a description, add `device: NAME`.",
)
INCLUDE_NOT_FOUND = Kind(
    "DG0120",
    "error",
    "no file '{path}' to include",
    "An included file is searched for in the folder of the file that includes it, then in the include folders "
    "that were given.",
    "include: [primecel.yaml]",
    "Check the spelling. The path is relative to the file that includes it.",
)
INCLUDE_CYCLE = Kind(
    "DG0121",
    "error",
    "circular include: {path}",
    "A file includes itself, directly or through others.",
    "include: [myself.yaml]",
    "Move the shared part into a third file.",
)
INCLUDE_LIMIT = Kind(
    "DG0122",
    "error",
    "more than {limit} {what}",
    "The nesting depth of includes and the number of files that a description includes are limited.",
    "",
    "Use fewer levels of includes, or fewer files.",
)
INCLUDE_REFUSED = Kind(
    "DG0123",
    "error",
    "'{path}' may not be included: {reason}",
    "An untrusted description must not make devgen read other files and quote them in a diagnostic. An include "
    "must be a relative path to a .yaml or .yml file. After symbolic links are resolved, the file must lie "
    "below the folder of the description or below an include folder that was given.",
    "include: [/etc/passwd]",
    "Move the fragment below the description's folder.",
)
LINK_OUTSIDE = Kind(
    "DG0126",
    "error",
    "{path} is a symbolic link that leads out of the folder",
    "A folder of descriptions may be untrusted. A link in it must not make devgen read a file elsewhere on "
    "this machine and quote it in a diagnostic.",
    "",
    "Copy the file into the folder, or name the link itself on the command line. Links on the command line are "
    "followed.",
)
FRAGMENT_UNUSED = Kind(
    "DG0124",
    "warning",
    "no checked file includes the fragment '{name}'",
    "A fragment has an effect only in a description that includes it.",
    "",
    "Include it, remove it, or turn it into a device with `device:`.",
)
SAME_DEVICE = Kind(
    "DG0125",
    "error",
    "device '{name}' {clash} in {other}",
    "Each device has its own module in the generated folder. The module's name is the device's name in lower "
    "case, with hyphens replaced by underscores.",
    "",
    "Rename one of the two, or check and build them separately.",
)
AND_MORE = Kind(
    "DG0199",
    "note",
    "and {number} more",
    "The number of diagnostics that a run shows is limited.",
    "",
    "Correct the diagnostics that are shown, then check again.",
)
