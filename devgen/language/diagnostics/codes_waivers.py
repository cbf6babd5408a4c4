"""Diagnostics of waivers in comments (DG013x)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

BAD_WAIVER = Kind(
    "DG0131",
    "error",
    "this comment is not a waiver: {problem}",
    "A comment that begins with `devgen:` is an instruction. There is one: `allow`, codes of warnings separated by "
    "commas, `because`, and the reason. It concerns the line on which it is written, or, on a line of its own, the "
    "next line.",
    "functions:\n  # devgen: ignore DG0609\n  spare(n): n",
    "Write `# devgen: allow DG0609 because the tests call it`.",
)
NO_REASON = Kind(
    "DG0132",
    "error",
    "the waiver of {codes} gives no reason",
    "A reader of the description must be able to see why a warning is accepted.",
    "functions:\n  spare(n): n  # devgen: allow DG0609",
    "Add the reason: `# devgen: allow DG0609 because the tests call it`.",
)
NOT_WAIVABLE = Kind(
    "DG0133",
    "error",
    "{code} cannot be waived: it is {severity}",
    "Only warnings can be waived. A description with an error cannot be built, and a note says nothing that one could "
    "accept.",
    "MR: {at: 4, acess: ro}  # devgen: allow DG0201 because it looks better",
    "Correct the error and remove the waiver.",
)
UNUSED_WAIVER = Kind(
    "DG0134",
    "warning",
    "nothing is waived here: {code} is not reported",
    "The warning that the waiver accepts does not appear on its line: the waiver is left over, or on the wrong line.",
    "functions:\n  used(n): n  # devgen: allow DG0609 because the tests call it",
    "Remove the waiver, or move it to the line of the warning or to the line before it.",
)
