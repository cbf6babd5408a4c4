"""Diagnostics of files, YAML text and includes (DG01xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

NOT_READABLE = Kind(
    "DG0101",
    "error",
    "cannot read {path}: {reason}",
    "The file is not there, or the permissions do not let devgen read it.",
    "",
    "Check the path; a relative path starts at the current folder.",
)
NOT_A_FILE = Kind(
    "DG0102",
    "error",
    "{path} is {what}, not a file",
    "A description is a regular file. FIFOs, devices, sockets and folders are refused before anything is read.",
    "",
    "Name a .yaml file.",
)
TOO_LARGE = Kind(
    "DG0103",
    "error",
    "{path} is larger than {limit} MiB",
    "No description is that large; the file is refused without being read to its end.",
    "",
    "Check that this is the right file; split a generated description into devices or includes.",
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
    "The text breaks a rule of YAML itself. Only the first such place is reported: what follows cannot be trusted.",
    "access: {valid: 1..4, endian: little",
    "Close what is open; indent with spaces; quote a string that holds `: ` or ` #`, or that starts with one of "
    "``[]{}&*!|>'\"%@` ``.",
)
EMPTY = Kind(
    "DG0106",
    "error",
    "the file is empty",
    "There is nothing but white space and comments.",
    "# nothing here",
    "Start with `device: name`; `devgen new` writes a commented start.",
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
    "Tags would choose how a value is built. A description is plain data: mappings, lists, strings, numbers, "
    "`true` and `false`. Nothing of a tag is ever run.",
    "title: !!python/object/apply:os.system [true]",
    "Leave the tag out; quote a value to make it a string.",
)
DUPLICATE_KEY = Kind(
    "DG0109",
    "error",
    "the key '{key}' stands twice in this mapping",
    "One of the two would silently win.",
    "MR: {at: 4, width: 32, width: 64}",
    "Keep one of them.",
)
TOO_DEEP = Kind(
    "DG0110",
    "error",
    "nested more than {limit} levels deep",
    "No description needs that many levels.",
    "",
    "Flatten the file.",
)
TOO_MANY_VALUES = Kind(
    "DG0111",
    "error",
    "more than {limit} values",
    "The file holds more mappings, lists and scalars than devgen takes from one run.",
    "",
    "Use `count:` for things that repeat.",
)
ALIAS_BOMB = Kind(
    "DG0112",
    "error",
    "aliases expand to more than {limit} values",
    "Aliases of aliases grow exponentially: a file of a kilobyte would fill the memory.",
    "a: &a [1, 1]\nb: &b [*a, *a]\nc: &c [*b, *b]",
    "Use `count:` for registers that repeat and `include:` for what devices share.",
)
BAD_ALIAS = Kind(
    "DG0113",
    "error",
    "the alias '*{name}' {problem}",
    "An alias stands for a value that was anchored with `&name` further up and that is complete.",
    "MR: *common",
    "Anchor the value first, or write it out.",
)
MERGE_KEY = Kind(
    "DG0114",
    "error",
    "merge keys ('<<') are not part of the language",
    "`<<` is a leftover of YAML 1.1 with rules of its own about what wins. Here there is one way to share: `include:`.",
    "MR: {<<: *common, at: 4}",
    "Write the keys out, use `count:` or a register file, or move the common part into a fragment.",
)
KEY_NOT_TEXT = Kind(
    "DG0115",
    "error",
    "a key must be a plain word, not {what}",
    "YAML lets mappings and lists be keys; a description does not.",
    "? [a, b]\n: 1",
    "Use a name.",
)
NOT_A_MAPPING = Kind(
    "DG0116",
    "error",
    "a description is a mapping of keys, this is {what}",
    "The outermost value of a file must be `key: value` lines.",
    "- device",
    "Start with `device: name`.",
)
INCLUDE_NOT_FOUND = Kind(
    "DG0120",
    "error",
    "no file '{path}' to include",
    "An included file is looked for beside the file that names it, then in the include folders, if any were given.",
    "include: [primecel.yaml]",
    "Check the spelling; the path is relative to the file that names it.",
)
INCLUDE_CYCLE = Kind(
    "DG0121",
    "error",
    "include goes round in a circle: {path}",
    "A file includes itself, directly or through others.",
    "include: [myself.yaml]",
    "Move what both need into a third file.",
)
INCLUDE_LIMIT = Kind(
    "DG0122",
    "error",
    "more than {limit} {what}",
    "Includes may be nested a few levels deep, and a description may read a bounded number of files.",
    "",
    "Flatten the includes.",
)
INCLUDE_REFUSED = Kind(
    "DG0123",
    "error",
    "'{path}' may not be included: {reason}",
    "An untrusted description must not make devgen read other files and quote them in a "
    "diagnostic. An include is a relative path to a .yaml or .yml file that lies, links resolved, below the folder of "
    "the description or below an include folder that was given.",
    "include: [/etc/passwd]",
    "Move the fragment below the description's folder.",
)
LINK_OUTSIDE = Kind(
    "DG0126",
    "error",
    "{path} is a symbolic link that leads out of the folder",
    "A folder of descriptions may come from somebody else. A link in it must not make devgen read, and quote in a "
    "diagnostic, a file elsewhere on this machine.",
    "",
    "Copy the file into the folder, or name the link itself on the command line: then it is followed.",
)
FRAGMENT_UNUSED = Kind(
    "DG0124",
    "warning",
    "no checked file includes the fragment '{name}'",
    "A fragment is not a device: it does nothing until a description includes it.",
    "",
    "Include it, remove it, or turn it into a device with `device:`.",
)
SAME_DEVICE = Kind(
    "DG0125",
    "error",
    "device '{name}' {clash} in {other}",
    "Each device has a module of its own in the generated folder. Its name is the device's, in small letters, with an "
    "underscore for each hyphen.",
    "",
    "Rename one of the two, or check and build them apart.",
)
AND_MORE = Kind(
    "DG0199",
    "note",
    "and {number} more",
    "Only the first findings of a run are shown.",
    "",
    "Correct those shown, then check again.",
)
