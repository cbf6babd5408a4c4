"""Which findings a selection shows, and which codes it refuses."""

from __future__ import annotations

import pytest

from devgen.checking.code_selection import make_selection
from devgen.checking.explanations import UnknownCodeError, find_kind
from devgen.language.diagnostics import catalogue
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.model import Mark

ERROR = Diagnostic("DG0401", "error", Mark("x", 1, 1), "m")
WARNING = Diagnostic("DG0609", "warning", Mark("x", 1, 1), "m")

SHOWN: list[tuple[tuple[str, ...], tuple[str, ...], list[Diagnostic]]] = [
    ((), (), [ERROR, WARNING]),
    (("DG04",), (), [ERROR]),
    (("dg0401", "609"), (), [ERROR, WARNING]),
    (("DG0401,DG0609",), ("DG0609",), [ERROR]),
    ((), ("DG06",), [ERROR]),
    ((), ("DG04", "DG"), [ERROR]),
]


@pytest.mark.parametrize(("select", "ignore", "shown"), SHOWN)
def test_what_is_shown(select: tuple[str, ...], ignore: tuple[str, ...], shown: list[Diagnostic]) -> None:
    assert make_selection(select, ignore).shown([ERROR, WARNING]) == shown


REFUSED = {
    "DG0401": "'DG0401' is an error: only warnings can be ignored",
    "DG08041": "no diagnostic has the code 'DG08041'; did you mean DG0801, DG0804?",
    "DG03": "'DG03' has no warnings: only warnings can be ignored",
    "everything": "no diagnostic has the code 'EVERYTHING'; codes are from DG0101 to " + catalogue()[-1].code,
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_ignored(code: str) -> None:
    with pytest.raises(UnknownCodeError) as error:
        make_selection((), (code,))
    assert str(error.value) == REFUSED[code]


@pytest.mark.parametrize("written", ["DG0401", "dg0401", "401", "0401", " DG401 "])
def test_a_code_is_found_as_people_write_it(written: str) -> None:
    assert find_kind(written).code == "DG0401"


def test_every_code_is_found_and_a_word_suggests_codes() -> None:
    assert [find_kind(kind.code) for kind in catalogue()] == list(catalogue())
    with pytest.raises(UnknownCodeError, match="did you mean DG0401"):
        find_kind("overlaps")


UNKNOWN = {
    "DG0041": r"did you mean DG0401\?",
    "DGO401": r"did you mean DG0401\?",
    "DG04011": r"did you mean DG0401, DG0411\?",
    "DG0499": r"the codes that begin with DG04 are from DG0401 to DG04\d\d",
    "DG9999": r"codes are from DG0101 to DG10\d\d",
    "DG1": r"codes are from DG0101 to DG10\d\d",
}


@pytest.mark.parametrize("code", UNKNOWN)
def test_an_unknown_code_suggests_slips_of_the_keyboard_or_the_range(code: str) -> None:
    with pytest.raises(UnknownCodeError, match=f"no diagnostic has the code '{code}'; {UNKNOWN[code]}$"):
        find_kind(code)
