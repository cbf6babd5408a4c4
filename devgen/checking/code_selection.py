"""Which findings are shown: the codes that a user selects, and the warnings that a user ignores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devgen.checking.explanations import UnknownCodeError, find_kind, full_code
from devgen.language.diagnostics import catalogue
from devgen.language.diagnostics.diagnostic import Diagnostic, Kind


@dataclass(slots=True, frozen=True)
class Selection:
    """Codes and prefixes of codes. ``select`` empty means all; ``ignore`` concerns warnings only.

    An error makes a description unusable, so it is never ignored: a selection without its code hides it, and it still
    counts.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def shows(self, diagnostic: Diagnostic) -> bool:
        """Whether a finding is shown."""
        if self.select and not diagnostic.code.startswith(self.select):
            return False
        return diagnostic.severity != "warning" or not (self.ignore and diagnostic.code.startswith(self.ignore))

    def shown(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return the findings that are shown, in their order."""
        return [diagnostic for diagnostic in diagnostics if self.shows(diagnostic)]


def make_selection(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Selection:
    """Return the selection of codes (``DG0401``) and prefixes (``DG04``); lists with commas are allowed.

    Raises:
        UnknownCodeError: no code starts like this, or ``ignore`` names only errors.
    """
    kinds = catalogue()
    chosen = tuple(_known(code, kinds) for code in _split(select))
    ignored = tuple(_known(code, kinds) for code in _split(ignore))
    for code in ignored:
        if not any(kind.code.startswith(code) and kind.severity == "warning" for kind in kinds):
            what = "is an error" if any(kind.code == code for kind in kinds) else "has no warnings"
            raise UnknownCodeError(f"'{code}' {what}: only warnings can be ignored")
    return Selection(chosen, ignored)


def _split(codes: Iterable[str]) -> list[str]:
    return [code for item in codes for code in item.replace(",", " ").split()]


def _known(code: str, kinds: Iterable[Kind]) -> str:
    """Return a code or a prefix as the catalogue writes it."""
    prefix = code.upper()
    if prefix.startswith("DG") and any(kind.code.startswith(prefix) for kind in kinds):
        return prefix
    return find_kind(full_code(code)).code
