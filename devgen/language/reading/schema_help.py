"""What to write instead of a key or a value that the schema refuses: synonyms first, then near spellings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from devgen.common.near_names import nearest_names
from devgen.language.diagnostics.places import Fix, Span
from devgen.language.diagnostics.reporting import offered
from devgen.language.model import Mark
from devgen.language.reading import access_words, notations, synonyms
from devgen.language.reading.mistaken_values import mistaken_value, odd_character
from devgen.language.reading.source_map import Key, Node, Sources
from devgen.language.reading.word_fixes import Suggestion, suggestion, word_fixes

NOTHING: Suggestion = {"hint": "", "fixes": ()}

_WORD = re.compile(r"[\w-]+")
_END_OF_KEY = re.compile(r"[:=\s]")
_GLUED = re.compile(r"(\w+):([^\s:].*)")
_UNCOLONED = re.compile(r"(\w+)(\s*=\s*|\s+)(\S.*)", re.DOTALL)
_COMMA = "inside { } a comma ends the value before it: quote text that holds one"
_EFFECT_WORDS = (
    "a written 1 clears: woclr, sets: woset, toggles: wot; a written 0 clears: wzc, sets: wzs, toggles: wzt; any write "
    "clears: wclr, sets: wset"
)
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
}


def missing_part_help(sources: Sources, node: dict[str, Any], name: str) -> str:
    """Return what is wrong with a register or field that changes one of an included file, which does not have it."""
    here = sources.key_mark(node, name).file
    others = [key for key in node if sources.key_mark(node, key).file != here]
    near = offered(nearest_names(name, others))
    known = f"; there are {', '.join(others[:10])}{', …' if len(others) > 10 else ''}" if others and not near else ""
    return f"no included file describes '{name}'{known}{near and f'; {near}'}"


def key_help(sources: Sources, node: dict[str, Any], key: str, schema: dict[str, Any]) -> Suggestion:
    """Return what to write instead of an unknown key of a mapping that has ``schema``."""
    known, value, mark = list(schema["properties"]), node[key], sources.key_mark(node, key)
    glued = _GLUED.fullmatch(key)
    if glued is not None and value is None and sources.line(mark.file, mark.line)[mark.column - 1 :].startswith(key):
        after = Mark(mark.file, mark.line, mark.column + glued.end(1) + 1)
        fix = Fix(Span(after, 0), " ", "write a space after the colon")
        return {"hint": f"write a space after the colon: `{glued[1]}: {glued[2]}`", "fixes": (fix,)}
    uncoloned = _UNCOLONED.fullmatch(key) if value is None else None
    if uncoloned is not None and synonyms.key_for(uncoloned[1], uncoloned[3], known) is not None:
        return _colon_help(sources, mark, key, uncoloned)
    if not _WORD.fullmatch(key):
        return {"hint": odd_character(key) or (_COMMA if sources.is_flow(node) else ""), "fixes": ()}
    if key.isdigit() and value is None and sources.is_flow(node):
        return {"hint": "inside { } a comma ends the value before it: write numbers without commas", "fixes": ()}
    meaning = synonyms.flag_meaning(key, value, known)
    if meaning is not None:
        return {"hint": f"in devgen this is `{meaning}`", "fixes": _pairs_fix(sources, node, key, meaning.pairs)}
    name = synonyms.key_for(key, value, known)
    hook = access_words.hook_for(value) if isinstance(value, str) and name in ("on_read", "on_write") else ""
    if hook:
        return {"hint": hook, "fixes": ()}
    note = synonyms.note_for_key(key, known) if name is None else ""
    if note:
        return {"hint": note, "fixes": ()}
    if name in access_words.ACCESS_KEYS and isinstance(value, str) and access_words.access_meanings(str(name), value):
        return _access_help(sources, node, str(name), value, key)
    if name is not None:
        usable = name not in node and synonyms.keeps_value(key) and _accepts(schema["properties"][name], value)
        hint = f"in devgen this is `{name}`" + (", which is given too" if name in node else "")
        within = _within(name, value, schema["properties"][name]) if isinstance(value, str | int) else ""
        if within and not usable and name not in node:
            hint = f"in devgen this is `{name}`; {within}"
        return {"hint": hint, "fixes": word_fixes(sources, mark, key, [name]) if usable else ()}
    if isinstance(value, dict) and "device" in value and "devices" in known:
        return {"hint": "it belongs under `devices`: indent it like the devices there", "fixes": ()}
    if isinstance(value, dict) and value and set(value) <= set(known):
        return {"hint": "it looks like an entry beside the one that it is in: indent it less", "fixes": ()}
    return suggestion(sources, mark, key, [name for name in known if name not in node] or known)


def _colon_help(sources: Sources, mark: Mark, key: str, match: re.Match[str]) -> Suggestion:
    """Explain ``at 0`` and ``at = 0`` in a mapping in braces."""
    fix = Fix(Span(Mark(mark.file, mark.line, mark.column + match.end(1)), len(match[2])), ": ", "write a colon")
    unbroken = sources.line(mark.file, mark.line)[mark.column - 1 :].startswith(key)
    return {"hint": f"a colon follows a key: `{match[1]}: {match[3]}`", "fixes": (fix,) if unbroken else ()}


def is_meant(name: str, node: dict[str, Any], unknown: Sequence[str]) -> bool:
    """Whether one of the unknown keys of a mapping, which are reported, means the key ``name``."""
    return any(
        synonyms.key_for(word, node.get(key), [name]) or nearest_names(word, [name])
        for key in unknown[:50]
        for word in [_END_OF_KEY.split(key, maxsplit=1)[0]]
    )


def _accepts(schema: dict[str, Any], value: object) -> bool:
    """Whether a value has a type that a property takes, as far as its schema says so itself."""
    wanted = schema.get("type")
    types = [wanted] if isinstance(wanted, str) else wanted
    if not types:
        return not isinstance(value, dict | list) or "$ref" in schema
    if "integer" in types and isinstance(value, str) and notations.as_number(value) is not None:
        return True  # the next check mends it
    return any(isinstance(value, _TYPES[name]) for name in types if name in _TYPES)


def enum_help(
    sources: Sources, node: Node, key: Key, value: object, allowed: Sequence[object], within: Key = ""
) -> Suggestion:
    """Return what to write instead of a value that is none of those allowed.

    ``within``: the key of the mapping, whose entries have names of the user's, such as `on_event`.
    """
    if not isinstance(value, str):
        return _word_help(sources, node, key, str(value), [str(word) for word in allowed], within)
    words = [str(word) for word in allowed]
    if key in access_words.ACCESS_KEYS:
        return _access_help(sources, node, str(key), value)
    number = notations.as_number(value)
    if number is not None and any(type(word) is int and word == int(number, 0) for word in allowed):
        return replaced(sources, node, key, value, number)
    return _word_help(sources, node, key, value, words, within)


def _word_help(sources: Sources, node: Node, key: Key, value: str, allowed: list[str], within: Key) -> Suggestion:
    for named in (key, within):
        name = synonyms.value_for(named, value, allowed) if isinstance(named, str) else None
        if name is not None:
            return replaced(sources, node, key, value, name, f"in devgen this is `{key}: {name}`")
    return suggestion(sources, sources.value_mark(node, key), value, allowed)


def _access_help(sources: Sources, node: Node, key: str, value: str, written: str = "") -> Suggestion:
    """Return what a word means as the value of ``key``, for which the file may have another key, ``written``."""
    hook = access_words.hook_for(value)
    if hook:
        return {"hint": hook, "fixes": ()}
    meanings = access_words.access_meanings(key, value)
    if meanings:
        told = " or ".join(f"`{meaning}`{f' ({meaning.note})' if meaning.note else ''}" for meaning in meanings)
        assert isinstance(node, dict)  # the keys of an access are in mappings
        fixes = [fix for meaning in meanings for fix in _pairs_fix(sources, node, written or key, meaning.pairs)]
        return {"hint": f"in devgen this is {told}", "fixes": fixes}
    near = [name for name in nearest_names(value, _ACCESS_WORDS[key]) if _is_close_effect(value, name)]
    if len(near) == 1:
        return {"hint": offered(near), "fixes": word_fixes(sources, sources.value_mark(node, key), value, near)}
    return {"hint": _EFFECT_WORDS if key == "write_effect" else "", "fixes": ()}


_ACCESS_WORDS = {
    "access": ("rw", "ro", "wo", "rw1", "w1"),
    "read_effect": ("rclr", "rset"),
    "write_effect": ("woclr", "woset", "wot", "wzs", "wzc", "wzt", "wclr", "wset"),
}


def _is_close_effect(value: str, name: str) -> bool:
    """Whether a word is so long, and begins so, that a mistyped letter does not turn an effect into its opposite."""
    return len(value) >= 4 and value[:2].casefold() == name[:2]


def form_help(sources: Sources, node: Node, key: Key, value: object, schema: dict[str, Any]) -> Suggestion:
    """Return what to write instead of a value of another type or form."""
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else types
    text = _as_text(value)
    if isinstance(value, str):
        mistake = mistaken_value(value, schema, types)
        if mistake is not None:
            hint, plain = mistake
            spelled = (reader(plain) for reader in _readers(schema, types)) if plain else ()
            plain = next((number for number in spelled if number is not None), plain)
            if plain and hint.startswith("it contains"):
                hint = f"{hint.rpartition(': ')[0]}: write `{plain}`"
            return replaced(sources, node, key, value, plain, hint) if plain else {"hint": hint, "fixes": ()}
    if isinstance(value, dict) and schema.get("title") == "statements":
        return {"hint": f"write `|` after the colon, and the statements on the lines after it: `{key}: |`", "fixes": ()}
    if "object" in types and isinstance(value, str | int):
        within = _within(key, value, schema)
        if within:
            return {"hint": within, "fixes": ()}
    for other in _readers(schema, types):
        wanted = other(text) if text is not None else None
        if wanted is not None and (wanted != value or "string" not in types):
            return replaced(sources, node, key, text or "", wanted)
    if isinstance(value, list) and "object" in types and "string" not in types:
        return {"hint": "entries stand by their names, without `-`: `NAME: ...`", "fixes": ()}
    if "array" in types and isinstance(value, str) and re.match(r"-\S", value):
        return {"hint": "write a space after each `-`", "fixes": _insertion(sources, node, key)}
    start = sources.value_mark(node, key)
    if value is None and sources.line(start.file, start.line)[start.column - 1 :].startswith("&"):
        return {"hint": "`&` begins an anchor in YAML", "fixes": ()}
    return {"hint": examples(schema), "fixes": ()}


def _within(key: Key, value: str | int, schema: dict[str, Any]) -> str:
    """Return where in a mapping a value belongs that stands in its place, or an empty string."""
    first = next(iter(schema.get("properties", {}).items()), None)
    if first is None and "additionalProperties" in schema:
        shown = f"{value:#x}" if isinstance(value, int) and value > 255 else value
        return f"give it a name: `{key}: {{NAME: {shown}}}`"
    if first is not None and value in first[1].get("enum", ()):
        return f"write `{key}: {{{first[0]}: {value}}}`"
    return ""


def _as_text(value: object) -> str | None:
    """Return a text, or the text of a list in brackets, such as `[3:0]` or `[1, 4]`."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and 0 < len(value) <= 2 and all(isinstance(word, str | int) for word in value):
        return ", ".join(map(str, value))
    return None


def _readers(schema: dict[str, Any], types: Sequence[str]) -> list[Callable[[str], str | None]]:
    found: list[Callable[[str], str | None]] = []
    if "boolean" in types:
        found.append(notations.as_boolean)
    by_title = notations.BY_TITLE.get(schema.get("title", "").removeprefix("range of "))
    if by_title is not None:
        found.append(by_title)
    if "integer" in types:
        found.append(notations.as_number)
    return found


def replaced(sources: Sources, node: Node, key: Key, value: str, wanted: str, hint: str = "") -> Suggestion:
    """Return the suggestion to write ``wanted`` in place of a value."""
    mark = sources.value_mark(node, key)
    span = raw_span(sources, mark, value)
    quoted = wanted == value and sources.line(mark.file, mark.line)[mark.column - 1 :][:1] in ("'", '"')
    hint = hint or f"write `{wanted}`{' without quotes' if quoted else ''}"
    return {"hint": hint, "fixes": (Fix(span, wanted, f"write {wanted}"),) if span else ()}


def raw_span(sources: Sources, mark: Mark, value: str) -> Span | None:
    """Return the characters of a value in its file, with quotes or brackets; None if it spans lines or is escaped."""
    rest = sources.line(mark.file, mark.line)[mark.column - 1 :]
    closing = {"'": "'", '"': '"', "[": "]"}.get(rest[:1], "")
    if closing:
        end = rest.find(closing, 1)
        return Span(mark, end + 1) if end > 0 and (closing == "]" or rest[1:end] == value) else None
    return Span(mark, len(value)) if value and rest.startswith(value) else None


def _pairs_fix(sources: Sources, node: dict[str, Any], key: str, pairs: access_words.Pairs) -> tuple[Fix, ...]:
    """Return the change of ``key: value`` to other keys and values, or none if the mapping has one of them already."""
    start, value = sources.key_mark(node, key), sources.value_mark(node, key)
    text = node[key] if isinstance(node[key], str) else json.dumps(node[key])
    span = raw_span(sources, value, text)
    if span is None or start.line != value.line or any(name in node and name != key for name, _ in pairs):
        return ()
    between = ", " if sources.is_flow(node) else "\n" + " " * (start.column - 1)
    written = between.join(f"{name}: {wanted}" for name, wanted in pairs)
    whole = Span(start, value.column + span.length - start.column)
    return (Fix(whole, written, "write " + ", ".join(f"{name}: {wanted}" for name, wanted in pairs)),)


def _insertion(sources: Sources, node: Node, key: Key) -> tuple[Fix, ...]:
    mark = sources.value_mark(node, key)
    after = Mark(mark.file, mark.line, mark.column + 1)
    single = raw_span(sources, mark, str(node[key])) if isinstance(node, dict) else None  # type: ignore[index]
    return (Fix(Span(after, 0), " ", "write a space after `-`"),) if single is not None else ()


def examples(schema: dict[str, Any]) -> str:
    """Return the examples of a form that has a title."""
    found = schema.get("examples", []) if "title" in schema else []
    shown = [json.dumps(example) if not isinstance(example, str) else example for example in found[:3]]
    return f"for example {', '.join(shown)}" if shown else ""
