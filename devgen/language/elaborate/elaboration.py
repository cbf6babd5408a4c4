"""The context of every step of elaboration: sources, sink, scope, names, and the compilation of behaviour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING, Any

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics import codes_keys as shape_kinds
from devgen.language.diagnostics import codes_parts as part_kinds
from devgen.language.diagnostics import codes_values as value_kinds
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.places import Related, Span
from devgen.language.diagnostics.reporting import Diagnostics, SourceText
from devgen.language.ir import Expr, Int, Range, Stmt
from devgen.language.model import Mark
from devgen.language.reading.source_map import Key, Node, Sources
from devgen.language.reading.split_values import report_split, split_element
from devgen.language.reading.word_fixes import suggestion
from devgen.language.scope import Scope, why_reserved

if TYPE_CHECKING:
    from devgen.language.behaviour import Expectation, Owner

Tree = dict[str, Any]

COUNT_LIMIT = 65536
_NO_ENTRIES: Tree = {}


@dataclass(slots=True)
class Context:
    """The state of building one device.

    ``enumerations`` are those that fields can share, ``shared`` the names of those that fields have. ``locks`` are the
    values of `write_enable`, with their mappings. ``key_writes``: register → the statements of keys that a write runs
    before its own `on_write`, and after it. ``key_names`` are the keys, ``closing_keys`` those that one write locks
    again: whether a lock names them. ``static`` is a scope with the properties only, for sizes and start values.
    ``behaves``: some behaviour was compiled. ``moved``: hardware changes some field. The compiler is imported when it
    is first needed, since the import takes noticeable time.
    """

    sources: Sources
    sink: Diagnostics
    scope: Scope = field(default_factory=Scope)
    static: Scope = field(default_factory=Scope)
    names: dict[str, tuple[str, Node, Key]] = field(default_factory=dict)
    bits: dict[str, tuple[int, int]] = field(default_factory=dict)
    behaves: bool = False
    moved: bool = False
    enumerations: Tree = field(default_factory=dict)
    locks: list[tuple[Expr, Tree]] = field(default_factory=list)
    key_writes: dict[str, tuple[list[SourceText], list[SourceText]]] = field(default_factory=dict)
    key_names: set[str] = field(default_factory=set)
    closing_keys: dict[str, bool] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)

    # --- reporting -----------------------------------------------------------------------

    def at_key(self, kind: Kind, node: Node, key: Key, /, *, hint: str = "", **values: Any) -> None:
        """Report at a key."""
        length = len(key) if isinstance(key, str) else 1
        self.sink.add(kind, self.sources.key_mark(node, key), length=length, hint=hint, **values)

    def at_value(
        self, kind: Kind, node: Node, key: Key, /, *, hint: str = "", known: Iterable[str] = (), **values: Any
    ) -> None:
        """Report at a key's value (at the start of its mapping when the key is absent).

        ``known``: the names that the value may have meant; the closest are suggested.
        """
        value = node[key] if isinstance(node, list) else node.get(key)  # type: ignore[index, arg-type]
        length = len(value) if isinstance(value, str) and "\n" not in value else 1
        mark = self.sources.value_mark(node, key)
        if known and isinstance(value, str) and not hint:
            values |= suggestion(self.sources, mark, value, known)
        else:
            values["hint"] = hint
        self.sink.add(kind, mark, length=length, **values)

    def contradiction(self, node: Tree, key: str, other: str, reason: str) -> None:
        """Report at ``key`` that it cannot be combined with ``other``."""
        self.at_key(shape_kinds.CONTRADICTION, node, key, key=key, other=other, reason=reason)

    def not_here(self, node: Tree, key: str, reason: str) -> None:
        """Report at ``key`` that it has no meaning here."""
        self.at_key(shape_kinds.NOT_HERE, node, key, key=key, reason=reason)

    def knows(self, node: Tree, key: str) -> bool:
        """Whether a key is present, or was removed because of an error that has been reported."""
        return key in node or (id(node), key) in self.sources.cut

    def needs(self, node: Tree, where: str, key: str) -> None:
        """Report a missing key, unless it was removed because of an error that has been reported."""
        if not self.knows(node, key):
            self.sink.add(shape_kinds.MISSING_KEY, self.sources.node_mark(node), where=where, key=key)

    def needs_one(self, node: Tree, where: str, *keys: str, told: str = "") -> None:
        """Report that one of several keys is required, unless one was removed because of a reported error."""
        if not any(self.knows(node, key) for key in keys):
            told = told or " or ".join(f"'{key}'" for key in keys)
            self.sink.add(shape_kinds.NEITHER_NOR, self.sources.node_mark(node), where=where, keys=told)

    def second(self, node: Node, key: Key, message: str) -> list[Related]:
        """Return a key as the second place of a finding."""
        length = len(key) if isinstance(key, str) else 1
        return [Related(Span(self.sources.key_mark(node, key), length), message)]

    def mark(self, node: Node, key: Key) -> Mark:
        """Return the place of a key."""
        return self.sources.key_mark(node, key)

    # --- names ---------------------------------------------------------------------------

    def claim(self, name: str, what: str, node: Node, key: Key | None = None) -> None:
        """Reserve a name in the device's namespace. Report a name that is already used or reserved."""
        at = name if key is None else key
        taken = self.names.get(name)
        if taken is not None:
            first, place = taken[0], taken[1:]
            related = self.second(*place, f"{first} has the name here")
            self.at_key(part_kinds.DUPLICATE_NAME, node, at, name=name, other=first, related=related)
            return
        self.names[name] = (what, node, at)
        reason = why_reserved(name)
        if reason:
            self.at_key(part_kinds.RESERVED_NAME, node, at, name=name, reason=reason)

    # --- behaviour -----------------------------------------------------------------------

    def expression(
        self, node: Tree, key: str, scope: Scope, expect: Expectation = None, owner: Owner | None = None
    ) -> Expr | None:
        """Compile the expression under ``key``. Return None if the key is absent or the expression has an error."""
        value = node.get(key)
        if value is None:
            return None
        if type(value) is int and _fits(value, expect):
            return Int(value)
        from devgen.language.behaviour import compile_expression

        self.behaves = True
        return compile_expression(self.sources.text(node, key, value), scope, self.sink, expect=expect, owner=owner)

    def statements(self, node: Tree, key: str, scope: Scope, owner: Owner) -> tuple[Stmt, ...]:
        """Compile the statements under ``key``. Return an empty tuple if the key is absent."""
        value = node.get(key)
        if value is None:
            return ()
        from devgen.language.behaviour import compile_statements

        self.behaves = True
        if isinstance(value, list):
            split = split_element(self.sources, value)
            if split is not None:
                report_split(self.sources, self.sink, key, split)
                return ()
            texts = [self.sources.text(value, index, text) for index, text in enumerate(value)]
        else:
            texts = [self.sources.text(node, key, value)]
        return compile_statements(texts, scope, self.sink, owner=owner)

    def start_value(
        self, node: Tree, key: str, width: int, count: Expr | None = None, shape: tuple[int, ...] = ()
    ) -> Expr:
        """Compile a reset value: a number or an expression over properties that fits in ``width`` bits.

        In an array of ``count`` elements it may name the ``index``.
        """
        scope = self.static if count is None else self.static.hook(index=count, shape=shape)
        return self.expression(node, key, scope, Range.unsigned(width)) or Int(0)

    def count(self, node: Tree, key: str = "count", limit: int = COUNT_LIMIT) -> Expr | None:
        """Compile ``count`` (or another ``key``): a number of elements of at most ``limit``."""
        value = node.get(key)
        if value is None:
            return None
        expr = Int(value) if type(value) is int else self.expression(node, key, self.static)
        if expr is None:
            return None
        low, high = expr.range.lo, expr.range.hi
        if low is None or high is None or low < 0 or not 0 < high <= limit:
            found = f"{'-infinity' if low is None else low} to {'infinity' if high is None else high}"
            self.at_value(value_kinds.BAD_COUNT, node, key, found=found, limit=limit)
            return None
        return expr


def entries(tree: Tree, key: str) -> Tree:
    """Return the mapping under ``key``, or an empty one."""
    value = tree.get(key)
    return value if isinstance(value, dict) else _NO_ENTRIES


def most(count: Expr | None) -> int:
    """Return the largest number of elements, or 1 if it is not an array."""
    return 1 if count is None else count.range.hi or 0


def _fits(value: int, expect: Expectation) -> bool:
    return not isinstance(expect, Range) or Range(value, value).within(expect)
