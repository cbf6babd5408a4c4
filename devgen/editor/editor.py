"""Everything that an editor can ask, for a file and a character index."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from devgen.editor.checks import Checks
from devgen.editor.code_actions import Action, code_actions
from devgen.editor.colours import Coloured, coloured
from devgen.editor.completion import Item, complete
from devgen.editor.entry_pages import EntryPages
from devgen.editor.hover import Hover, hover
from devgen.editor.outline_symbols import Symbol, symbols
from devgen.editor.project_names import ProjectNames
from devgen.editor.rename import Edit, renamable, rename
from devgen.editor.source_file import SourceFile, Span
from devgen.editor.text_lines import Encoding
from devgen.editor.workspace import Workspace
from devgen.language.boards.known_devices import FindDevices
from devgen.language.diagnostics.diagnostic import Diagnostic


class Editor:
    """A workspace with open files. A file that cannot be read has no answers."""

    def __init__(
        self, folders: Iterable[Path] = (), encoding: Encoding = "utf-16", find_devices: FindDevices | None = None
    ) -> None:
        """Begin with the folders of the workspace. ``find_devices`` finds devices that no file there describes."""
        self.workspace = Workspace(list(folders), encoding=encoding)
        self.checks = Checks(self.workspace, find_devices)
        self.names = ProjectNames(self.workspace)
        self._pages = EntryPages(self.workspace, self.checks)

    def open(self, path: Path, text: str) -> None:
        """Take a text in place of a file, from now on."""
        if path not in self.workspace.open_texts:
            self.workspace.refresh()
        self.workspace.open_texts[path] = text

    def close(self, path: Path) -> None:
        """Take the file itself again."""
        self.workspace.open_texts.pop(path, None)
        self.checks.forget(path)

    def saved(self, path: Path) -> None:
        """Check a file again, also what its text does not show, and look for new files."""
        self.workspace.refresh()
        self.checks.forget(path)

    def file(self, path: Path) -> SourceFile | None:
        """Return a file; None if it cannot be read."""
        return self.workspace.file(path)

    def diagnostics(self) -> dict[Path, list[Diagnostic]]:
        """Return the findings about all open descriptions and boards, by file; an open file may have none."""
        found: dict[Path, dict[Diagnostic, None]] = {}
        for path in list(self.workspace.open_texts):
            file = self.file(path)
            if file is not None and file.kind != "other":
                for place, diagnostics in self.checks.diagnostics(file).items():
                    found.setdefault(place, {}).update(dict.fromkeys(diagnostics))
        return {path: list(diagnostics) for path, diagnostics in found.items()}

    def hover(self, file: SourceFile, offset: int) -> Hover | None:
        """Return what is at a place."""
        return hover(file, offset, self.names, self._pages)

    def complete(self, file: SourceFile, offset: int) -> list[Item]:
        """Return suggestions for what is being typed."""
        return complete(file, offset, self.names)

    def definitions(self, file: SourceFile, offset: int) -> list[Span]:
        """Return the places that declare what is at a place, or the file that an ``include`` names."""
        occurrence = self.names.occurrence_at(file, offset)
        if occurrence is not None and occurrence.entry is not None:
            return [site.span for site in occurrence.entry.sites]
        return [Span(path, 0, 0) for name, path in self.workspace.included(file) if _is_at(file, offset, name)]

    def references(self, file: SourceFile, offset: int, declarations: bool = True) -> list[Span]:
        """Return every place that names what is at a place."""
        occurrence = self.names.occurrence_at(file, offset)
        if occurrence is None or occurrence.entry is None:
            return []
        return [
            place.file.span(place.occurrence.start, place.occurrence.end)
            for place in self.names.places_of(occurrence.entry, file)
            if declarations or not place.occurrence.declares
        ]

    def symbols(self, file: SourceFile) -> list[Symbol]:
        """Return the outline of a file."""
        return symbols(file)

    def renamable(self, file: SourceFile, offset: int) -> tuple[Span, str]:
        """Return what would be renamed. Raises RenameRefused."""
        return renamable(file, offset, self.names)

    def rename(self, file: SourceFile, offset: int, new: str) -> list[Edit]:
        """Return the edits of a renaming. Raises RenameRefused."""
        return rename(file, offset, new, self.names)

    def code_actions(self, file: SourceFile, start: int, end: int) -> list[Action]:
        """Return changes that mend the diagnostics between two places."""
        found = self.checks.diagnostics(file) if file.kind != "other" else {}
        return code_actions(file, start, end, found.get(file.path, []), self.workspace)

    def colours(self, file: SourceFile) -> list[Coloured]:
        """Return what the names in behaviour texts are."""
        return coloured(file, self.names)


def _is_at(file: SourceFile, offset: int, include: str) -> bool:
    node = file.outline.child("include")
    return node is not None and any(
        child.start <= offset <= child.end and child.value(file.text) == include for child in node.children
    )
