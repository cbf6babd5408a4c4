"""Puts changes by hand into a description, and reports all of them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.rdl.compiling import place_of
from devgen.exchange.rdl.rdl_properties import HARDWARE, UNSAID
from devgen.exchange.rdl_edits.compared_parts import Key, Part, Parts
from devgen.exchange.rdl_edits.edited_description import EditedDescription
from devgen.exchange.rdl_edits.edited_fields import EFFECT_OF, apply_effects, apply_enumeration, apply_text
from devgen.exchange.rdl_edits.edited_resets import apply_resets
from devgen.exchange.rdl_edits.edited_sources import LOCKS, EditedSources
from devgen.exchange.rdl_edits.hand_edits import HandEdit, hand_edits
from devgen.exchange.register_map import WholeDevice

if TYPE_CHECKING:
    from systemrdl.node import AddrmapNode

_SOURCES: Final = LOCKS | (HARDWARE.keys() - {"resetsignal", "precedence", "paritycheck"}) | {"intr type"}


def with_hand_edits(top: AddrmapNode, device: WholeDevice, findings: Findings) -> WholeDevice:
    """Return the description of an address map with what SystemRDL says where the property ``devgen`` differs.

    A description with errors is returned as it is, because ``devgen check`` reports them.

    Raises:
        FileError: the description cannot be exported.
    """
    edits = hand_edits(top, device)
    if not edits:
        return device
    edited, taken = _edited(top, device, edits)
    left = hand_edits(top, edited)
    if left is None:
        edited, left, taken = device, edits, set()
    remaining = {(edit.part.key, edit.name) for edit in left} - taken
    for edit in edits:
        if (edit.part.key, edit.name) not in remaining:
            text = f"{edit.name} is not what the property devgen says; the description has what SystemRDL says"
            _say(findings, Outcome.CORRECTED, edit, text)
    for edit in left:
        if (edit.part.key, edit.name) in remaining:
            _report(findings, edit)
    return edited


def _edited(
    top: AddrmapNode, device: WholeDevice, edits: Iterable[HandEdit]
) -> tuple[WholeDevice, set[tuple[Key, str]]]:
    """Return the description with the changes, and the properties of sources that it has now.

    An export cannot show all of these again: a port of the hardware is an input of the device.
    """
    tree: dict[str, Any] = copy.deepcopy(dict(device.tree))
    if device.title:
        tree["title"] = device.title
    parts, stated = EditedDescription(tree), Parts.of(top)
    sources = EditedSources(parts, stated)
    names: dict[Key, set[str]] = {}
    taken: set[tuple[Key, str]] = set()
    for edit in edits:
        if not _is_field(stated, edit.part) or parts.has_field(edit.part.key):
            names.setdefault(edit.part.key, set()).add(edit.name)
            _apply(parts, stated, edit)
    for key, edited in names.items():
        if edited & _SOURCES:
            taken |= {(key, name) for name in sources.apply(stated.by_key[key], edited & _SOURCES)}
    sources.add_inputs()
    for key, part in stated.by_key.items():
        if part.chain:
            parts.shorten(key)
    title = tree.pop("title", "")
    return replace(device, title=str(title), tree=tree), taken


def _apply(parts: EditedDescription, stated: Parts, edit: HandEdit) -> None:
    """Put one change into the description, if it concerns no other part of the device."""
    part, name = edit.part, edit.name
    if not name:
        return
    is_field = _is_field(stated, part)
    if name in EFFECT_OF:
        apply_effects(parts, part, stated.by_key)
    elif name in ("name", "desc"):
        apply_text(parts.field(part.key) if is_field else parts.member(part.key), edit)
    elif name == "encode":
        apply_enumeration(parts.field(part.key), edit, parts.tree.get("enumerations", {}))
    elif name == "reset" and is_field:
        apply_resets(parts, part.key[:-1], part.node.parent)
    elif name == "count":
        described = parts.member(part.key)
        for key in ("count", "stride"):
            described.pop(key, None)
        described.update(edit.value)
    elif name == "bigendian" and len(part.key) < 2:
        _apply_endian(parts, part.key, bool(edit.value))


def _is_field(stated: Parts, part: Part) -> bool:
    return len(part.key) > 2 and not part.chain and part.key[:-1] in stated.by_key


def _apply_endian(parts: EditedDescription, key: Key, big: bool) -> None:
    for region in [key[0]] if key else [*parts.tree["regions"]]:
        described = parts.member((region,))
        access = {**described.get("access", {}), "endian": "big" if big else "little"}
        described["access"] = access


def _report(findings: Findings, edit: HandEdit) -> None:
    """Report a change that the description does not have."""
    name = edit.name
    if not name:
        _say(findings, Outcome.LEFT_OUT, edit, "software cannot access it, or its place is that of another part")
    elif name in HARDWARE:
        text = f"{name} (SystemRDL 2.0, {HARDWARE[name]}): the hardware's side; write its behaviour"
        _say(findings, Outcome.TO_DO, edit, text)
    elif name in UNSAID:
        _say(findings, Outcome.LEFT_OUT, edit, f"{name} (SystemRDL 2.0, {UNSAID[name]})")
    else:
        text = f"{name} is not what the property devgen says, which the description has; change the property"
        _say(findings, Outcome.TO_DO, edit, text)


def _say(findings: Findings, outcome: Outcome, edit: HandEdit, text: str) -> None:
    node = edit.part.node
    source = node.inst.property_src_ref.get(edit.name, node.inst_src_ref)
    findings.add(outcome, place_of(source), node.get_path(), text)
