"""A tolerant scan of YAML text: keys and values with their places, also of a text that is being typed.

PyYAML reports the first error and stops. An editor needs the rest of the file as well. This scan follows indentation,
brackets and quotes, and never fails: a value that is not closed ends before the next line that is indented no deeper
than its key. For valid text it finds what YAML finds, except that it does not decode every escape or follow aliases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

Style = Literal["none", "plain", "single", "double", "block", "mapping", "list", "alias"]

NODE_LIMIT: Final = 300_000
TEXT_LIMIT: Final = 8 << 20
DEPTH_LIMIT: Final = 64

_COLON = re.compile(r":(?=[ \t\r\n]|$)")
_FLOW_COLON = re.compile(r":(?=[ \t\r\n,\[\]{}]|$)")
_FLOW_END = re.compile(r"[,\[\]{}\r\n]|(?<=[ \t])#")
_COMMENT = re.compile(r"(?<=[ \t])#")
_DOUBLE = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SINGLE = re.compile(r"'(?:[^']|'')*'")
_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*[ \t]*")
_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:\s|(?<=\s)#[^\n]*)*")
_ESCAPE = re.compile(r'\\(["\\/ ])')


@dataclass(slots=True, eq=False)
class Node:
    """A key with its value, an element of a list (its ``key`` is its number), or the whole text.

    Places are character indices. ``start`` and ``end`` enclose the value, with its quotes or brackets. ``complete`` is
    false for a word that stands where a key is expected and has no colon yet.
    """

    key: str
    key_start: int
    key_end: int
    indent: int
    parent: Node | None = None
    start: int = 0
    end: int = 0
    style: Style = "none"
    complete: bool = True
    is_element: bool = False
    in_flow: bool = False
    children: list[Node] = field(default_factory=list)

    @property
    def path(self) -> tuple[str, ...]:
        """Return the keys that lead to this node, from the outermost."""
        keys: list[str] = []
        node: Node | None = self
        while node is not None and node.parent is not None:
            keys.append(node.key)
            node = node.parent
        return tuple(reversed(keys))

    def child(self, *keys: str) -> Node | None:
        """Return the node that is reached by keys, or None."""
        node = self
        for key in keys:
            found = next((child for child in node.children if child.key == key and child.complete), None)
            if found is None:
                return None
            node = found
        return node

    def value(self, text: str) -> str:
        """Return the value of a scalar; quotes are removed, and the escapes of quotes are decoded."""
        raw = text[self.start : self.end]
        if self.style == "single":
            return raw.strip("'").replace("''", "'")
        if self.style == "double":
            return _ESCAPE.sub(r"\1", raw.strip('"'))
        return raw if self.style in ("plain", "block") else ""

    def walk(self) -> Iterator[Node]:
        """Yield this node and all nodes below it, in the order of the text."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children))


def scan(text: str) -> Node:
    """Return the outermost node of a text. A text of more than 8 MiB is not scanned and has no children."""
    return _Scanner(text).run() if len(text) <= TEXT_LIMIT else Node("", 0, 0, -1)


def node_at(root: Node, offset: int) -> Node | None:
    """Return the deepest node whose key or value contains a place, or None outside all of them."""
    found, node = None, root
    while True:
        inside = next((child for child in _candidates(node, offset) if _covers(child, offset)), None)
        if inside is None:
            return found
        found = node = inside


def _candidates(node: Node, offset: int) -> list[Node]:
    """Return the child that starts last at or before a place (children are in the order of the text)."""
    low, high = 0, len(node.children)
    while low < high:
        middle = (low + high) // 2
        if node.children[middle].key_start <= offset:
            low = middle + 1
        else:
            high = middle
    return node.children[low - 1 : low] if low else []


def _covers(node: Node, offset: int) -> bool:
    return node.key_start <= offset <= max(node.key_end, node.end)


@dataclass(slots=True)
class _Scanner:
    text: str
    root: Node = field(default_factory=lambda: Node("", 0, 0, -1, style="mapping"))
    position: int = 0
    nodes: int = 0
    stack: list[Node] = field(default_factory=list)

    def run(self) -> Node:
        self.stack = [self.root]
        while self.position < len(self.text) and self.nodes < NODE_LIMIT:
            self._line()
        _close(self.root)
        return self.root

    def _line(self) -> None:
        start = self.position
        content = _SPACE.match(self.text, start).end()  # type: ignore[union-attr]  # matches the empty string
        end = self._line_end(start)
        self.position = end + 1
        if content >= end or self.text[content] in "#\r" or self.text.startswith(("---", "%"), start):
            return
        self._entry(content, len(self.text[start:content].expandtabs()), end)

    def _line_end(self, start: int) -> int:
        end = self.text.find("\n", start)
        return len(self.text) if end < 0 else end

    def _entry(self, start: int, column: int, end: int) -> None:
        """Scan what stands on a line from ``start`` on: elements of lists, then a key or a value."""
        while self.text[start] == "-" and self.text[start + 1 : start + 2] in ("", " ", "\r", "\n"):
            parent = self._parent(column, element=True)
            node = self._add(parent, str(len(parent.children)), start, start + 1, column)
            node.is_element = True
            self.stack.append(node)
            following = _SPACE.match(self.text, start + 1).end()  # type: ignore[union-attr]
            if following >= end or self.text[following] in "#\r" or len(self.stack) > DEPTH_LIMIT:
                return
            column += following - start
            start = following
        parent = self._parent(column, element=False)
        key_end, colon = self._key(start, end)
        if colon < 0:
            self._no_key(parent, start, end, column)
            return
        node = self._add(parent, _unquoted(self.text[start:key_end]), start, key_end, column)
        if len(self.stack) <= DEPTH_LIMIT:
            self.stack.append(node)
        self._value(node, colon + 1, end)

    def _parent(self, column: int, element: bool) -> Node:
        while len(self.stack) > 1:
            top = self.stack[-1]
            if top.indent < column or (top.indent == column and element and not top.is_element):
                break
            self.stack.pop()
        return self.stack[-1]

    def _key(self, start: int, end: int) -> tuple[int, int]:
        """Return the end of the key that starts here and the place of its colon; -1 if there is no key."""
        quoted = self._quoted(start, end)
        if quoted is not None:
            colon = _SPACE.match(self.text, quoted).end()  # type: ignore[union-attr]
            return quoted, colon if _COLON.match(self.text, colon, end) else -1
        if self.text[start] in "{[\"'|>#":
            return start, -1
        found = _COLON.search(self.text, start, end)
        if found is None or _COMMENT.search(self.text, start, found.start()):
            return start, -1
        return start + len(self.text[start : found.start()].rstrip()), found.start()

    def _quoted(self, start: int, limit: int) -> int | None:
        pattern = {'"': _DOUBLE, "'": _SINGLE}.get(self.text[start : start + 1])
        match = pattern.match(self.text, start, limit) if pattern is not None else None
        return match.end() if match else None

    def _no_key(self, parent: Node, start: int, end: int, column: int) -> None:
        """Scan a line without a key: the value of its parent, a further line of it, or a word being typed."""
        if parent.style == "plain" and not parent.children:
            parent.end = self._plain_end(start, end)
        elif parent.style == "none" and (parent.is_element or self.text[start] in "{[\"'|>*"):
            self._value(parent, start, end)
        else:
            stop = self._plain_end(start, end)
            node = self._add(parent, self.text[start:stop], start, stop, column)
            node.complete = False
            node.start = node.end = stop

    def _add(self, parent: Node, key: str, start: int, end: int, indent: int) -> Node:
        node = Node(key, start, end, indent, parent, start=end, end=end)
        parent.children.append(node)
        if parent.style in ("none", "plain"):
            parent.style = "list" if key == "0" and self.text[start] == "-" else "mapping"
        self.nodes += 1
        return node

    # --- values --------------------------------------------------------------------------

    def _value(self, node: Node, start: int, end: int) -> None:
        start = _SPACE.match(self.text, start).end()  # type: ignore[union-attr]
        while start < end and (match := _PROPERTY.match(self.text, start, end)):
            start = match.end()
        node.start = node.end = min(start, end)
        if start >= end or self.text[start] in "\r\n" or (self.text[start] == "#" and self.text[start - 1] in " \t"):
            return
        opening = self.text[start]
        if opening in "|>":
            self._block(node, start, end)
        elif opening in "{[":
            self._leave(_Flow(self, self._boundary(node, end)).collection(node, start, 0), end)
        elif opening in "\"'":
            self._quoted_value(node, start, end)
        else:
            node.style = "alias" if opening == "*" else "plain"
            node.end = self._plain_end(start, end)

    def _block(self, node: Node, start: int, end: int) -> None:
        node.style, node.start = "block", start
        boundary = self._boundary(node, end, closing="")
        node.end = max(start + 1, start + len(self.text[start:boundary].rstrip()))
        self.position = max(self.position, boundary)

    def _quoted_value(self, node: Node, start: int, end: int) -> None:
        node.style = "double" if self.text[start] == '"' else "single"
        stop = self._quoted(start, end)
        if stop is None:
            stop = self._quoted(start, self._boundary(node, end))
        node.start, node.end = start, end if stop is None else stop
        self._leave(node.end, end)

    def _leave(self, stop: int, end: int) -> None:
        """Go on behind a value that may have ended on a later line."""
        if stop > end:
            self.position = stop if self.text[stop - 1] == "\n" else self._line_end(stop) + 1

    def _plain_end(self, start: int, end: int) -> int:
        comment = _COMMENT.search(self.text, start, end)
        return start + len(self.text[start : comment.start() if comment else end].rstrip())

    def _boundary(self, node: Node, end: int, closing: str = "}]") -> int:
        """Return where the next line starts that is indented no deeper than the node's key: its value ends there."""
        start = end + 1
        while start < len(self.text):
            content = _SPACE.match(self.text, start).end()  # type: ignore[union-attr]
            blank = self.text[content : content + 1] in ("", "\n", "\r")
            if not blank and content - start <= node.indent and self.text[content] not in (closing or "\0"):
                return start
            start = self._line_end(start) + 1
        return len(self.text)


@dataclass(slots=True)
class _Flow:
    """Scans ``{...}`` and ``[...]``, up to ``limit`` if it is not closed."""

    scanner: _Scanner
    limit: int

    def collection(self, node: Node, start: int, depth: int) -> int:
        """Scan the collection that starts at ``start`` as the value of ``node``; return the place behind it."""
        text = self.scanner.text
        closing = "}" if text[start] == "{" else "]"
        node.style, node.start = ("mapping" if closing == "}" else "list"), start
        position = start + 1
        while position < self.limit and self.scanner.nodes < NODE_LIMIT:
            position = _GAP.match(text, position, self.limit).end()  # type: ignore[union-attr]
            if position >= self.limit:
                break
            char = text[position]
            if char in "}]":
                node.end = position + 1
                return position + 1
            position = position + 1 if char == "," else self._entry(node, position, closing, depth)
        node.end = start + len(text[start : self.limit].rstrip())
        return self.limit

    def _entry(self, parent: Node, start: int, closing: str, depth: int) -> int:
        if closing == "]":
            node = self.scanner._add(parent, str(len(parent.children)), start, start, parent.indent)
            node.is_element = node.in_flow = True
            return max(start + 1, self._value(node, start, depth))
        key_end, colon = self._key(start)
        key = _unquoted(self.scanner.text[start:key_end])
        node = self.scanner._add(parent, key, start, key_end, parent.indent)
        node.in_flow = True
        if colon < 0:
            node.complete = False
            return max(key_end, start + 1)
        node.start = node.end = colon + 1
        return self._value(node, _SPACE.match(self.scanner.text, colon + 1, self.limit).end(), depth)  # type: ignore[union-attr]

    def _key(self, start: int) -> tuple[int, int]:
        text = self.scanner.text
        quoted = self.scanner._quoted(start, self.limit)
        if quoted is not None:
            colon = _SPACE.match(text, quoted, self.limit).end()  # type: ignore[union-attr]
            return quoted, colon if text[colon : colon + 1] == ":" else -1
        end = self._plain_end(start)
        found = _FLOW_COLON.search(text, start, min(end + 1, self.limit))
        stop = found.start() if found else end
        return start + len(text[start:stop].rstrip()), found.start() if found else -1

    def _value(self, node: Node, start: int, depth: int) -> int:
        text = self.scanner.text
        while start < self.limit and (match := _PROPERTY.match(text, start, self.limit)):
            start = match.end()
        opening = text[start : start + 1] if start < self.limit else ""
        if opening in ("{", "[") and depth < DEPTH_LIMIT:
            return self.collection(node, start, depth + 1)
        stop = self.scanner._quoted(start, self.limit)
        if stop is not None:
            node.style, node.start, node.end = ("double" if opening == '"' else "single"), start, stop
            return stop
        stop = self._plain_end(start)
        node.start, node.end = start, start + len(text[start:stop].rstrip())
        if node.end > node.start:
            node.style = "alias" if opening == "*" else "plain"
        return max(stop, start)

    def _plain_end(self, start: int) -> int:
        found = _FLOW_END.search(self.scanner.text, start, self.limit)
        return found.start() if found else self.limit


def _unquoted(key: str) -> str:
    if key[:1] == '"':
        return _ESCAPE.sub(r"\1", key[1:-1])
    return key[1:-1].replace("''", "'") if key[:1] == "'" else key


def _close(root: Node) -> None:
    """Let the value of every block mapping and list reach to the end of its last child."""
    for node in reversed(list(root.walk())):
        if node.children and not node.in_flow:
            last = node.children[-1]
            node.end = max(node.end, last.end, last.key_end)
