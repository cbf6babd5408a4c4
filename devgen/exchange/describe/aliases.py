"""Registers that share the storage of another one at another address: `alias` of SystemRDL (10.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Group, Register

_OF_THE_TARGET: Final = ("reset", "reset_mask", "count", "index_names", "write_constraint")
"""Keys that an alias does not state: they are those of the register that it names."""


def resolve_aliases(
    entries: dict[str, Any], members: Iterable[tuple[str, Register | Group]], path: str, findings: Findings
) -> None:
    """Let the entries of aliases name the register whose storage they share; ``members`` have their names there.

    An alias whose register is none of the entries, or a view of another one, keeps storage of its own and is reported.
    """
    named = [(name, member) for name, member in members if isinstance(member, Register)]
    names = {member.name: name for name, member in named}
    for name, member in named:
        if not member.alias or name not in entries:
            continue
        target = names.get(member.alias, "")
        if target in entries and "alternate" not in entries[target] and "alternate" not in entries[name]:
            entries[name] = _alias(entries[name], target)
        else:
            text = f"an alias of {member.alias}, which cannot be one here; it has storage of its own"
            findings.add(Outcome.TO_DO, member.place, f"{path}.{member.name}", text)


def _alias(entry: Mapping[str, Any], target: str) -> dict[str, Any]:
    kept = {key: value for key, value in entry.items() if key not in _OF_THE_TARGET}
    return {"at": kept.pop("at"), "alias": target} | kept
