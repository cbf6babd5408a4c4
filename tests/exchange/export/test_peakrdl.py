"""PeakRDL's commands on descriptions, as `peakrdl` runs them."""

from __future__ import annotations

import subprocess
import sys
from compileall import compile_dir
from pathlib import Path

import pytest
from peakrdl.main import main
from round_trip import CATALOGUE, ROOT, model

from devgen import export_devices

COMMANDS = {
    "html": "html",
    "c-header": "x.h",
    "uvm": "x.sv",
    "ip-xact": "x.xml",
    "systemrdl": "x.rdl",
    "python": "python",
    "devgen": "devices",
}
REFUSED_BY_REGBLOCK = {"acpi-pm": "Unaligned registers", "hpet": "shall not span multiple"}
"""Devices that PeakRDL-regblock does not take: registers at odd addresses, or written in two accesses."""


@pytest.fixture
def peakrdl(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Run PeakRDL in this process, which saves the start of a hundred processes; return its exit code and messages."""

    def run(*words: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["peakrdl", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, capfd.readouterr().err

    return run


def check_tool(command: str, device: Path, peakrdl, folder: Path) -> None:
    assert (command, *peakrdl(command, device, "-o", folder / COMMANDS[command])) == (command, 0, "")
    assert (folder / COMMANDS[command]).exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_each_tool_takes_a_device_without_a_message(command: str, peakrdl, tmp_path: Path) -> None:
    check_tool(command, ROOT / "devices" / "hpet.yaml", peakrdl, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("device", CATALOGUE, ids=lambda path: path.stem)
def test_each_tool_takes_each_device_without_a_message(device: Path, peakrdl, tmp_path: Path) -> None:
    for command in COMMANDS:
        check_tool(command, device, peakrdl, tmp_path)
    assert compile_dir(tmp_path / "python", quiet=2)


def check_regblock(device: Path, peakrdl, folder: Path) -> None:
    """The block is made, or the messages say at which register it cannot be."""
    code, text = peakrdl("regblock", device, "-o", folder / "block", "--cpuif", "passthrough")
    refused = REFUSED_BY_REGBLOCK.get(device.stem)
    assert code == (1 if refused else 0), text
    if refused:
        assert refused in text
        assert f"{device.name}:" in text
    else:
        assert list((folder / "block").glob("*.sv"))


@pytest.mark.parametrize("name", ["pl031", "acpi-pm"])
def test_regblock_takes_aligned_registers(name: str, peakrdl, tmp_path: Path) -> None:
    check_regblock(ROOT / "devices" / f"{name}.yaml", peakrdl, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("device", CATALOGUE, ids=lambda path: path.stem)
def test_regblock_takes_each_device_but_two(device: Path, peakrdl, tmp_path: Path) -> None:
    check_regblock(device, peakrdl, tmp_path)


LINKED = """\
device: linked
bus: sysbus
interrupts: {irq: {level: I.intr}}
regions:
  r:
    space: mmio
    size: 64
    registers:
      L: {at: 0, fields: {E: 0}}
      A: {at: 8, count: 4, stride: 8, write_enable: L.E}
      I: {at: 4, fields: {X: {bits: 0, intr: {posedge: L.E}, enable: L.E, write_effect: woclr}}}
      C: {at: 56, fields: {N: {bits: 7:0, access: ro, counter: {incr: L.E, incrsaturate: 9}}}}
      F: {at: 48, registers: {B: {at: 0, fields: {X: {bits: 3:0, write_enable: not L.E, hwset: I.X}}}}}
"""


def test_each_tool_takes_links_between_fields_but_the_printer(peakrdl, tmp_path: Path) -> None:
    """`peakrdl systemrdl` has no text for a property whose value is a field."""
    (tmp_path / "linked.yaml").write_text(LINKED, encoding="utf-8")
    for command in COMMANDS.keys() - {"systemrdl"}:
        check_tool(command, tmp_path / "linked.yaml", peakrdl, tmp_path)


def test_the_installed_command_finds_devgen(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "peakrdl", "html", ROOT / "devices" / "hpet.yaml", "-o", tmp_path / "html"]
    subprocess.run(words, check=True, timeout=120)
    assert (tmp_path / "html" / "index.html").exists()


def test_a_description_comes_back_from_peakrdl(peakrdl, tmp_path: Path) -> None:
    source = ROOT / "devices" / "serial16550.yaml"
    assert peakrdl("devgen", source, "-o", tmp_path) == (0, "")
    assert model(tmp_path / "serial16550.yaml") == model(source)


def test_two_descriptions_are_compiled_together(peakrdl, tmp_path: Path) -> None:
    export_devices(ROOT / "devices" / "pl031.yaml", tmp_path / "pl031.rdl", form="systemrdl")
    (tmp_path / "soc.rdl").write_text("addrmap soc { pl031 RTC @ 0; pl011 UART0 @ 0x1000; pl011 UART1 @ 0x2000; };")
    files = [tmp_path / "pl031.rdl", ROOT / "devices" / "pl011.yaml", tmp_path / "soc.rdl"]
    assert peakrdl("devgen", *files, "-o", tmp_path / "devices") == (0, "")
    assert model(tmp_path / "devices" / "pl011.yaml") == model(ROOT / "devices" / "pl011.yaml")
    assert sorted(path.name for path in (tmp_path / "devices").iterdir()) == [
        "pl011.registers.yaml",
        "pl011.yaml",
        "pl031.registers.yaml",
        "pl031.yaml",
    ]


def test_a_mistake_in_a_description_is_a_message_with_its_place(peakrdl, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("device: x\nbus: sysbus\nregions: {r: {space: mmoi, size: 4}}\n")
    code, text = peakrdl("html", tmp_path / "x.yaml", "-o", tmp_path / "out")
    assert code == 1
    assert "x.yaml:3:22: " in text
    assert "'space' cannot be 'mmoi'" in text
    assert "Traceback" not in text


def test_a_message_of_another_tool_points_into_the_description(peakrdl, tmp_path: Path) -> None:
    """PeakRDL-regblock wants registers at multiples of their size."""
    region = "regions: {r: {space: mmio, size: 64, registers: {\n  A: {at: 2, count: 2},\n}}}\n"
    (tmp_path / "x.yaml").write_text(f"device: x\nbus: sysbus\n{region}")
    code, text = peakrdl("regblock", tmp_path / "x.yaml", "-o", tmp_path / "out")
    assert code == 1
    assert "x.yaml:4:3: " in text


def test_a_fragment_and_a_device_without_registers_are_refused(peakrdl, tmp_path: Path) -> None:
    code, text = peakrdl("html", ROOT / "devices" / "pvpanic.yaml", "-o", tmp_path / "out")
    assert (code, "pvpanic.yaml: " in text, "A fragment describes no device by itself" in text) == (1, True, True)
    bells = "regions: {r: {space: mmio, size: 4, doorbells: {B: {at: 0, length: 4, on_ring: n = 1}}}}"
    (tmp_path / "x.yaml").write_text(f"device: x\nbus: sysbus\nstate: {{n: {{width: 8}}}}\n{bells}\n")
    code, text = peakrdl("html", tmp_path / "x.yaml", "-o", tmp_path / "out")
    assert (code, "neither registers nor memory" in text) == (1, True)


def test_a_yaml_file_of_another_kind_is_left_to_other_importers(tmp_path: Path) -> None:
    from devgen.exchange.peakrdl.peakrdl_importer import DevgenImporter

    (tmp_path / "x.yaml").write_text("registers: []\n")
    assert not DevgenImporter().is_compatible(str(tmp_path / "x.yaml"))
    assert DevgenImporter().is_compatible(str(ROOT / "devices" / "i8254.yaml"))


def test_ordinary_commands_do_not_import_systemrdl() -> None:
    program = (
        "import sys, devgen, devgen.cli; devgen.load_device('devices/pl031.yaml'); devgen.export_devices;"
        "import devgen.cli.export_command, devgen.cli.import_command;"
        "sys.exit(any(name.split('.')[0] in ('systemrdl', 'peakrdl', 'antlr4') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, timeout=60)
