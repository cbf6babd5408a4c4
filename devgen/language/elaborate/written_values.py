"""Which values software may write to a field or a register: the key `write_constraint`."""

from __future__ import annotations

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics.codes_values import BAD_RANGE
from devgen.language.elaborate.elaboration import Context, Tree
from devgen.language.model import AccessType, Label, WriteConstraint
from devgen.language.reading.quantities import value_range

_KEY = "write_constraint"


def build_constraint(
    ctx: Context, spec: Tree, width: int, access: AccessType, labels: tuple[Label, ...]
) -> WriteConstraint | None:
    """Build the constraint of a part ``width`` bits wide; None if it has none, or an invalid one that is reported."""
    text = spec.get(_KEY)
    if text is None:
        return None
    if access == "ro":
        ctx.contradiction(spec, _KEY, "access: ro", "software cannot write it")
        return None
    if text == "as_read":
        if access in ("wo", "w1"):
            ctx.contradiction(spec, _KEY, f"access: {access}", "software cannot read what it should write")
        return WriteConstraint("as_read", 0, 0)
    if text == "enumerated":
        if not any(label.use != "read" for label in labels):
            ctx.not_here(spec, _KEY, "there are no labels of values to write")
        return WriteConstraint("enumerated", 0, 0)
    low, high = value_range(text) or (0, 0)
    if low > high:
        ctx.at_value(BAD_RANGE, spec, _KEY, found=text, low=low, high=high)
        return None
    if low < 0 or high >> width:
        ctx.at_value(kinds.VALUE_TOO_WIDE, spec, _KEY, what="the range", value=text, width=width)
        return None
    return WriteConstraint("range", low, high)
