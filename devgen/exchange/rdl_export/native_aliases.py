"""Registers with ``alias`` as aliases of SystemRDL (10.5): further views of a register that share its storage.

SystemRDL wants each field of an alias in the other register too, with the same bits and properties; only ``sw``,
``onread``, ``onwrite``, ``name``, ``desc`` and user-defined properties may differ (10.5.1). The fields of an alias
therefore repeat what the other register's say, and their enumerations are declared around both. An alias that
SystemRDL cannot say is a register with the property ``devgen`` alone, as before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from devgen.exchange.rdl_export.devgen_property import NAME
from devgen.exchange.rdl_export.rdl_component import Component, Enum

_OWN: Final = frozenset(("sw", "onread", "onwrite", "name", "desc", NAME))
"""Properties in which an alias may differ from its register."""

_LOCKS: Final = frozenset(("swwe", "swwel"))


def with_aliases(children: Sequence[Component]) -> tuple[tuple[Enum, ...], tuple[Component, ...]]:
    """Return the enumerations that registers and their aliases share, and the children of one parent.

    Aliases that SystemRDL can say come last, because the registers that they name must stand before them (10.5.1).
    """
    by_name = {child.name: child for child in children}
    pairs = {child.name: _alias(child, by_name.get(child.alias)) for child in children if child.alias}
    native = {name: alias for name, alias in pairs.items() if alias is not None}
    shared = {alias.alias for alias in native.values()}
    enums = tuple(enum for name in by_name for enum in _enums(by_name[name], shared))
    plain = (replace(child, alias="") for child in children if child.name not in native)
    return enums, (
        *(_sharing(child) if child.name in shared else child for child in plain),
        *(_with_types(alias, alias.alias) for alias in native.values()),
    )


def _alias(component: Component, target: Component | None) -> Component | None:
    """Return a register as an alias of another one, or None if SystemRDL cannot say it."""
    if target is None or target.kind != "reg" or component.kind != "reg" or target.alias:
        return None
    fields = {field.name: field for field in target.children}
    views = [_view(field, fields.get(field.name)) for field in component.children]
    same = [
        component.external == target.external,
        _sizes(component) == _sizes(target),
        dict(component.properties).get("regwidth") == dict(target.properties).get("regwidth"),
    ]
    if not all(same) or None in views:
        return None
    return replace(component, enums=(), children=tuple(view for view in views if view is not None))


def _view(field: Component, of: Component | None) -> Component | None:
    """Return a field of an alias with the properties of the register's field; None if they are not views of one."""
    if of is None or _bits(field) != _bits(of) or _locks(field) != _locks(of):
        return None
    if dict(field.properties).get("singlepulse") != dict(of.properties).get("singlepulse"):
        return None
    own = [pair for pair in field.properties if pair[0] in _OWN]
    common = [pair for pair in of.properties if pair[0] not in _OWN]
    return replace(field, place=of.place, properties=(*own, *common), references=of.references)


def _bits(field: Component) -> str:
    """Return ``[msb:lsb]`` without the reset value, which is that of the register."""
    return field.place.partition(" = ")[0]


def _locks(field: Component) -> Mapping[str, str]:
    return {name: text for name, text in field.references if name in _LOCKS}


def _sizes(component: Component) -> list[str]:
    return re.findall(r"\[\d+\]", component.place)


def _enums(component: Component, shared: Iterable[str]) -> tuple[Enum, ...]:
    """Return the enumerations of a register that has aliases, with names for all of its surroundings."""
    if component.name not in shared:
        return ()
    return tuple(replace(enum, name=f"{component.name}_{enum.name}") for enum in component.enums)


def _sharing(component: Component) -> Component:
    """Return a register without the declarations of its enumerations, which are around it."""
    return replace(_with_types(component, component.name), enums=())


def _with_types(component: Component, owner: str) -> Component:
    """Return a register whose fields use the enumerations of ``owner``."""
    return replace(
        component,
        children=tuple(
            replace(
                field,
                properties=tuple(
                    (name, f"{owner}_{value}" if name == "encode" else value) for name, value in field.properties
                ),
            )
            for field in component.children
        ),
    )
