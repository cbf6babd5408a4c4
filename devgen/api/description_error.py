"""The exception for a description or a board with errors. This module does not import the YAML reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from devgen.errors import DevgenError

if TYPE_CHECKING:
    from devgen.language.diagnostics.diagnostic import Diagnostic


class DescriptionError(DevgenError):
    """A description or a board has errors.

    ``diagnostics`` are all findings, warnings included, in the order of the file. The message is the headline of the
    first error, and the number of further errors.
    """

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics = list(diagnostics)


def headline(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the first error as one line, with the number of further errors."""
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.is_error]
    more = len(errors) - 1
    return errors[0].headline() + (f" (and {more} more error{'s' * (more > 1)})" if more else "")
