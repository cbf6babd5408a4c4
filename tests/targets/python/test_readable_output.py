"""Generated modules read in the datasheet's words, carry nothing that they do not use, and pass the linters."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from generated_code import described_in, source_of
from linting import passes_the_linters

from devgen.language import load_device

ROOT = Path(__file__).resolve().parents[3]

NAMED = """\
device: dut
bus: sysbus
regions:
  r:
    space: mmio
    size: 4 KiB
    access: {valid: 4..4, implemented: 4..4}
    registers:
      CC: {at: 0, fields: {EN: 0, SHN: 15:14}, on_write: 'if CC.SHN: CSTS.SHST = CSTS.SHST.COMPLETE'}
      CSTS: {at: 4, access: ro, fields: {RDY: 0, SHST: {bits: 3:2, values: {NORMAL: 0, COMPLETE: 2}}}}
      READY: {at: 8, access: ro, read: CSTS.RDY}
"""


def method(text: str, name: str) -> str:
    start = text.index(f"    def {name}(")
    return text[start : text.find("\n\n", start)]


def test_masks_have_their_fields_names_beside_them(tmp_path: Path) -> None:
    text = source_of(described_in(NAMED, tmp_path))
    assert "self.CC = value & 0xC001  # EN, SHN" in text
    assert "if self.CC & 0xC000:  # CC.SHN" in text
    assert "self.CSTS = (self.CSTS & ~0xC) | 8  # CSTS.SHST = COMPLETE" in text
    assert "return self.CSTS & 1  # CSTS.RDY" in text


def test_a_write_takes_a_mask_only_where_it_uses_one(tmp_path: Path) -> None:
    text = source_of(described_in(NAMED, tmp_path))
    assert "def write_CC(self, value: int) -> None:" in text
    by_lanes = source_of(described_in(NAMED.replace("valid: 4..4", "valid: 1..4"), tmp_path))
    assert "def write_CC(self, value: int, mask: int = 0xFFFFFFFF) -> None:" in by_lanes


@pytest.mark.parametrize("path", sorted((ROOT / "generated").glob("*.py")), ids=lambda path: path.stem)
def test_a_parameter_of_the_catalogue_begins_with_an_underscore_where_it_is_not_used(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            taken = {argument.arg for argument in node.args.args if argument.arg != "self"}
            used = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
            assert {name for name in taken if name.startswith("_")} == taken - used, node.name
            assert "_mask" not in taken, node.name


CLASHES = {
    "timer": "interrupts: {Timer: {level: A}, Window: {level: A}, Counter: {level: A}, partial: {level: A}}\n",
    "msi": "",
    "property": "properties: {Reg: {type: int, default: 1, range: 0..9}}\n",
    "class-var": "counters: {Fifo: {clock: virtual, period: 1 us, width: 8}}\n",
    "mapping": "functions: {Device(): A, Environment(): A}\n",
}
REGISTERS = "regions: {r: {%s, size: 4 KiB, registers: {A: {at: 0, fields: {F: 0}}}}}\n"
PCI = """\
bus: pci
pci:
  vendor: 0x1234
  device: 1
  class: 0xff0000
  bars: {0: {type: mem32, size: 4 KiB}}
  capabilities: {msi: {vectors: 1}}
interrupts: {Bar: {vector: 0, level: A}}
"""


def clashing(name: str, folder: Path) -> str:
    """The module of a device whose name, or whose parts' names, are those of what it imports."""
    head = PCI if name == "msi" else "bus: sysbus\n"
    place = "bar: 0" if name == "msi" else "space: mmio"
    path = folder / f"{name}.yaml"
    path.write_text(f"device: {name}\n{head}{REGISTERS % place}{CLASHES[name]}")
    result = load_device(path)
    assert result.device is not None, [str(diagnostic) for diagnostic in result.diagnostics]
    return source_of(result.device)


@pytest.mark.slow
def test_names_of_what_is_imported_do_not_clash(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in CLASHES:
        (modules / f"{name.replace('-', '_')}.py").write_text(clashing(name, tmp_path))
    passes_the_linters(modules)
