"""Patch files: what each key changes, and which mistakes are refused at their line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen.errors import FileError
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.patching.chip_rules import patched
from devgen.exchange.patching.patch_file import read_patch
from devgen.exchange.register_map import Chip, Group, Register
from devgen.exchange.svd.svd_file import read_svd

FIELDS = "<fields>" + field("EN", "0:0") + field("MODE0", "4:4") + field("MODE1", "5:5") + "</fields>"
LABELS = (
    "<enumeratedValues><enumeratedValue><name>OFF</name><value>0</value></enumeratedValue>"
    "<enumeratedValue><name>ON</name><value>1</value></enumeratedValue></enumeratedValues>"
)
UART = peripheral(
    "UART0",
    register("UART_CTRL", 0, FIELDS)
    + register("UART_DATA0", 0x10)
    + register("UART_DATA1", 0x14)
    + register("CH0_CFG", 0x20)
    + register("CH0_ST", 0x24)
    + register("CH1_CFG", 0x30)
    + register("CH1_ST", 0x34)
    + register("LED", 0x40, f"<fields>{field('GREEN', '0:0', LABELS)}{field('RED', '1:1')}</fields>"),
    "<interrupt><name>UART0</name><value>5</value></interrupt>",
)
COPY = '<peripheral derivedFrom="UART0"><name>UART1</name><baseAddress>0x40001000</baseAddress></peripheral>'
SPI = peripheral("SPI", register("A", 0), base=0x4000_2000)

Apply = Callable[..., tuple[Chip, Findings]]


@pytest.fixture
def apply(tmp_path: Path) -> Apply:
    """Patch a chip with two UARTs and an SPI; keyword arguments are further files."""

    def run(text: str, **files: str) -> tuple[Chip, Findings]:
        source = tmp_path / "acme.svd"
        source.write_text(svd(UART, COPY, SPI), encoding="utf-8")
        for name, content in files.items():
            (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
        patch = tmp_path / "fix.yaml"
        patch.write_text(text, encoding="utf-8")
        findings = Findings()
        return patched(read_svd(source, findings), source, [read_patch(patch)], findings), findings

    return run


def part(chip: Chip, path: str) -> object:
    """The peripheral, register, cluster or field at a path."""
    names = path.split(".")
    found: object = next(item for item in chip.peripherals if item.name == names[0])
    for name in names[1:]:
        items = found.fields if isinstance(found, Register) else found.members  # type: ignore[attr-defined]
        found = next((item for item in items if item.name == name), None)
        assert found is not None, f"no {name} among {[item.name for item in items]}"
    return found


CASES = [
    # patch, path, attributes there
    ("_modify: {SPI: {name: SPI0, baseAddress: 0x50000000}}", "SPI0", {"base": 0x5000_0000}),
    ("_modify: {UART0: {name: COM0}}", "UART1", {"same_as": "COM0"}),
    ("_modify: {_peripherals: {SPI: {description: Bus}}}", "SPI", {"description": "Bus"}),
    ("_add: {NEW: {baseAddress: '0x60', registers: {R: {addressOffset: 4, size: 8}}}}", "NEW.R", {"width": 8}),
    ("_add: {UART2: {derivedFrom: UART1, baseAddress: 0x60}}", "UART2", {"same_as": "UART0", "base": 0x60}),
    ("_copy: {SPI: {from: UART0}}", "SPI.LED.RED", {"low": 1}),
    ("_derive: {SPI: UART0}", "SPI", {"same_as": "UART0", "members": (), "base": 0x4000_2000}),
    ("_rebase: {UART1: UART0}", "UART0", {"same_as": "UART1"}),
    ("_rebase: {UART1: UART0}", "UART1.LED", {"offset": 0x40}),
    ("_delete: [UART0]", "UART1.LED", {"offset": 0x40}),
    ("_clear_fields: UART0", "UART0.LED.GREEN", {"labels": ()}),
    ("UART?: {_delete: LED}", "UART0.UART_CTRL.EN", {"low": 0}),
    ("UART0: {_strip: UART_}", "UART0.CTRL", {"offset": 0}),
    ("UART0: {_strip: ['UART_', 'CH?_']}", "UART0.ST", {"offset": 0x24}),
    ("UART0: {_strip_end: _ST}", "UART0.CH1", {"offset": 0x34}),
    ("UART0: {_prefix: X_}", "UART0.X_LED", {"offset": 0x40}),
    ("UART0: {_suffix: _R}", "UART0.LED_R", {"offset": 0x40}),
    ("UART0: {_modify: {LED: {addressOffset: 0x44, resetValue: 3}}}", "UART0.LED", {"offset": 0x44, "reset": 3}),
    ("UART0: {_modify: {_registers: {LED: {access: read-only}}}}", "UART0.LED", {"access": "ro"}),
    ("UART0: {_modify: {LED: {dim: 2, dimIncrement: 4, name: 'L%s'}}}", "UART0.L", {"offset": 0x40}),
    (
        "UART0: {_add: {NEW: {addressOffset: 0x80, fields: {F: {bitOffset: 3, bitWidth: 2}}}}}",
        "UART0.NEW.F",
        {"high": 4},
    ),
    ("UART0: {_add: {C: {addressOffset: 0x80, registers: {R: {addressOffset: 4}}}}}", "UART0.C.R", {"offset": 4}),
    ("UART0: {_copy: {RGB: {_from: LED, addressOffset: 0x80}}}", "UART0.RGB.RED", {"low": 1}),
    ("UART0: {_derive: {UART_DATA0: LED}}", "UART0.UART_DATA0.RED", {"low": 1}),
    ("SPI: {_derive: {A: UART0.LED}}", "SPI.A.RED", {"low": 1}),
    ("UART0: {_array: {'UART_DATA*': {name: 'D%s'}}}", "UART0.D", {"offset": 0x10}),
    ("UART0: {_cluster: {'CH%s': {'CH?_CFG': {name: CFG}, 'CH?_ST': {name: ST}}}}", "UART0.CH.ST", {"offset": 4}),
    ("UART0: {_cluster: {BOX: {LED: {}, UART_DATA0: {}}}}", "UART0.BOX.LED", {"offset": 0x30}),
    ("UART0: {UART_CTRL: {_modify: {EN: {description: Enables}}}}", "UART0.UART_CTRL.EN", {"description": "Enables"}),
    ("UART0: {UART_CTRL: {_modify: {EN: {bitWidth: 2}}}}", "UART0.UART_CTRL.EN", {"high": 1}),
    ("UART0: {UART_CTRL: {_modify: {EN: {bitRange: '[3:2]'}}}}", "UART0.UART_CTRL.EN", {"high": 3, "low": 2}),
    ("UART0: {UART_CTRL: {_merge: ['MODE*']}}", "UART0.UART_CTRL.MODE", {"high": 5, "low": 4}),
    ("UART0: {UART_CTRL: {_merge: {M: [MODE0, MODE1]}}}", "UART0.UART_CTRL.M", {"high": 5, "low": 4}),
    ("UART0: {UART_CTRL: {_merge: MODE*, _split: [MODE]}}", "UART0.UART_CTRL.MODE1", {"high": 5, "low": 5}),
    ("UART0: {UART_CTRL: {_delete: [EN], _add: {X: {lsb: 0, msb: 1}}}}", "UART0.UART_CTRL.X", {"high": 1}),
    ("UART0: {UART_CTRL: {_array: {'MODE?': {name: 'M%s'}}}}", "UART0.UART_CTRL.M1", {"low": 5}),
    ("UART0: {UART_CTRL: {EN: [0, 1]}}", "UART0.UART_CTRL.EN", {"constraint": (0, 1)}),
    (
        "UART0: {UART_CTRL: {EN: {_W1C: {}, _RC: {}}}}",
        "UART0.UART_CTRL.EN",
        {"write_effect": "woclr", "read_effect": "rclr"},
    ),
    ("UART0: {LED: {_clear: [GREEN]}}", "UART0.LED.GREEN", {"labels": ()}),
]


@pytest.mark.parametrize(("text", "path", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_changes_the_part(apply: Apply, text: str, path: str, expected: dict[str, object]) -> None:
    chip, findings = apply(text)
    found = part(chip, path)
    assert {name: getattr(found, name) for name in expected} == expected
    assert Outcome.PATCHED in {finding.outcome for finding in findings}


def test_an_enumeration_has_labels_with_descriptions_and_a_default(apply: Apply) -> None:
    chip, _ = apply("UART0: {UART_CTRL: {EN: {On: [1, 'Is on'], Off: [-1, Is off, really]}}}")
    (labels,) = asdict(part(chip, "UART0.UART_CTRL.EN"))["labels"]  # type: ignore[call-overload]
    assert [(label["name"], label["value"], label["description"]) for label in labels["labels"]] == [
        ("On", 1, "Is on"),
        ("Off", None, "Is off, really"),
    ]


def test_reads_and_writes_have_enumerations_of_their_own(apply: Apply) -> None:
    chip, _ = apply("UART0: {UART_CTRL: {EN: {_read: {Busy: [1, b]}, _write: {Start: [1, s]}}}}")
    assert [labels.use for labels in part(chip, "UART0.UART_CTRL.EN").labels] == ["read", "write"]  # type: ignore[attr-defined]


def test_an_enumeration_is_replaced_only_on_request(apply: Apply) -> None:
    chip, _ = apply("UART0: {LED: {GREEN: {_replace_enum: {DARK: [0, dark]}}}}")
    (labels,) = part(chip, "UART0.LED.GREEN").labels  # type: ignore[attr-defined]
    assert [label.name for label in labels.labels] == ["DARK"]
    with pytest.raises(FileError, match="has an enumeration for read-write already"):
        apply("UART0: {LED: {GREEN: {DARK: [0, dark]}}}")


def test_an_array_has_the_indices_of_the_names(apply: Apply) -> None:
    chip, _ = apply("UART0: {_cluster: {'CH%s': {'CH?_CFG': {}, 'CH?_ST': {}}}}")
    cluster = part(chip, "UART0.CH")
    assert isinstance(cluster, Group) and cluster.dimension is not None
    assert (cluster.dimension.names, cluster.dimension.stride) == (("0", "1"), 0x10)
    assert [member.name for member in cluster.members] == ["CH_CFG", "CH_ST"]


def test_interrupts_of_derived_peripherals_are_their_own(apply: Apply) -> None:
    chip, _ = apply("UART*: {_delete: [LED], _add: {_interrupts: {EXTRA: {value: 9}}}}")
    assert [interrupt.number for interrupt in chip.peripherals[1].interrupts][-1] == 9


def test_a_finding_has_the_place_of_the_rule(apply: Apply, tmp_path: Path) -> None:
    _, findings = apply("UART0:\n  UART_CTRL:\n    _modify:\n      EN: {description: Enables}\n")
    (finding,) = findings
    assert str(finding) == f"{tmp_path}/fix.yaml:4: patched: UART0.UART_CTRL.EN: changed description"


def test_an_included_file_adds_to_the_rules_that_include_it(apply: Apply) -> None:
    chip, findings = apply("UART0: {_include: [inner.yaml], _strip: UART_}", inner="CTRL:\n  EN: [0, 0]\n")
    assert part(chip, "UART0.CTRL.EN").constraint == (0, 0)  # type: ignore[attr-defined]
    assert any(finding.place.file.endswith("inner.yaml") and finding.place.line == 2 for finding in findings)


def test_a_part_to_delete_that_is_not_there_is_reported(apply: Apply) -> None:
    _, findings = apply("UART0: {_delete: [LEDS]}")
    assert [finding.text for finding in findings] == ["nothing to delete: no 'LEDS'"]


def test_an_optional_rule_may_match_nothing(apply: Apply) -> None:
    chip, findings = apply("'?~I2C*': {A: {}}\nUART0: {'?~LEDS': {}, _derive: {'?~X': LED}, _array: {'?~Z*': {}}}")
    assert len(chip.peripherals) == 3
    assert not list(findings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("I2C: {}", "fix.yaml:1: 'I2C': matches nothing in the chip ACME1, which has SPI, UART0, UART1"),
        ("UART0:\n  LEDS: {}", "fix.yaml:2: 'LEDS': matches nothing in UART0"),
        ("UART0:\n  LED: {BLUE: [0, 1]}", "fix.yaml:2: 'BLUE': matches nothing in UART0.LED, which has GREEN, RED"),
        ("UART0:\n  _modify: {LEDS: {size: 8}}", "fix.yaml:2: 'LEDS': matches nothing"),
        ("UART0: {_strip: XX_}", "'XX_': changes no name in UART0"),
        ("_delet: [SPI]", "'_delet': no key of a patch; did you mean '_delete'?"),
        ("UART0: {_modfy: {}}", "did you mean '_modify'?"),
        ("UART0: {_interrupts: {}}", "write it inside '_add'"),
        ("UART0: {LED: {_arrays: {}}}", "no key of a register; did you mean '_array'?"),
        ("UART0: {LED: {RED: {_reed: {A: [0, a]}}}}", "no key of a field; did you mean '_read'?"),
        ("UART0: {_modify: {LED: {adressOffset: 4}}}", "did you mean 'addressOffset'?"),
        ("UART0: {_modify: {LED: {access: readonly}}}", "'readonly' is none of .*did you mean 'read-only'?"),
        ("UART0: {_modify: {LED: {size: big}}}", "must be a number, for example 0x20, not 'big'"),
        ("UART0: {_modify: {LED: {size: 5000}}}", "5000 is not between 1 and 1024 bits"),
        ("UART0: {_add: {LED: {addressOffset: 0}}}", "UART0 has 'LED' already"),
        ("UART0: {_add: {X: {}}}", "a new register needs its addressOffset"),
        ("UART0: {LED: {_add: {X: {}}}}", "a new field needs its bits"),
        ("UART0: {LED: {RED: {A: 0}}}", "a label is written NAME:"),
        ("UART0: {LED: {RED: {A: [x, y]}}}", "must be a number"),
        ("UART0: {LED: {RED: [5, 1]}}", "its minimum 5 is greater than its maximum 1"),
        ("UART0: {UART_CTRL: {_merge: {M: [EN, MODE0]}}}", "are not next to each other"),
        ("UART0: {_array: {'CH*_*': {}}}", "must have one wildcard"),
        ("UART0: {_array: {'?ART_*': {}}}", "must have one wildcard"),
        ("UART0: {_array: {'CH?_*': {}}}", "must have one wildcard"),
        ("UART0: {_cluster: {'C%s': {'CH?_CFG': {}, 'UART_DATA?': {}}}}", "are not those of the first register"),
        ("UART0: {_derive: {UART_DATA0: NO}}", "no register 'NO' in UART0"),
        ("UART1: {LED: {}}", "UART1 has the registers of UART0; write the rule for that one"),
        ("_copy: {X: {from: NO}}", "'from': the chip ACME1 has no peripheral 'NO'"),
        ("_add: {SPI: {baseAddress: 0, registers: {}}}", "the chip ACME1 has this peripheral already"),
        ("_modify: {size: 16}", "the registers of this chip have it already"),
        ("UART0: [LED]", "'UART0': must be a mapping"),
        ("UART0: {LED: {}\n", "fix.yaml:1: not YAML: this { is not closed"),
        ("UART0: {LED: {}, LED: {}}", "LED"),
        ("_include: [gone.yaml]", "fix.yaml:1: cannot read .*No such file"),
        ("_include: [fix.yaml]", "includes itself"),
        ("'{A,B}{C,D}{A,B}{C,D}{A,B}{C,D}{A,B}{C,D}{A,B}{C,D}{A,B}': {}", "more than 1000 names"),
    ],
)
def test_a_mistake_is_refused_at_its_place(apply: Apply, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        apply(text)


def test_a_patch_for_another_file_is_refused(tmp_path: Path) -> None:
    from devgen import import_registers

    (tmp_path / "acme.svd").write_text(svd(SPI), encoding="utf-8")
    (tmp_path / "fix.yaml").write_text("_svd: ../vendor/other.svd\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"this patch is for other.svd; imported is acme.svd"):
        import_registers(tmp_path / "acme.svd", None, patches=[tmp_path / "fix.yaml"])


def test_a_patch_also_corrects_systemrdl(tmp_path: Path) -> None:
    from devgen import import_registers

    rdl = tmp_path / "box.rdl"
    rdl.write_text("addrmap box { reg { field {} EN[1]; } CTRL @ 0; };", encoding="utf-8")
    (tmp_path / "fix.yaml").write_text("box: {CTRL: {EN: {Runs: [1, It runs]}}}\n", encoding="utf-8")
    import_registers(rdl, tmp_path / "devices", patches=[tmp_path / "fix.yaml"])
    assert "Runs: {value: 1, description: It runs}" in (tmp_path / "devices" / "box-box.registers.yaml").read_text()


def test_the_patch_of_the_page_is_the_example() -> None:
    root = Path(__file__).parents[3]
    lines = (root / "examples" / "registers" / "acme1-fixes.yaml").read_text(encoding="utf-8").splitlines()
    assert "\n".join(f"    {line}" for line in lines) in (root / "docs" / "import.md").read_text(encoding="utf-8")
