"""Renaming a part of a device, wherever it is named: in descriptions, in behaviour, and on boards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devgen.editor.checks import Checks
from devgen.editor.device_names import Entry, Names
from devgen.editor.occurrences import Occurrence
from devgen.editor.project_names import Place, ProjectNames, find
from devgen.editor.schema_guide import place_of
from devgen.editor.source_file import SourceFile, Span
from devgen.editor.workspace import Workspace
from devgen.editor.yaml_outline import node_at
from devgen.language.behaviour.text_limits import is_escapable
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.scope import why_reserved


class RenameRefused(Exception):
    """Why a name cannot be changed; the message is for people."""


@dataclass(slots=True, frozen=True)
class Edit:
    """A change of a file's text."""

    span: Span
    text: str


def renamable(file: SourceFile, offset: int, project: ProjectNames) -> tuple[Span, str]:
    """Return the place and the present name of what would be renamed. Raises RenameRefused."""
    occurrence = _named(file, offset, project)
    start, end = _inner(file, occurrence)
    return file.span(start, end), occurrence.name


def rename(file: SourceFile, offset: int, new: str, project: ProjectNames) -> list[Edit]:
    """Return the edits that give a part another name. Raises RenameRefused."""
    occurrence = _named(file, offset, project)
    entry = occurrence.entry
    assert entry is not None
    if new == entry.name:
        return []
    _check_form(new, entry)
    places = project.places_of(entry, file)
    _check_free(new, entry, places, project)
    outside = next((place.file for place in places if not project.workspace.is_own(place.file.path)), None)
    if outside is not None:
        raise RenameRefused(f"{outside.path} names it too, and lies outside the workspace")
    edits = [edit for place in places for edit in _edits(place, new)]
    _verify(edits, project)
    return edits


def _named(file: SourceFile, offset: int, project: ProjectNames) -> Occurrence:
    occurrence = project.occurrence_at(file, offset)
    if occurrence is None:
        raise RenameRefused("there is no name here that can be changed")
    if occurrence.entry is None:
        raise RenameRefused(f"'{occurrence.name}' is a word of the language")
    return occurrence


def _inner(file: SourceFile, occurrence: Occurrence) -> tuple[int, int]:
    quoted = file.text[occurrence.start : occurrence.start + 1] == "`"
    return occurrence.start + quoted, occurrence.end - quoted


def _check_form(new: str, entry: Entry) -> None:
    """Refuse a text that is no name, or that the behaviour language uses itself."""
    definition = "deviceName" if entry.kind in ("device", "device on the board") else "name"
    rules = place_of("device", ("device",) if definition == "deviceName" else ("timers", "t", "counter"))
    if rules is not None and not re.fullmatch(rules.rules["pattern"].removesuffix("$"), new):
        raise RenameRefused(f"'{new}' is not a name: {rules.rules.get('title', 'a name')} such as 'CTRL' or 'rx_fifo'")
    if rules is not None and len(new) > rules.rules["maxLength"]:
        raise RenameRefused(f"the name is longer than {rules.rules['maxLength']} characters")
    reason = "" if definition == "deviceName" else why_reserved(new)
    if reason:
        raise RenameRefused(f"'{new}' cannot be used: {reason}")
    if entry.path[0] == "local" and is_escapable(new):
        raise RenameRefused(f"'{new}' cannot be the name of a {entry.kind}: it is a keyword")


def _check_free(new: str, entry: Entry, places: list[Place], project: ProjectNames) -> None:
    """Refuse a name that something else in the same scope has."""
    for file in {place.file.path: place.file for place in places}.values():
        if file.kind == "board" or entry.path[0] in ("device", "placement"):
            _check_on_board(new, entry, file, project)
            continue
        for device in project.workspace.devices_of(file):
            names = project.names(device)
            other = _clash(new, entry, names, find(names, entry.root.path))
            if other is not None:
                raise RenameRefused(f"'{new}' is taken: {device.path.name} has the {other.title}")
    if entry.path[0] == "local" and any(new in _words(place) for place in places):
        raise RenameRefused(f"'{new}' is used in the same text")


def _clash(new: str, entry: Entry, names: Names, same: Entry | None) -> Entry | None:
    """Return what has the new name in the same scope; ``same`` is the entry in the device's own names."""
    scopes = {"region": names.regions, "type": names.types, "enumeration": names.enumerations}
    if entry.kind in scopes:
        return scopes[entry.kind].get(new)
    owner = same.owner if same is not None else None
    if owner is None:
        return names.entries.get(new) or _hiding_member(new, names.entries)
    for other in names.all():  # the owner, and what takes its members by `type`
        member = other.members.get(entry.name)
        if member is not None and member.root is same and new in other.members:
            return other.members[new]
    return names.entries.get(new) if owner.has_registers else None


def _hiding_member(new: str, entries: dict[str, Entry]) -> Entry | None:
    """Return a member of a register file that would hide the new name in the file's hooks."""
    files = (entry for entry in entries.values() if entry.kind == "register file")
    return next((file.members[new] for file in files if new in file.members), None)


def _check_on_board(new: str, entry: Entry, file: SourceFile, project: ProjectNames) -> None:
    if entry.path[0] == "placement" and file.outline.child("devices", new) is not None:
        raise RenameRefused(f"'{new}' is taken: the board has a device of this name")
    if entry.path[0] == "device" and project.workspace.device_named(new) is not None:
        raise RenameRefused(f"'{new}' is taken: there is a device of this name")


def _words(place: Place) -> set[str]:
    site = place.occurrence.entry.sites[0] if place.occurrence.entry is not None else None
    if site is None:
        return set()
    return set(re.findall(r"\w+", site.file.text[site.node.key_start : max(site.node.key_end, site.node.end)]))


def _edits(place: Place, new: str) -> Iterator[Edit]:
    """Yield the changes of one place. In behaviour a keyword is written in backticks, elsewhere it is not.

    YAML allows no backtick at the start of a plain text, so such a text is put into quotes.
    """
    file, occurrence = place.file, place.occurrence
    in_behaviour = occurrence.token is not None or _is_signature(occurrence)
    if not (in_behaviour and is_escapable(new)):
        yield Edit(file.span(occurrence.start, occurrence.end), new)
        return
    start, end = _plain_text(file, occurrence)
    if start != occurrence.start:
        yield Edit(file.span(occurrence.start, occurrence.end), f"`{new}`")
        return
    yield Edit(file.span(occurrence.start, occurrence.end), f"'`{new}`")
    for quote in re.finditer("'", file.text[occurrence.end : end]):
        yield Edit(file.span(occurrence.end + quote.start(), occurrence.end + quote.end()), "''")
    yield Edit(file.span(end, end), "'")


def _plain_text(file: SourceFile, occurrence: Occurrence) -> tuple[int, int]:
    """Return the bounds of the plain key or value that an occurrence is in; (-1, -1) if it is not plain."""
    node = node_at(file.outline, occurrence.start)
    if node is None:
        return -1, -1
    if occurrence.start < node.key_end:
        return node.key_start, node.key_end
    return (node.start, node.end) if node.style == "plain" else (-1, -1)


def _is_signature(occurrence: Occurrence) -> bool:
    return occurrence.declares and occurrence.entry is not None and occurrence.entry.kind in ("function", "action")


def _verify(edits: list[Edit], project: ProjectNames) -> None:
    """Refuse changes after which a description has errors that it does not have now."""
    changed = Workspace(project.workspace.folders, dict(project.workspace.open_texts), project.workspace.encoding)
    files = [project.workspace.file(path) for path in dict.fromkeys(edit.span.file for edit in edits)]
    known = [file for file in files if file is not None]
    for file in known:
        changed.open_texts[file.path] = _applied(file.text, [edit for edit in edits if edit.span.file == file.path])
    for file in known:
        before, after = _errors(file, project.workspace), _errors(changed.file(file.path) or file, changed)
        if len(after) > len(before):
            new = next((error for error in after if error.message not in {old.message for old in before}), after[0])
            place = f"{Path(new.mark.file).name}:{new.mark.line}"
            raise RenameRefused(f"with this name {place} would be wrong: {new.message}")


def _errors(file: SourceFile, workspace: Workspace) -> list[Diagnostic]:
    found = Checks(workspace).diagnostics(file).values()
    return [diagnostic for diagnostics in found for diagnostic in diagnostics if diagnostic.is_error]


def _applied(text: str, edits: list[Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end), reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
