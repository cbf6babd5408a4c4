"""Puts changed locks and changes of what hardware does to a field into the description."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Final

from devgen.exchange.describe.source_names import Named, Owner, SourceNames, UnnamedError
from devgen.exchange.rdl.rdl_hardware import UnsayableError, hardware_side, lock_of
from devgen.exchange.rdl.rdl_paths import origin_of
from devgen.exchange.rdl_edits.compared_parts import Key, Part, Parts
from devgen.exchange.rdl_edits.edited_description import EditedDescription
from devgen.exchange.rdl_export.field_constructs import SHOWN
from devgen.exchange.register_map import Dimension, Source

LOCKS: Final = frozenset(("swwe", "swwel"))
_EDGES: Final = ("posedge", "negedge", "bothedge")
_OTHER_NAMES: Final = {
    "saturate": "incrsaturate",
    "threshold": "incrthreshold",
    "incrwidth": "incrvalue",
    "decrwidth": "decrvalue",
}
"""Properties that are in the description under the name of another one."""


@dataclass(slots=True)
class EditedSources:
    """Writes the sources that SystemRDL names into the description ``parts``."""

    parts: EditedDescription
    stated: Parts
    names: SourceNames = field(default_factory=SourceNames)
    _taken: set[str] = field(default_factory=set)
    _owners: dict[Key, Owner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for section, entries in self.parts.tree.items():
            self._taken |= {section} | ({*entries} if isinstance(entries, Mapping) else set())
        self._taken |= {name for key in self.stated.by_key for name in key}
        for key, part in self.stated.by_key.items():
            if not part.chain and len(key) > 1 and key[:-1] in self.stated.by_key:
                self.names.name(origin_of(part.node), self._owner(key[:-1]), self._field_name(key))

    def apply(self, part: Part, edited: Set[str]) -> set[str]:
        """Take the properties ``edited`` of a field, and return those that the description has now."""
        taken: set[str] = set()
        try:
            if edited & LOCKS:
                self._lock(part)
                taken |= edited & LOCKS
            if edited - LOCKS:
                taken |= self._hardware(part, edited)
        except (UnnamedError, UnsayableError):
            pass
        return taken

    def add_inputs(self) -> None:
        """Add the inputs that new ports and signals need."""
        if self.names.inputs:
            self.parts.tree["gpio_in"] = {**self.parts.tree.get("gpio_in", {}), **self.names.inputs}

    # --- locks --------------------------------------------------------------------------------

    def _lock(self, part: Part) -> None:
        lock = lock_of(part.node)
        text = None if lock is None else self._text(lock, part)
        register = part.key[:-1]
        described = self.parts.member(register)
        around = [
            lock
            for depth in range(len(register) - 1, 0, -1)
            if (lock := self.parts.member(register[:depth]).get("write_enable")) not in (None, True)
        ]
        if self.parts.is_whole(part.key):
            _set(described, "write_enable", text if text or not around else True)
            return
        outer = described.get("write_enable", around[0] if around else None)
        if outer not in (None, True):
            self._give_to_fields(register, outer)
            _set(described, "write_enable", True if around else None)
        _set(self.parts.field(part.key), "write_enable", text)

    def _give_to_fields(self, register: Key, lock: Any) -> None:
        """Let each field of a register state the register's lock."""
        for key in self.parts.fields(register):
            part = self.stated.by_key.get(key)
            if part is not None and part.node.get_property("sw").name != "r":
                self.parts.field(key).setdefault("write_enable", lock)

    # --- the hardware's side ------------------------------------------------------------------

    def _hardware(self, part: Part, edited: Set[str]) -> set[str]:
        side = hardware_side(part.node)
        if side.problem:
            return set()
        keys = dict(side.keys)
        wrapped = keys.pop("wraps", None)
        described = self.parts.field(part.key)
        for key, properties in SHOWN.items():
            touched = edited & {*properties}
            if not touched:
                continue
            if key == "intr" and keys.get("intr") and "next" not in touched:
                _set(described, key, self._other_edge(described.get(key), keys["intr"], part))
            elif key == "counter" and "counter" not in touched:
                self._counter(described, keys.get(key), touched, part)
            else:
                _set(described, key, self._said(keys.get(key), part))
        if wrapped is not None:
            self._wrap(part, wrapped)
        off = {name for name in edited if part.node.get_property(name) in (None, False)}
        return {*edited} & ((side.said | {"intr type"} | off) - ({"overflow", "underflow"} - off))

    def _other_edge(self, old: Any, new: Any, part: Part) -> Any:
        """Return ``intr`` with SystemRDL's type of interrupt and the source that is described."""
        source = next(iter(old.values())) if isinstance(old, dict) else old
        kind = getattr(part.node.get_property("intr type"), "name", "level")
        if source is None or (source is True and kind in _EDGES):
            return self._said(new, part)
        return {kind: source} if kind in _EDGES else source

    def _counter(self, described: dict[str, Any], new: Any, touched: Set[str], part: Part) -> None:
        stated = described.get("counter")
        keys = dict(stated) if isinstance(stated, dict) else {}
        said = new if isinstance(new, dict) else {}
        for name in {_OTHER_NAMES.get(name, name) for name in touched}:
            if name not in ("overflow", "underflow"):
                _set(keys, name, self._said(said.get(name), part))
            elif not part.node.get_property(name):
                keys.pop(name, None)
        described["counter"] = keys or True

    def _wrap(self, part: Part, counter: Source) -> None:
        """Write the field that a counter sets when it wraps into the counter."""
        key = self.stated.keys.get(counter.origin)
        keys = None if key is None else self.parts.field(key).get("counter")
        if key is not None and keys is not None:
            keys = {} if keys is True else keys
            path = self.names.path(self._owner(part.key[:-1]), self._owner(key[:-1]))
            keys[counter.output] = ".".join(word for word in (path, self._field_name(part.key)) if word)
            self.parts.field(key)["counter"] = keys

    def _said(self, value: Any, part: Part) -> Any:
        if isinstance(value, dict):
            return {key: self._said(inner, part) for key, inner in value.items()}
        return self._text(value, part) if isinstance(value, Source) else value

    def _text(self, source: Source, part: Part) -> str:
        user = Named(self._owner(part.key[:-1]), self._field_name(part.key))
        return self.names.text(source, user, origin_of(part.node), self._taken)

    # --- names --------------------------------------------------------------------------------

    def _field_name(self, key: Key) -> str:
        """Return the name of a field, empty for a register without fields."""
        return "" if self.parts.is_whole(key) else key[-1]

    def _owner(self, register: Key) -> Owner:
        """Return a register with the repetitions of its elements; the first name of its key is the region."""
        if register not in self._owners:
            files = [self._dimension(register[:depth]) for depth in range(2, len(register))]
            own = self._dimension(register)
            self._owners[register] = Owner(
                register[1:-1],
                register[-1],
                tuple(found for found in files if found is not None),
                () if own is None else (own,),
                tuple(found is not None for found in files),
            )
        return self._owners[register]

    def _dimension(self, key: Key) -> Dimension | None:
        sizes: list[int] = []
        stride = 0
        for node in self.stated.by_key[key].chain:
            sizes += node.array_dimensions or ()
            stride = node.array_stride or stride
        count = 1
        for size in sizes:
            count *= size
        shape = tuple(sizes) if len(sizes) > 1 else ()
        return Dimension(tuple(map(str, range(count))), stride, shape) if sizes else None


def _set(described: dict[str, Any], key: str, value: Any) -> None:
    """Set a key, or remove it for None."""
    if value is None:
        described.pop(key, None)
    else:
        described[key] = value
