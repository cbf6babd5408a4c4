"""`devgen import`: options that have no effect are refused, and what `devgen new --from` prints of an import."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_kit import Command

SVD = """<device><name>ACME1</name><peripherals><peripheral><name>P</name><baseAddress>0</baseAddress><registers>
<register><name>R</name><addressOffset>0</addressOffset><readAction>modify</readAction></register>
</registers></peripheral></peripherals></device>"""
RDL = "addrmap a #(longint N = 1) { reg { field {} F[N]; } R; };"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "acme.svd").write_text(SVD)
    (tmp_path / "a.rdl").write_text(RDL)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("acme.svd", "-I", "."), "-I is for SystemRDL, but no file ends in .rdl; leave it out"),
        (("acme.svd", "--top", "a"), "--top is for SystemRDL"),
        (("acme.svd", "--param", "N=2"), "--param is for SystemRDL"),
        (("a.rdl", "-I", "nowhere"), "nowhere: no such folder of included files"),
        (("a.rdl", "--param", "N=2", "--param", "N=3"), "N has a value already, 2"),
        (("a.rdl", "--param", "=2"), "is not NAME=NUMBER"),
        (("a.rdl", "--param", "M=2"), "does not have a parameter 'M'"),
        (("a.rdl", "-o", "out", "--report-only"), "either -o FOLDER or --report-only"),
    ],
)
def test_an_option_without_an_effect_is_refused(
    devgen: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(folder)
    report = () if "--report-only" in words else ("--report-only",)
    result = devgen("import", *words, *report)
    assert result.code != 0
    assert message in result.err


def test_new_prints_what_did_not_come_over(devgen: Command, folder: Path) -> None:
    result = devgen("new", "--from", folder / "acme.svd", "--dir", folder / "project")
    assert result.code == 0
    assert "to do: P.R: readAction 'modify'" in result.out


def test_findings_need_a_register_file(devgen: Command, folder: Path) -> None:
    result = devgen("new", "lamp", "--findings", "--dir", folder / "project")
    assert result.code == 2
    assert "need --from FILE" in result.err
