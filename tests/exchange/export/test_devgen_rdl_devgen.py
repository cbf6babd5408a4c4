# ruff: noqa: E501  (a row of a table is one line)
"""devgen → SystemRDL → devgen loses nothing: the model and the generated code are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from round_trip import model, there_and_back

from devgen import build_devices, export_devices, import_registers

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_catalogue_comes_back_with_the_same_generated_code(tmp_path: Path) -> None:
    export_devices(ROOT / "devices", tmp_path / "all.rdl", form="systemrdl")
    reports = import_registers(tmp_path / "all.rdl", tmp_path / "devices")
    assert [finding for report in reports for finding in report.findings] == []
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    built = {path.name: code(path) for path in (tmp_path / "generated").glob("*.py")}
    assert built == {path.name: code(path) for path in (ROOT / "generated").glob("*.py")}


def code(path: Path) -> list[str]:
    """The lines of a module, but for the first one, which names the description."""
    return path.read_text(encoding="utf-8").splitlines()[1:]


HEAD = "device: a-device\nbus: sysbus\nproperties: {n: {type: int, default: 2, range: 1..4}}\nstate: {s: {width: 32}}\n"
REGION = "regions: {r: {space: mmio, size: 4 KiB, registers: {%s}}}\n"

REGISTERS = {
    "no fields": "A: {at: 0, width: 16, access: wo, write_effect: wset}",
    "what hardware does to fields": "A: {at: 0, write_effect: woclr, fields: {X: {bits: 0, intr: {posedge: B.X}, "
    "enable: B.X}, Y: {bits: 7:4, hwset: B.X, counter: {incr: B.X, incrsaturate: 9, incrthreshold: 3}}}}, "
    "B: {at: 4, fields: {X: 0, Z: {bits: 3:2, access: ro, next: A.X}}}",
    "one field for all bits": "A: {at: 0, fields: {VALUE: 31:0}}",
    "another order": "B: {at: 8, fields: {Y: 4, X: 0}}, A: {at: 0}",
    "an order of files": "F: {at: 16, count: 2, stride: 8, registers: {Y: {at: 4}, X: {at: 0}}}, A: {at: 0}",
    "a single register file": "F: {at: 16, registers: {X: {at: 0}}}",
    "a read-only and a write-only register": "W: {at: 0, access: wo}, R: {at: 0, access: ro}",
    "registers of a mode": "A: {at: 0, fields: {M: 0}}, B: {at: 0, when: A.M}, C: {at: 0, when: not A.M, width: 16}",
    "alternates": "A: {at: 0}, B: {at: 2, width: 16, alternate: A, fields: {X: 3:0}}",
    "an alternate file": "F: {at: 0, registers: {X: {at: 0}}}, G: {at: 0, alternate: F, registers: {Y: {at: 0}}}",
    "alternates in a file": "F: {at: 0, count: 2, stride: 8, registers: {X: {at: 0}, Y: {at: 0, alternate: X}}}",
    "an alias": "A: {at: 0, reset: 8, fields: {X: 3}}, B: {at: 4, alias: A}, C: {at: 8, alias: A, fields: {Z: 3}}",
    "an alias of an array": "A: {at: 0, count: 3, fields: {X: {bits: 0, values: {P: 0}}}}, B: {at: 0x10, alias: A}, C: {at: 0x20, alias: A, stride: 8}",
    "an alias before its register": "B: {at: 0, alias: A, access: ro}, A: {at: 4, reset: 5}",
    "interleaved arrays": "A: {at: 0, count: 4, stride: 8}, B: {at: 4, count: 4, stride: 8}",
    "dimensions with gaps": "A: {at: 0, count: [2, 3], stride: [0x20, 4]}",
    "files with gaps": "F: {at: 0, count: [2, 3], stride: [0x20, 8], registers: {X: {at: 4, count: 1}}}",
    "an array with gaps": "A: {at: 8, count: 4, stride: 8}, B: {at: 0x40, count: [2, 2], stride: [0x10, 8]}",
    "gaps in ports for reading and writing": "A: {at: 8, count: 4, stride: 8, access: ro}, B: {at: 8, count: 4, stride: 8, access: wo}",
    "dimensions": "A: {at: 0, count: [2, 3, 4]}, F: {at: 128, count: [2, 2], stride: [32, 16], registers: {X: {at: 4}}}",
    "a count of a property": "A: {at: 0, count: n + 1, stride: 8}",
    "names of elements": "A: {at: 0, count: 3, index_names: [A, B, C]}",
    "a register at an odd address": "A: {at: 1, width: 16}, B: {at: 3, width: 64}",
    "fields that share bits": "A: {at: 0, fields: {R: {bits: 7:0, access: ro}, W: {bits: 7:0, access: wo}}}",
    "alternate fields": "A: {at: 0, fields: {X: 7:0, Y: {bits: 3:0, alternate: X}, Z: {bits: 7:4, alternate: X}}}",
    "an access apart": "A: {at: 0, access: ro, fields: {X: {bits: 0, access: rw}, Y: {bits: 1, access: rw}}}",
    "effects of the register": "A: {at: 0, write_effect: woclr, fields: {X: 0, Y: {bits: 1, access: ro}, Z: {bits: 2, write_effect: wot}}}",
    "effects of fields": "A: {at: 0, fields: {X: {bits: 0, write_effect: woclr}, Y: {bits: 1, write_effect: woclr}}}",
    "pulses": "A: {at: 0, fields: {X: {bits: 3:0, singlepulse: true}, Y: {bits: 4, singlepulse: true}}}, B: {at: 4, singlepulse: true}",
    "labels": "A: {at: 0, fields: {X: {bits: 1:0, values: {A: 0, B: {value: 1, title: Bee, description: The second.}}}}}",
    "patterns of labels": "A: {at: 0, fields: {X: {bits: 1:0, values: {A: 0, B: 0b1x, C: default}}}}",
    "labels of reads": "A: {at: 0, fields: {X: {bits: 1:0, read_values: {A: 0}, write_values: {B: 0}}}}",
    "keywords": "reg: {at: 0, fields: {field: {bits: 0, values: {enum: 0, property: 1}}, default: 1}}",
    "resets of fields": "A: {at: 0, reset: 5, fields: {X: 3:0, Y: 7:4}}, B: {at: 4, fields: {Y: {bits: 7:4, reset: 7}}}",
    "an unknown reset": "A: {at: 0, fields: {X: {bits: 3:0, reset: unknown}, Y: 4}}, B: {at: 4, reset_mask: 0xff, reset: 3}",
    "nothing is known": "A: {at: 0, reset_mask: 0}",
    "a mask across a field": "A: {at: 0, reset: 3, reset_mask: 0x3, fields: {X: 7:0}}",
    "resets of elements": "A: {at: 0, count: 2, reset: [1, 2]}, B: {at: 8, count: 2, constant: [1, 2]}, C: {at: 16, reset: n}",
    "constraints": "A: {at: 0, fields: {X: {bits: 3:0, write_constraint: 1..3, reset: 1, volatile: true}}, protection: secure}",
    "intents": "A: {at: 0, intent: reserved}, B: {at: 4, intent: unimplemented, reset: 5}, C: {at: 8, external: true}",
    "hooks": "A: {at: 0, on_write: [s = value, s = 1], before_read: s = 2}",
    "quotes and backslashes": r"""A: {at: 0, title: 'a "b" \ c', description: "x\n  y\n\n z \\ \"q\" <% `d` <%"}""",
    "an indented text": r"""A: {at: 0, description: "x\n    y\n    z"}""",
    "odd characters": r"""A: {at: 0, title: "a\tb", description: "\u2028 \x85 \U0001f600 \\u", fields: {X: {bits: 0, description: "\e"}}}""",
}


@pytest.mark.parametrize("registers", REGISTERS.values(), ids=REGISTERS.keys())
def test_registers_come_back(registers: str, tmp_path: Path) -> None:
    source = tmp_path / "a.yaml"
    source.write_text(HEAD + REGION % registers, encoding="utf-8")
    assert model(there_and_back(source, tmp_path)) == model(source)


DEVICES = {
    "memory": "regions: {f: {space: mmio, size: 64 KiB, ram: true}, b: {space: mmio, size: 4 KiB, rom: true, contents: 55aa}}",
    "big-endian ports": "regions: {r: {space: pio, size: 8, access: {endian: big}, description: The ports., registers: {A: {at: 0}}}}",
    "doorbells": "regions: {b: {space: mmio, size: 8, doorbells: {K: {at: 0, length: 4, on_ring: s = 1}}}, r: {space: mmio, size: 4, registers: {A: {at: 0}}}}",
    "two regions": "regions: {z: {space: mmio, size: 8, registers: {A: {at: 0}}}, a: {space: pio, size: 8, registers: {B: {at: 0}}}}",
    "shared enumerations": "enumerations: {e: {OFF: 0, ON: 1}, unused: {X: 3}}\n"
    + REGION % "A: {at: 0, fields: {X: {bits: 0, values: e}, Y: {bits: 1, values: e}}}",
    "types": "types: {t: {width: 16, fields: {X: 0}}}\n" + REGION % "A: {at: 0, type: t}, B: {at: 2, type: t}",
    "external": "external: true\n" + REGION % "A: {at: 0}",
    "a region named as a layer": "regions: {r: {space: mmio, size: 8, registers: {A: {at: 0}, B: {at: 0, alternate: A}}}, r_2: {space: mmio, size: 8, registers: {C: {at: 0}}}}",
}


@pytest.mark.parametrize("parts", DEVICES.values(), ids=DEVICES.keys())
def test_devices_come_back(parts: str, tmp_path: Path) -> None:
    source = tmp_path / "a.yaml"
    source.write_text(HEAD + parts, encoding="utf-8")
    assert model(there_and_back(source, tmp_path)) == model(source)
