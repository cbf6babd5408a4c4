"""What the catalogue says about a diagnostic, found by its code."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from devgen.errors import DevgenError
from devgen.language.diagnostics import catalogue
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.near_codes import code_range, near_codes

_SUGGESTIONS = 5


@dataclass(slots=True, frozen=True)
class Explanation:
    """An entry of the catalogue of diagnostics."""

    code: str
    """The code, for example ``DG0401``."""
    severity: str
    """``error``, ``warning`` or ``note``."""
    message: str
    """The message; names in braces stand for what the description says."""
    about: str
    """The cause."""
    example: str
    """YAML that causes the diagnostic, or an empty string."""
    cure: str
    """What to do."""

    def text(self) -> str:
        """Return the entry as text for a terminal."""
        example = ["Example:", *(f"    {line}" for line in self.example.splitlines()), ""] if self.example else []
        head = f"{self.code} ({self.severity}): {self.message}"
        return "\n".join([head, "", self.about, "", *example, f"Cure: {self.cure}"])

    def json(self) -> dict[str, str]:
        """Return the entry as plain data for ``json.dumps``."""
        return asdict(self)


def explanation_of(kind: Kind) -> Explanation:
    """Return what the catalogue says about a kind of diagnostic."""
    return Explanation(kind.code, kind.severity, kind.message, kind.about, kind.example, kind.fix)


class UnknownCodeError(DevgenError):
    """There is no diagnostic with this code; ``near`` are codes that may have been meant."""

    def __init__(self, message: str, near: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.near = near


def find_kind(code: str) -> Kind:
    """Return the catalogue's entry for a code: ``DG0401``, in any case, or ``401`` and ``0401``.

    Raises:
        UnknownCodeError: there is none; the message names similar codes, codes whose message has the word, or the
            range of codes.
    """
    kinds = {kind.code: kind for kind in catalogue()}
    wanted = full_code(code)
    if wanted in kinds:
        return kinds[wanted]
    near = _suggested(code, wanted, kinds)
    hint = f"did you mean {', '.join(near)}?" if near else code_range(wanted, kinds)
    raise UnknownCodeError(f"no diagnostic has the code '{code[:80]}'; {hint}", near)


def full_code(code: str) -> str:
    """Return a code as the catalogue writes it: ``DG0401`` for ``dg0401``, ``0401`` and ``401``."""
    digits = re.fullmatch(r"(?:DG)?(\d{1,4})", code.strip().upper())
    return f"DG{digits[1].zfill(4)}" if digits else code.strip().upper()


def _suggested(code: str, wanted: str, kinds: dict[str, Kind]) -> tuple[str, ...]:
    if not re.search(r"\d", code):
        word = code.strip().casefold()
        found = [kind.code for kind in kinds.values() if word and word in kind.message.casefold()]
        return tuple(found[:_SUGGESTIONS])
    return near_codes(wanted, kinds)
