"""Checks a text before it is passed to ``ast.parse``: its length, characters, words and nesting.

Python's parser is given only texts made of this language's tokens, of bounded size and depth, so that it can neither
exhaust the stack or the memory nor see a construct of Python's that the language does not have.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from dataclasses import field
from functools import lru_cache

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics.codes_behaviour import (
    BAD_CHARACTER,
    BAD_ESCAPE,
    BAD_NUMBER,
    NOT_IN_LANGUAGE,
    SYNTAX,
    TOO_DEEP,
    TOO_LONG,
)
from devgen.language.diagnostics.diagnostic import Kind

LONGEST = 16 * 1024
"""Bytes of one text."""

DEEPEST = 64
"""Most levels of nesting: blocks, brackets and chained operators."""

_TOKEN = re.compile(
    r"""[ \t]*(?:(?P<newline>\n)|(?P<comment>\#[^\n]*)|(?P<number>[0-9][0-9A-Za-z_.]*)"""
    r"""|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<escaped>`[^`\n]*`)|(?P<string>'[^'\n\\]*'|"[^"\n\\]*")"""
    r"""|(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,)"""
    r"""|(?P<operator><<=|>>=|//=|<<|>>|//|==|!=|<=|>=|\+=|-=|\*=|%=|&=|\|=|\^=|[-+*%&|^~<>=.:]))"""
)
_SPACE = re.compile(r"[ \t]*")
_NUMBER = re.compile(
    r"0[xX]_?[0-9a-fA-F]+(_[0-9a-fA-F]+)*|0[bB]_?[01]+(_[01]+)*|0[oO]_?[0-7]+(_[0-7]+)*|0|[1-9]\d*(_\d+)*"
)
_LONGEST_NUMBER = 520
_DIRECTIVE = re.compile(r"#(?:define\s+[A-Za-z_]|include\s*[<\"]|ifn?def\s+[A-Za-z_]\w*\s*$|endif\b|undef\s)")
_PREPROCESSOR = "a directive of C's preprocessor would be a comment here"
_NO_DIRECTIVES = "numbers have names under `constants`, and a property with `if` selects statements"
_BASED = re.compile(r"#[0-9a-fA-F_]+#")
"""What follows the base of a number of VHDL: ``16#1f#``."""

_OPERATOR_WORDS = frozenset(("and", "or", "not", "if", "else", "in", "for", "elif"))
_REFUSED_WORDS = frozenset(keyword.kwlist) - _OPERATOR_WORDS - {"pass"}
_INSTEAD = {
    "True": "write `true`",
    "False": "write `false`",
    "None": "there is no empty value; numbers are 0",
    "is": "compare with `==`",
    "while": "`for n in range(...)` has a bound",
    "return": "a function's body is an expression; an action's statements end at their end",
    "break": "guard the loop's body with `if`",
    "continue": "guard the loop's body with `if`",
    "def": "declare it under `functions:` or `actions:`",
    "lambda": "declare it under `functions:`",
    "**": "write `1 << n`, or multiply",
    "/": "whole numbers are divided by `//`",
    ":=": "`=` assigns; a local is declared with its type: `x: u32 = ...`",
    ";": "put statements on lines of their own",
    "{": "the statements of a block are indented, and bits are taken in brackets: `X[3:0]`",
    "}": "the statements of a block are indented",
    "/*": "a comment begins with #",
    "raise": "drive the interrupt, `intr = 1`, or give it a `level`",
    "assert": "ranges are checked when the device is built; `errors:` declares reports of a driver's mistakes",
    "del": "an array of state is cleared by assigning to its elements",
    "try": "nothing fails at run time: test the condition with `if`",
    "with": "there are no contexts",
    "import": "`include:` shares parts between descriptions",
    "from": "`include:` shares parts between descriptions",
    "global": "registers and state are reachable everywhere",
    "yield": "keep the position in `state`, and go on when a timer expires",
    "await": "keep the position in `state`, and go on when a timer expires",
    "@": "there is no such operator",
    "&&": "write `and`",
    "||": "write `or`",
    "!": "write `not`",
    "?": "write `a if test else b`",
    "\\": "inside brackets a line goes on by itself",
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PAIRS = {")": "(", "]": "["}
_DOUBLED = frozenset((":=", "**", "&&", "||"))
_STARTS = frozenset(token[0] for token in _DOUBLED)
_UNKNOWN_OPERATORS = ("&&", "||", ":=", "**", "/*", "/")
_SAME = {"&&": "and", "||": "or", "True": "true", "False": "false"}
"""Words of other languages, and the language's own that mean the same."""

_NEGATED = re.compile(r"[A-Za-z][\w.]*\s*(?:$|\n|\)|:|&&|\|\||\b(?:and|or|if|else)\b)")
"""What may follow `!` so that `not`, which binds less tightly, means the same."""

_NUMBERS = "numbers are written `12`, `0x1c`, `0b101`, `0o17`, with single `_` between digits"


def is_escapable(name: str) -> bool:
    """Whether a name must be written in backticks: only Python keywords, which its grammar does not accept as names."""
    return keyword.iskeyword(name)


@dataclass(slots=True, frozen=True)
class Refusal:
    """Why a text is refused: the diagnostic's kind, the place (line from 1, column from 0) and its values."""

    kind: Kind
    line: int
    column: int
    length: int = 1
    hint: str = ""
    values: dict[str, object] = field(default_factory=dict)
    instead: tuple[str, ...] = ()


@dataclass(slots=True)
class _Group:
    """One open bracket: how deep its present element is, and the deepest element before it.

    Chained operators nest (``a + b + c`` is two levels); ``operand`` is the depth of the present operand with its dots
    and brackets, ``inner`` that of the deepest before it.
    """

    bracket: str
    line: int
    column: int
    operators: int = 0
    operand: int = 0
    inner: int = 0
    deepest: int = 0

    def total(self) -> int:
        return max(self.deepest, self.operators + max(self.inner, self.operand))

    def next_operand(self) -> None:
        self.inner, self.operand = max(self.inner, self.operand), 0

    def next_element(self) -> None:
        self.deepest, self.operators, self.operand, self.inner = self.total(), 0, 0, 0


@dataclass(slots=True)
class Scanner:
    """Scans a text once. After ``scan`` returned None, ``clean`` is the text without comments."""

    text: str
    clean: str = ""
    line: int = 1
    start: int = 0
    previous: str = "newline"
    adjacent: bool = False
    groups: list[_Group] = field(default_factory=lambda: [_Group("", 1, 0)])
    indents: list[list[int]] = field(default_factory=lambda: [[0, 0]])
    comments: list[tuple[int, int]] = field(default_factory=list)
    escapes: list[tuple[int, int]] = field(default_factory=list)

    def scan(self) -> Refusal | None:
        """Return why the text is refused, or None if it may be parsed."""
        if len(self.text) > LONGEST:
            return Refusal(TOO_LONG, 1, 0, values={"characters": len(self.text), "limit": LONGEST})
        position = 0
        for match in _TOKEN.finditer(self.text):
            if match.start() != position:
                break
            kind = match.lastgroup or ""
            token, start = match[kind], match.start(kind)
            if self.previous == "newline" and not self.groups[1:] and kind not in ("newline", "comment"):
                self._indent(start - self.start)
            self.adjacent = start == position
            found = _HANDLERS[kind](self, token, start - self.start)
            if found:
                return found
            position = match.end()
            self.previous = kind
        space = _SPACE.match(self.text, position)
        position = space.end() if space else position
        return self._stray(position) if position != len(self.text) else self._finish(position)

    def _finish(self, position: int) -> Refusal | None:
        if self.groups[1:]:
            group = self.groups[-1]
            return Refusal(SYNTAX, group.line, group.column, values={"reason": f"'{group.bracket}' is never closed"})
        found = self._end_of_line(position - self.start)
        self.clean = self._spelled()
        return found

    def _spelled(self) -> str:
        """The text with ```name``` as ``_name_``, which Python's grammar reads, and without comments."""
        if self.escapes:
            chars = list(self.text)
            for start, end in self.escapes:
                chars[start] = chars[end - 1] = "_"
            self.text = "".join(chars)
        return self._without_comments() if self.comments else self.text

    def _without_comments(self) -> str:
        kept, position = [], 0
        for start, end in self.comments:
            kept.append(self.text[position:start])
            position = end
        return "".join([*kept, self.text[position:]])

    def _stray(self, position: int) -> Refusal:
        column = position - self.start
        for known in _UNKNOWN_OPERATORS:
            if self.text.startswith(known, position):
                return self._refuse_word(known, column)
        char = self.text[position]
        if char in _INSTEAD:
            return self._refuse_word(char, column)
        if char in "'\"":
            from devgen.language.behaviour.other_languages import explain_line

            idiom = explain_line(self._line())
            if idiom is not None and idiom.column <= column < idiom.column + idiom.length:
                instead = () if idiom.new is None else (idiom.new,)
                values: dict[str, object] = {"reason": idiom.problem}
                return Refusal(SYNTAX, self.line, idiom.column, idiom.length, idiom.hint, values, instead)
            reason = "a string must end on its line and contain no backslash"
            return Refusal(SYNTAX, self.line, column, values={"reason": reason})
        from devgen.language.behaviour.other_languages import character_help

        return Refusal(BAD_CHARACTER, self.line, column, 1, character_help(self._line(), column), {"char": char})

    def _line(self) -> str:
        end = self.text.find("\n", self.start)
        return self.text[self.start : end if end >= 0 else len(self.text)]

    def _refuse_word(self, word: str, column: int) -> Refusal:
        escape = f"a thing of this name is written in backticks: `{word}`" if keyword.iskeyword(word) else ""
        from devgen.language.behaviour.other_languages import statement_help

        told = statement_help(word, self._line(), column)
        hint = told or "; ".join(filter(None, (_INSTEAD.get(word, ""), escape)))
        return Refusal(
            NOT_IN_LANGUAGE, self.line, column, len(word), hint, {"what": f"`{word}`"}, self._instead(word, column)
        )

    def _instead(self, word: str, column: int) -> tuple[str, ...]:
        """Return the text to write in place of a word of another language, where it means the same."""
        start = self.start + column
        rest = self.text[start + len(word) :]
        if word == "!" and _NEGATED.match(rest):
            return ("not ",)
        if word == ";" and not rest.partition("\n")[0].strip():
            return ("",)
        spaced = self.text[:start].endswith(" ") and rest.startswith(" ")
        return (_SAME[word],) if word in _SAME and (spaced or word.isalpha()) else ()

    def _indent(self, width: int) -> None:
        while self.indents[1:] and self.indents[-1][0] > width:
            self.indents.pop()
        if width > self.indents[-1][0]:
            self.indents.append([width, 0])

    def _newline(self, _: str, column: int) -> Refusal | None:
        found = None if self.groups[1:] else self._end_of_line(column)
        self.line += 1
        self.start += column + 1
        return found

    def _end_of_line(self, column: int) -> Refusal | None:
        """Check the depth of the logical line that ends here."""
        group = self.groups[0]
        depth = group.total() + sum(1 + chained for _, chained in self.indents)
        self.groups[0] = _Group("", self.line, column)
        return self._too_deep(column) if depth > DEEPEST else None

    def _too_deep(self, column: int) -> Refusal:
        return Refusal(TOO_DEEP, self.line, max(0, column - 1), values={"limit": DEEPEST})

    def _comment(self, token: str, column: int) -> Refusal | None:
        based = _BASED.match(token) if self.adjacent and self.previous == "number" else None
        if based is not None:
            hint = "write `0x1f` for 16#1f#, `0b101` for 2#101#"
            values: dict[str, object] = {"text": f"...{based[0]}", "why": "`#` begins a comment"}
            return Refusal(BAD_NUMBER, self.line, column, len(based[0]), hint, values)
        if self.previous == "newline" and _DIRECTIVE.match(token):
            return Refusal(SYNTAX, self.line, column, len(token), _NO_DIRECTIVES, {"reason": _PREPROCESSOR})
        self.comments.append((self.start + column, self.start + column + len(token)))
        return None

    def _number(self, token: str, column: int) -> Refusal | None:
        if len(token) <= _LONGEST_NUMBER and _NUMBER.fullmatch(token):
            return None
        if token.isdigit() and token.startswith("0"):
            why = "a decimal number must not start with 0"
            hint = f"write `{token.lstrip('0') or 0}`, or `0o17` for an octal number"
        elif ".." in token:
            why, hint = "numbers are whole", "bits are written with a colon: `X[3:0]`"
        elif "." in token:
            why, hint = "numbers are whole", "choose a smaller unit, and count in it"
        else:
            why, hint = "other characters follow its digits", _NUMBERS
        from devgen.language.behaviour.other_languages import explain_number

        number = explain_number(token)
        hint = hint if number is None else f"write `{number}`"
        instead = () if number is None else (number,)
        return Refusal(BAD_NUMBER, self.line, column, len(token), hint, {"text": token, "why": why}, instead)

    def _word(self, token: str, column: int) -> Refusal | None:
        if token in _REFUSED_WORDS:
            return self._refuse_word(token, column)
        if token.startswith("_"):
            return Refusal(
                BAD_CHARACTER, self.line, column, values={"char": "_"}, hint="names must start with a letter"
            )
        if self.previous == "newline" and token in ("if", "elif"):
            self.indents[-1][1] = 0 if token == "if" else self.indents[-1][1] + 1
        elif token in _OPERATOR_WORDS:
            return self._count(column)
        return None

    def _escaped(self, token: str, column: int) -> Refusal | None:
        name = token[1:-1]
        if self.adjacent and self.previous in ("word", "number", "string", "escaped"):
            return Refusal(NOT_IN_LANGUAGE, self.line, column, values={"what": "a joined name"})
        if not is_escapable(name):
            spelled = f"write `{name}` without backticks" if _WORD.fullmatch(name) else "names are words"
            return Refusal(BAD_ESCAPE, self.line, column, len(token), spelled, {"name": name})
        start = self.start + column
        self.escapes.append((start, start + len(token)))
        return None

    def _string(self, token: str, column: int) -> Refusal | None:
        if self.previous == "string" or (self.adjacent and self.previous in ("word", "number", "escaped")):
            from devgen.language.behaviour.other_languages import explain_number

            number = explain_number(self._line()[max(0, column - 1) : column] + token)
            hint = f"write `{number}`" if number else ""
            what: dict[str, object] = {"what": "a joined or prefixed string"}
            return Refusal(NOT_IN_LANGUAGE, self.line, column, len(token), hint, what)
        if not (token.isascii() and token.isprintable()):
            return Refusal(BAD_CHARACTER, self.line, column, values={"char": token})
        return None

    def _operator(self, token: str, column: int) -> Refusal | None:
        if token == ".":
            self.groups[-1].operand += 1
            return None
        if token in _STARTS:
            following = self.text[self.start + column + len(token) : self.start + column + len(token) + 1]
            if token + following in _DOUBLED:
                return self._refuse_word(token + following, column)
        return self._count(column)

    def _count(self, column: int) -> Refusal | None:
        self.groups[-1].operators += 1
        self.groups[-1].next_operand()
        return self._too_deep(column + 1) if self.groups[-1].operators > DEEPEST else None

    def _open(self, token: str, column: int) -> Refusal | None:
        self.groups.append(_Group(token, self.line, column))
        return self._too_deep(column + 1) if len(self.groups) > DEEPEST else None

    def _close(self, token: str, column: int) -> Refusal | None:
        group = self.groups[-1]
        if group.bracket != _PAIRS[token]:
            return Refusal(SYNTAX, self.line, column, values={"reason": f"'{token}' has no matching opening bracket"})
        self.groups.pop()
        outer = self.groups[-1]
        outer.operand = max(outer.operand, group.total()) + 1
        return self._too_deep(column + 1) if outer.operand > DEEPEST else None

    def _comma(self, _: str, __: int) -> None:
        self.groups[-1].next_element()


_HANDLERS: dict[str, Callable[[Scanner, str, int], Refusal | None]] = {
    "newline": Scanner._newline,
    "comment": Scanner._comment,
    "number": Scanner._number,
    "word": Scanner._word,
    "escaped": Scanner._escaped,
    "string": Scanner._string,
    "open": Scanner._open,
    "close": Scanner._close,
    "comma": Scanner._comma,
    "operator": Scanner._operator,
}


def scan(text: str) -> Refusal | str:
    """Return the text without comments, with ```name``` as ``_name_``, or why it may not be parsed."""
    return _scan_short(text) if len(text) <= _SHORT else _scan(text)


def _scan(text: str) -> Refusal | str:
    scanner = Scanner(text)
    return scanner.scan() or scanner.clean


_SHORT = 1024
_scan_short = lru_cache(maxsize=1024)(_scan)
"""Fragments repeat texts in each device that includes them. Only short texts are kept: at most 2 MiB in all."""
