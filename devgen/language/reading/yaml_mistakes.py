"""Explains why a text is not YAML, in plain words: the parser's messages speak of tokens and contexts.

Each function of ``_MISTAKES`` looks for one mistake near the place at which the parser stopped, and gives its own
place: for a quote that is never closed, that of the quote. The first that finds its mistake explains the error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from devgen.language.reading.yaml_stop import LONGEST_LINE, Change, Mistake, Stop

_SEARCHED = 100_000
"""Characters before the error in which an open quote is looked for."""

_MOST_LINES = 5000
"""Most lines before the error that are looked at."""

_KEY = r"[A-Za-z_][\w\[\]-]*"
_NO_SPACE = re.compile(rf"([ ]*(?:- +)?)({_KEY}):([^\s:/][^#]*)")
_ASSIGNED = re.compile(rf"[ ]*({_KEY}) *=(?!=) *(.*)")
_TAG = re.compile(r"(?:[:,\[{]\s|-\s|^)\s*(![A-Za-z_(][^,}\]#\n]*)")
_VALUE = re.compile(rf"[ ]*(?:- +)*(?:{_KEY}|'[^'\n]*'|\"[^\"\n]*\"): +(.*)")
_SPECIAL = {
    "*": "begins an alias in YAML",
    "&": "begins an anchor in YAML",
    "|": "begins a block of lines in YAML",
    ">": "begins a block of lines in YAML",
    "?": "begins a key in YAML",
    "%": "cannot begin a text in YAML",
    "@": "cannot begin a text in YAML",
    "`": "cannot begin a text in YAML",
}
_COMMENTS = ("//", "/*", ";", "--")
_INSIDE = {
    "'": "write '' for a ' inside '...', or use double quotes",
    '"': 'write \\" for a " inside "...", or use single quotes',
}
_OPENING = {"}": "{", "]": "["}


def explain(stop: Stop) -> Mistake:
    """Return what is wrong, in plain words where the mistake is known."""
    for look in _MISTAKES:
        found = look(stop)
        if found is not None:
            return found
    return Mistake(stop.index, f"{stop.problem} {stop.context}".strip(), "")


def _tab(stop: Stop) -> Mistake | None:
    for number, line in stop.near():
        column = line.find("\t")
        if column >= 0 and not line[:column].strip():
            return Mistake(stop.at(number, column), "a tab in the indentation", "a tab; indent with spaces")
    return None


def odd_indentation(spaces: str, index: int) -> Mistake:
    """Explain an indentation of characters that look like spaces, where they begin."""
    name = unicodedata.name(spaces[0], "a character").lower()
    change = Change(index, len(spaces), " " * len(spaces), "write spaces")
    problem = f"the character {name} (U+{ord(spaces[0]):04X}) in the indentation"
    return Mistake(index, problem, "indent with spaces", len(spaces), change)


def _open_quote(stop: Stop) -> Mistake | None:
    if "quoted scalar" in stop.context and "end of stream" in stop.problem and stop.start is not None:
        return Mistake(stop.start, "this quote is never closed", "close it at the end of the text")
    last = None
    for start, end in _quoted(stop.text, stop.index):
        if "\n" in stop.text[start:end] and end <= stop.index:
            last = start
    if last is None or stop.text.count("\n", last, stop.index) == 0:
        return None
    quote = stop.text[last]
    return Mistake(last, f"this {quote} is not closed on its line", f"close it with {quote} at the end of the text")


def _quoted(text: str, until: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of the quoted texts that begin a value, up to ``until``."""
    position = text.rfind("\n", 0, max(0, until - _SEARCHED)) + 1
    pattern = re.compile(r"(?:[:\-,\[{]\s+|[\[{]|^[ ]*)(['\"])", re.MULTILINE)
    while (match := pattern.search(text, position, until)) is not None:
        start, quote = match.start(1), match[1]
        end = start + 1
        while end < len(text) and text[end] != quote:
            end += 2 if quote == '"' and text[end] == "\\" else 1
            if quote == "'" and text[end : end + 2] == "''":
                end += 2
        yield start, min(end + 1, len(text))
        position = min(end + 1, len(text))


def _apostrophe(stop: Stop) -> Mistake | None:
    """A quote inside a quoted text: ``'the device's title'``."""
    line_start = stop.text.rfind("\n", 0, stop.index) + 1
    for start, end in _quoted(stop.text[line_start:], stop.index - line_start + 1):
        index = line_start + end
        if index <= stop.index + 1 and stop.text[index : index + 1].isalnum():
            whole = stop.line(stop.number)[start:].rstrip()
            quote = whole[0]
            change = _other_quotes(whole, line_start + start)
            return Mistake(index - 1, f"this {quote} ends the text", _INSIDE[quote], change=change)
    return None


def _other_quotes(whole: str, index: int) -> Change | None:
    """Return the change of the quotes around a text that has one inside, if it needs no escapes then."""
    quote, inner = whole[0], whole[1:-1]
    other = '"' if quote == "'" else "'"
    if not (whole.endswith(quote) and inner) or other in inner or "\\" in inner:
        return None
    return Change(index, len(whole), f"{other}{inner}{other}", f"use {other}")


def _tag(stop: Stop) -> Mistake | None:
    for number, line in stop.near():
        match = _TAG.search(line)
        if match is not None:
            return tag_mistake(match[1].rstrip(), stop.at(number, match.start(1)))
    return None


def indented_dash(text: str, start: int, end: int) -> Mistake | None:
    """Explain a list's element, from ``start`` to ``end``, in which a line begins with a dash; None for another."""
    match = re.compile(r"\n( *)- ").search(text, start, end)
    if match is None:
        return None
    first = text[text.rfind("\n", 0, start) + 1 : start]
    present, wanted = len(match[1]), len(first) - len(first.lstrip(" "))
    return _wrongly_indented(match.start(1), present, wanted) if first.strip() == "-" else None


def tag_mistake(text: str, index: int) -> Mistake:
    """Explain a text that begins with ``!``, where it begins."""
    word = text[1:]
    if word.isidentifier():
        change = Change(index, len(text), f"'not {word}'", f"write 'not {word}'")
        return Mistake(index, "`!` begins a tag in YAML", f"quote it, and write `not`: 'not {word}'", len(text), change)
    return Mistake(index, "`!` begins a tag in YAML", "quote it, and write `not` for `!`", len(text))


def _no_space(stop: Stop) -> Mistake | None:
    for number, line in stop.near():
        found = missing_space(line, stop.at(number, 0))
        if found is not None:
            return found
    return None


def missing_space(line: str, start: int) -> Mistake | None:
    """Explain a line such as ``at:4``, which begins at the index ``start``; None for another line."""
    match = _NO_SPACE.fullmatch(line.rstrip()[:LONGEST_LINE])
    if match is None:
        return None
    colon = start + match.end(2)
    change = Change(colon + 1, 0, " ", "write a space after the colon")
    return Mistake(colon, "no space after the colon", f"write `{match[2]}: {match[3].strip()}`", 1, change)


def _no_colon(stop: Stop) -> Mistake | None:
    if "could not find expected ':'" not in stop.problem:
        return None
    number = stop.text.count("\n", 0, stop.start) if stop.start is not None else stop.number
    line, start = stop.line(number), stop.at(number, 0)
    text, column = line.strip(), len(line) - len(line.lstrip())
    if text.startswith(_COMMENTS):
        return _comment(text, start + column)
    before = next((other for other in reversed(stop.lines[max(0, number - 50) : number]) if other.strip()), "")
    if (block := re.search(r"([\w\[\]-]+): +[|>][-+\d]*\s*(?:#.*)?$", before)) and _indent(before) >= column:
        problem = f"the lines of '{block[1]}' do not stand further right than it"
        return Mistake(start + column, problem, f"indent them further than '{block[1]}'")
    return _equals(line, start) or _no_colon_after(text, start + column)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _comment(text: str, index: int) -> Mistake:
    change = Change(index, 2, "#", "write #") if text.startswith(("//", "--")) else None
    return Mistake(index, "a comment begins with #", "write # before the comment", 2, change)


def _comment_after(stop: Stop) -> Mistake | None:
    """A comment of another language behind a value in brackets or quotes."""
    text = stop.text[stop.index : stop.index + 100]
    return _comment(text, stop.index) if text.startswith(_COMMENTS) and "expected" in stop.problem else None


def _stray_dash(stop: Stop) -> Mistake | None:
    if "did not find expected key" not in stop.problem or not re.match(r"-(?:\s|$)", stop.text[stop.index :][:2]):
        return None
    hint = "remove the `-`, or indent the list under its key"
    return Mistake(stop.index, "`-` begins an element of a list, but here are keys", hint)


def _line_without_colon(stop: Stop) -> Mistake | None:
    """The line before the one with the unexpected colon: ``at 0``, which goes on in ``width: 32``."""
    if "mapping values" not in stop.problem:
        return None
    line = stop.line(stop.number)
    for number, before in list(stop.near())[1:]:
        if _indent(before) == _indent(line) and ":" not in before and re.match(rf" *{_KEY} +\S", before):
            return _no_colon_after(before.strip(), stop.at(number, _indent(before)))
    return None


def _escape(stop: Stop) -> Mistake | None:
    if "escape character" not in stop.problem:
        return None
    hint = 'write \\\\ for a backslash inside "...", or use single quotes'
    return Mistake(stop.index, f"`{stop.text[stop.index : stop.index + 2]}` is no escape", hint, 2)


def _nothing_in_flow(stop: Stop) -> Mistake | None:
    if "node content" not in stop.problem or "flow" not in stop.context:
        return None
    if stop.text[stop.index : stop.index + 1] == ",":
        return Mistake(stop.index, "nothing stands before this comma", "remove it, or write what is missing")
    return _hidden_end(stop, stop.start, "") if stop.start is not None else None


def _equals(line: str, start: int) -> Mistake | None:
    match = _ASSIGNED.fullmatch(line)
    if match is None:
        return None
    change = Change(start + match.end(1), match.start(2) - match.end(1), ": ", "write a colon")
    hint = f"write `{match[1]}: {match[2]}`"
    return Mistake(start + line.index("="), "a key is followed by a colon, not `=`", hint, 1, change)


def _no_colon_after(text: str, index: int) -> Mistake | None:
    word = re.match(_KEY, text)
    if word is None:
        return None
    change = Change(index + word.end(), 0, ":", "write a colon")
    return Mistake(index, f"no colon after '{word[0]}'", f"write `{word[0]}:`", word.end(), change)


def _special(stop: Stop) -> Mistake | None:
    match = _VALUE.fullmatch(stop.line(stop.number))
    if match is None or match[1][:1] not in _SPECIAL:
        return None
    value = re.split(r"\s#", match[1])[0].rstrip()
    index, simple = stop.at(stop.number, match.start(1)), not set("'\"\\{}[],") & set(value)
    change = Change(index, len(value), f"'{value}'", "quote it") if simple else None
    hint = f"quote the text: '{value}'" if simple else "quote the text"
    shown = "a backtick" if value[0] == "`" else f"`{value[0]}`"
    return Mistake(index, f"{shown} {_SPECIAL[value[0]]}", hint, len(value), change)


def _indentation(stop: Stop) -> Mistake | None:
    block = "block" in stop.context or "mapping values" in stop.problem or "document start" in stop.problem
    line = stop.line(stop.number)
    if not block or not line.strip():
        return None
    present = len(line) - len(line.lstrip(" "))
    open_levels = _levels(stop)
    if not open_levels or present in open_levels or (present > open_levels[-1] and _opens(stop)):
        return None
    wanted = open_levels[-1]
    return _wrongly_indented(stop.at(stop.number, 0), present, wanted)


def _wrongly_indented(start: int, present: int, wanted: int) -> Mistake:
    """Return the mistake of a line that begins at the index ``start``."""
    change = Change(start, present, " " * wanted, f"indent by {wanted}")
    problem = f"this line has {present} space{'s' * (present != 1)} before it, its neighbours {wanted}"
    return Mistake(start + present, problem, "indent lines that belong together alike", 1, change)


def _opens(stop: Stop) -> bool:
    """Whether the last line before that of the error is a key without a value, which more indentation follows."""
    _, before = list(stop.near())[-1]
    return before.split(" #")[0].rstrip().endswith((":", "-"))


def _levels(stop: Stop) -> list[int]:
    """Return the indentations that are open before the line of the error, the innermost last."""
    levels: list[int] = []
    for number in range(max(0, stop.number - _MOST_LINES), stop.number):
        line = stop.lines[number]
        if line.strip() and not line.lstrip().startswith("#"):
            indent = len(line) - len(line.lstrip(" "))
            levels = [*(level for level in levels if level < indent), indent]
    return levels


def _second_colon(stop: Stop) -> Mistake | None:
    match = _VALUE.fullmatch(stop.line(stop.number)) if "mapping values" in stop.problem else None
    if match is None or ":" not in match[1]:
        return None
    value = match[1].rstrip()
    index, simple = stop.at(stop.number, match.start(1)), not set("'\"\\#") & set(value)
    change = Change(index, len(value), f"'{value}'", "quote it") if simple else None
    return Mistake(stop.index, "a second colon in the value", "quote a text that contains `: `", 1, change)


def _brackets(stop: Stop) -> Mistake | None:
    char = stop.text[stop.index : stop.index + 1]
    if char in _OPENING and "expected" in stop.problem and "flow" not in stop.context:
        return Mistake(stop.index, f"this {char} closes nothing", f"remove it, or open it with {_OPENING[char]}")
    if "flow" not in stop.context or stop.start is None:
        return None
    open_char = stop.text[stop.start : stop.start + 1]
    if char in _OPENING and open_char in ("{", "[") and open_char != _OPENING[char]:
        closing = "}" if open_char == "{" else "]"
        change = Change(stop.index, 1, closing, f"write {closing}")
        return Mistake(stop.index, f"this {char} does not close the {open_char}", f"write {closing}", 1, change)
    # Where the text ends behind a bracket, the parser gives the place of the value that is missing.
    start = stop.start if stop.start < len(stop.text) else len(stop.text.rstrip()) - 1
    opening = stop.text[start] if start >= 0 else ""
    if opening not in ("{", "["):
        return None
    closing = "}" if opening == "{" else "]"
    if stop.text.count("\n", start, stop.index) or stop.start > start:
        return _hidden_end(stop, start, closing) or Mistake(
            start, f"this {opening} is not closed", f"close it with {closing}"
        )
    return Mistake(
        stop.index,
        f"a comma or {closing} is missing before this",
        "inside { } and [ ], quote text that holds one of , [ ] { } or a colon and a space",
    )


def _hidden_end(stop: Stop, start: int, closing: str) -> Mistake | None:
    """A bracket whose end a comment hides: ``{at: #10}``."""
    end = stop.text.find("\n", start)
    match = re.search(r"\s(#)", stop.text[start:end][:LONGEST_LINE])
    if match is None or closing not in stop.text[start + match.start() : end]:
        return None
    hint = "quote a text that begins with #; numbers in hexadecimal are written `0x10`"
    return Mistake(start + match.start(1), "`#` begins a comment", hint)


def _not_in_list(stop: Stop) -> Mistake | None:
    if "'-' indicator" not in stop.problem:
        return None
    hint = "begin each element with `- `, or indent the key less"
    return Mistake(stop.index, "a key among the elements of a list", hint)


_MISTAKES: tuple[Callable[[Stop], Mistake | None], ...] = (
    _tab,
    _escape,
    _comment_after,
    _line_without_colon,
    _nothing_in_flow,
    _tag,
    _special,
    _apostrophe,
    _open_quote,
    _no_space,
    _no_colon,
    _indentation,
    _stray_dash,
    _brackets,
    _second_colon,
    _not_in_list,
)
