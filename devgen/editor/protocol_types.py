"""Converts the editor's answers to the types of the language server protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from lsprotocol import types

from devgen.editor.code_actions import Action, bounds
from devgen.editor.colours import TYPES, Coloured
from devgen.editor.completion import Item
from devgen.editor.outline_symbols import Symbol
from devgen.editor.rename import Edit
from devgen.editor.source_file import SourceFile, Span
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.places import Span as Marked

_SEVERITIES: Final = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}
_ITEM_KINDS: Final = {
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.EnumMember,
    "name": types.CompletionItemKind.Variable,
    "word": types.CompletionItemKind.Keyword,
    "method": types.CompletionItemKind.Method,
    "file": types.CompletionItemKind.File,
}
_SYMBOL_KINDS: Final = {
    "region": types.SymbolKind.Namespace,
    "register": types.SymbolKind.Variable,
    "register file": types.SymbolKind.Array,
    "field": types.SymbolKind.Field,
    "label": types.SymbolKind.EnumMember,
    "function": types.SymbolKind.Function,
    "action": types.SymbolKind.Method,
    "constant": types.SymbolKind.Constant,
    "property": types.SymbolKind.Property,
    "event": types.SymbolKind.Event,
    "error": types.SymbolKind.Event,
    "doorbell": types.SymbolKind.Event,
    "interrupt": types.SymbolKind.Interface,
    "device on the board": types.SymbolKind.Object,
}
_ALLOWED_SHOWN: Final = 12

Files = Callable[[Path], SourceFile | None]
Uris = Callable[[Path], str]


class Converter:
    """Converts places and answers. ``files`` finds the text of a file, ``uris`` the name that the client uses."""

    def __init__(self, files: Files, uris: Uris) -> None:
        """Keep the two look-ups."""
        self._files = files
        self._uris = uris

    def range(self, file: SourceFile, start: int, end: int) -> types.Range:
        """Return a range of characters as lines and code units."""
        return types.Range(types.Position(*file.lines.position(start)), types.Position(*file.lines.position(end)))

    def offset(self, file: SourceFile, position: types.Position) -> int:
        """Return the character index of a position."""
        return file.lines.offset(position.line, position.character)

    def location(self, span: Span) -> types.Location | None:
        """Return a place in any file; None if the file cannot be read."""
        file = self._files(span.file)
        return None if file is None else types.Location(self._uris(span.file), self.range(file, span.start, span.end))

    def locations(self, spans: Iterable[Span]) -> list[types.Location]:
        """Return places, without those in files that cannot be read."""
        return [found for found in map(self.location, spans) if found is not None]

    def diagnostic(self, file: SourceFile, found: Diagnostic) -> types.Diagnostic:
        """Return a finding with its second places; the suggestion and the allowed values follow the message."""
        related = []
        for other in found.related:
            location = self._marked(other.span)
            if location is not None:
                related.append(types.DiagnosticRelatedInformation(location, other.message))
        return types.Diagnostic(
            range=self.range(file, *bounds(file, Marked(found.mark, found.length))),
            message=_message(found),
            severity=_SEVERITIES[found.severity],
            code=found.code,
            source="devgen",
            related_information=related or None,
        )

    def _marked(self, span: Marked) -> types.Location | None:
        path = Path(span.mark.file).absolute()
        file = self._files(path)
        return None if file is None else types.Location(self._uris(path), self.range(file, *bounds(file, span)))

    def item(self, file: SourceFile, item: Item, number: int) -> types.CompletionItem:
        """Return a suggestion; the order of the answers is kept."""
        span = item.span
        edit = types.TextEdit(self.range(file, span.start, span.end), item.insert) if span is not None else None
        text = types.MarkupContent(types.MarkupKind.Markdown, item.text) if item.text else None
        return types.CompletionItem(
            label=item.label,
            kind=_ITEM_KINDS[item.kind],
            detail=item.detail or None,
            documentation=text,
            text_edit=edit,
            filter_text=item.label,
            sort_text=f"{number:05}",
        )

    def symbol(self, file: SourceFile, symbol: Symbol) -> types.DocumentSymbol:
        """Return an entry of the outline with its children."""
        return types.DocumentSymbol(
            name=symbol.name,
            kind=_SYMBOL_KINDS.get(symbol.kind, types.SymbolKind.Variable),
            range=self.range(file, symbol.whole.start, symbol.whole.end),
            selection_range=self.range(file, symbol.span.start, symbol.span.end),
            detail=f"{symbol.kind} {symbol.detail}".strip(),
            children=[self.symbol(file, child) for child in symbol.children],
        )

    def workspace_edit(self, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        """Return changes of several files."""
        changes: dict[str, list[types.TextEdit]] = {}
        for edit in edits:
            file = self._files(edit.span.file)
            if file is not None:
                place = self.range(file, edit.span.start, edit.span.end)
                changes.setdefault(self._uris(edit.span.file), []).append(types.TextEdit(place, edit.text))
        return types.WorkspaceEdit(changes=changes)

    def action(self, file: SourceFile, action: Action) -> types.CodeAction:
        """Return a change that mends a diagnostic."""
        return types.CodeAction(
            title=action.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[self.diagnostic(file, action.diagnostic)],
            is_preferred=action.preferred,
            edit=self.workspace_edit(action.edits),
        )

    def tokens(self, file: SourceFile, found: list[Coloured]) -> types.SemanticTokens:
        """Return tokens in the protocol's form: five numbers each, relative to the token before."""
        data: list[int] = []
        before = (0, 0)
        for token in found:
            line, column = file.lines.position(token.start)
            last, end = file.lines.position(token.end)
            if last == line:
                start = column - before[1] if line == before[0] else column
                data += [line - before[0], start, end - column, TYPES.index(token.type), 0]
                before = (line, column)
        return types.SemanticTokens(data=data)


def _message(found: Diagnostic) -> str:
    lines = [found.message]
    if found.hint:
        lines.append(found.hint)
    if found.allowed:
        more = len(found.allowed) - _ALLOWED_SHOWN
        shown = ", ".join(found.allowed[:_ALLOWED_SHOWN]) + (f" and {more} more" if more > 0 else "")
        lines.append(f"allowed: {shown}")
    return "\n".join(lines)
