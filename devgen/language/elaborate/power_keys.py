"""The power management capability, and the interrupt for its event, PME#."""

from __future__ import annotations

from devgen.language.diagnostics import codes_pci as kinds
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.model import Bus, PowerManagement

SIZE = 8
_STATES = ("D0", "D1", "D2", "D3hot", "D3cold")


def build_power(ctx: Context, spec: Tree) -> PowerManagement:
    """Build the capability, and report PME# in a state that the function does not have."""
    d1, d2, pme = spec.get("d1", False), spec.get("d2", False), spec.get("pme", [])
    for index, state in enumerate(pme):
        if (state == "D1" and not d1) or (state == "D2" and not d2):
            problem = f"the function does not have {state}; `{state.lower()}: true` declares the state"
            ctx.at_value(kinds.CAPABILITY, pme, index, name="pm", problem=problem)
    states = tuple(sorted(_STATES.index(state) for state in pme))
    return PowerManagement(d1, d2, states, spec.get("no_soft_reset", False), spec.get("at"))


def check_pme(ctx: Context, tree: Tree, bus: Bus) -> None:
    """Report interrupts with `pme: true` that do not agree with the capability."""
    interrupts = entries(tree, "interrupts")
    marked = [name for name, spec in interrupts.items() if spec.get("pme")]
    power = entries(entries(entries(tree, "pci"), "capabilities"), "pm")
    for name in marked:
        spec = interrupts[name]
        if bus is not Bus.PCI:
            ctx.not_here(spec, "pme", f"the device is on bus {bus}")
        elif not power.get("pme"):
            problem = "there is no capability `pm` with `pme`, the states in which it is asserted"
            ctx.at_key(kinds.PME_MISMATCH, spec, "pme", name=name, problem=problem)
        elif name != marked[0]:
            problem = f"'{marked[0]}' is already the line of PME#"
            ctx.at_key(kinds.PME_MISMATCH, spec, "pme", name=name, problem=problem)
        for key in ("intx", "vector", "count"):
            if spec.get(key):
                ctx.contradiction(spec, "pme", key, "PME# is a wire of its own")
