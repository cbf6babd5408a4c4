"""A region as first read: before the behaviour of its registers is compiled."""

from __future__ import annotations

from dataclasses import field

from devgen.common.quick_dataclass import dataclass
from devgen.language.elaborate.doorbell_keys import DoorbellDraft
from devgen.language.elaborate.elaboration import Tree
from devgen.language.elaborate.register_drafts import Defaults, Draft
from devgen.language.model import AccessRule, Bar, RegionKind, RegionSpace

CONFIG_START, CONFIG_END, EXTENDED_END = 0x40, 0x100, 0x1000
"""Bounds of the device-specific part of configuration space (Local Bus Specification 3.0, section 6.1), and its end in
a PCI Express function.
"""


@dataclass(slots=True)
class RegionDraft:
    """A region whose registers' behaviour is not compiled yet. ``size`` None: unknown, and reported."""

    name: str
    spec: Tree
    parent: Tree
    kind: RegionKind
    space: RegionSpace
    bar: Bar | None
    at: int
    size: int | None
    access: AccessRule
    defaults: Defaults
    registers: list[Draft] = field(default_factory=list)
    doorbells: list[DoorbellDraft] = field(default_factory=list)
