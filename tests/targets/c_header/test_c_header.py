"""The target c-header: C and C++ compilers accept every header, and its constants are those of the view."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devgen.build.builder import build
from devgen.language import load_device
from devgen.language.view import DeviceView, DoorbellView, RegisterFileView, RegisterView, view_of
from devgen.targets.c_header.c_literals import comment, literal
from devgen.targets.c_header.macro_names import MacroNames

ROOT = Path(__file__).resolve().parents[3]
COMPILERS = {
    "c": ("gcc", "-std=c99"),
    "c++": ("g++", "-std=c++17"),
}
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic")

AWKWARD = """\
device: int
title: '*/ int main; /* ??/ \\\\'
description: "one\\ntwo */ three"
bus: sysbus
constants: {LIMIT: 7, limit: 0x1_0000_0000, "CTRL_OFFSET": 3}
properties: {channels: {type: int, default: 2, range: 1..8}}
regions:
  class:
    description: '/* nested */'
    space: mmio
    size: 64 KiB
    access: {valid: 1..8, implemented: 1..8}
    registers:
      WIDE:
        at: 0x0
        width: 64
        reset: 0xfedcba9876543210
        fields: {HIGH: 63:32, LOW: {bits: 31:0, values: {ALL: 0xffffffff}}}
      CTRL: {at: 0x8, fields: {B: {bits: 3:0, values: {MASK: 1, SHIFT: 2, Mask: 3}}, B_MASK: 4, b: 5}}
      CTRL_B: {at: 0xc, fields: {MASK: 0}}
      ctrl: {at: 0x10, title: The same name in lower case}
      BYTES: {at: 0x20, width: 8, count: 4, stride: 4, reset: [1, 2, 3, 255]}
      ID: {at: 0x40, width: 16, count: 2, access: ro, constant: [0x1234, 0xffff]}
      ONE: {at: 0x48, access: ro, constant: 0x80000000}
      START: {at: 0x4c, reset: channels}
      CHANNEL:
        at: 0x100
        count: channels
        stride: 0x20
        registers:
          POS: {at: 0x0, width: 64}
          MODE: {at: 0x8, fields: {RUN: 0}}
    doorbells:
      BELL: {at: 0x800, length: 2, match: 7, count: 3, stride: 8, on_ring: ctrl = index}
"""


def compiler(language: str) -> tuple[str, ...]:
    command = COMPILERS[language]
    if shutil.which(command[0]) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{command[0]} is missing")
        pytest.skip(f"{command[0]} is missing")
    return command


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The headers of the catalogue and of the awkward device, in a folder."""
    folder = tmp_path_factory.mktemp("headers")
    (folder / "awkward.yaml").write_text(AWKWARD)
    report = build([ROOT / "devices", folder / "awkward.yaml"], folder / "out", target="c-header")
    assert [str(diagnostic) for diagnostic in report.diagnostics] == []
    return folder


def views(folder: Path) -> list[DeviceView]:
    loaded = [load_device(path) for path in (*sorted((ROOT / "devices").glob("*.yaml")), folder / "awkward.yaml")]
    return [view_of(result) for result in loaded if result.device is not None]


def element(offset: int, index: int, stride: int) -> int:
    return offset + index * stride


def expected(device: DeviceView) -> Iterator[tuple[str, int]]:
    """What the view says, as C expressions and their values."""
    name = MacroNames(device).name
    for region in device.regions:
        yield name(region.name, "SIZE"), region.size
        if isinstance(region.bar, int):
            yield name(region.name, "BAR"), region.bar
        if region.bar is not None:
            yield name(region.name, "BAR_OFFSET"), region.offset
    parts: list[RegisterFileView | RegisterView | DoorbellView] = [*device.files, *device.registers, *device.doorbells]
    for part in parts:
        key = part.path if isinstance(part, RegisterView) else part.name
        yield name(key, "OFFSET"), part.offset
        if part.count is not None:
            count = part.count if isinstance(part.count, int) else part.count.greatest
            yield name(key, "COUNT"), count
            yield name(key, "STRIDE"), part.stride
            yield f"{name(key, 'OFFSET_AT')}({count} - 1)", element(part.offset, count - 1, part.stride)
    for bell in device.doorbells:
        if bell.match is not None:
            yield name(bell.name, "MATCH"), bell.match
    for register in device.registers:
        yield from expected_of(register, name)
    yield from expected_around(device, name)


def expected_around(device: DeviceView, name: Callable[..., str]) -> Iterator[tuple[str, int]]:
    """What the view says beside regions: PCI, vectors, constants."""
    for line in device.interrupts:
        if line.vector is not None:
            yield name("IRQ", line.name, "VECTOR"), line.vector
            if line.count is not None:
                yield name("IRQ", line.name, "COUNT"), line.count.greatest
    yield from ((name(constant.name), constant.value) for constant in device.constants)
    if device.pci is None:
        return
    yield name("PCI", "VENDOR_ID"), device.pci.vendor
    yield name("PCI", "DEVICE_ID"), device.pci.device
    yield name("PCI", "REVISION_ID"), device.pci.revision
    yield name("PCI", "CLASS_CODE"), device.pci.class_code
    yield name("PCI", "SUBSYSTEM_VENDOR_ID"), device.pci.subsystem_vendor
    yield name("PCI", "SUBSYSTEM_ID"), device.pci.subsystem_device
    for capability in device.pci.capabilities:
        yield name("PCI", "CAP", capability.name, "OFFSET"), capability.offset
        yield name("PCI", "CAP", capability.name, "SIZE"), capability.size
        vectors = dict(capability.settings).get("vectors")
        if isinstance(vectors, int):
            yield name("PCI", "CAP", capability.name, "VECTORS"), vectors


def expected_of(register: RegisterView, name: Callable[..., str]) -> Iterator[tuple[str, int]]:
    path = register.path
    yield name(path, "WIDTH"), register.width
    kind, values = ("RESETS", register.resets) if register.resets else ("VALUES", register.constant)
    if len(values) > 1:
        yield from (
            (f"((unsigned long long[]){{{name(path, kind)}}})[{index}]", value) for index, value in enumerate(values)
        )
    elif register.constant:
        yield name(path, "VALUE"), register.constant[0]
    elif register.reset.number is not None:
        yield name(path, "RESET"), register.reset.number
        yield from ((name(path, field.name, "RESET"), field.reset) for field in register.fields)
    for field in register.fields:
        yield name(path, field.name, "SHIFT"), field.lsb
        yield name(path, field.name, "WIDTH"), field.width
        yield name(path, field.name, "MASK"), field.mask
        top = (1 << field.width) - 1
        yield f"{name(path, field.name, 'PUT')}({literal(top, register.width)})", field.mask
        yield f"{name(path, field.name, 'GET')}({literal((1 << register.width) - 1, register.width)})", top
        yield from ((name(path, field.name, "=", label.name), label.value) for label in field.values)


def program(devices: list[DeviceView], cases: list[tuple[str, int]]) -> str:
    includes = "".join(f'#include "{device.stem}.h"\n' for device in devices) * 2  # twice: the guard
    prints = "".join(f'    printf("%llu\\n", (unsigned long long)({expression}));\n' for expression, _ in cases)
    library = "".join(f"#include <{name}.h>\n" for name in ("stdio", "limits", "stdint", "float"))
    return f"{library}{includes}int main(void)\n{{\n{prints}    return 0;\n}}\n"


@pytest.mark.parametrize("language", COMPILERS)
def test_a_compiled_program_prints_every_constant_of_the_view(headers: Path, tmp_path: Path, language: str) -> None:
    command, devices = compiler(language), views(headers)
    cases = [case for device in devices for case in expected(device)]
    if language == "c++":  # C++ has no compound literals
        cases = [case for case in cases if "[]" not in case[0]]
    source = tmp_path / "main.c"
    source.write_text(program(devices, cases))
    built = [*command, *STRICT, "-x", language, f"-I{headers / 'out'}", str(source), "-o", str(tmp_path / "main")]
    subprocess.run(built, check=True, timeout=300)
    printed = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True, check=True, timeout=60).stdout
    assert len(cases) > 1000
    assert list(zip(cases, map(int, printed.split()), strict=True)) == [(case, case[1]) for case in cases]


def test_every_macro_of_every_header_is_compared(headers: Path) -> None:
    for device in views(headers):
        text = (headers / "out" / f"{device.stem}.h").read_text()
        defined = [line.split()[1].partition("(")[0] for line in text.splitlines() if line.startswith("#define")]
        assert len(defined) == len(set(defined))
        printed = " ".join(expression for expression, _ in expected(device))
        words = set(printed.replace("(", " ").replace(")", " ").replace("{", " ").replace("}", " ").split())
        assert set(defined) - words == {MacroNames(device).guard}


def test_no_macro_begins_like_one_of_the_library(headers: Path) -> None:
    text = (headers / "out" / "int.h").read_text()
    assert "#define DEV_INT_CTRL_OFFSET 0x8U" in text
    assert "#define INT_" not in text


def test_names_that_would_collide_get_an_underscore(headers: Path) -> None:
    (device,) = (view for view in views(headers) if view.name == "int")
    name = MacroNames(device).name
    assert name("CTRL", "OFFSET") == "DEV_INT_CTRL_OFFSET"
    assert name("ctrl", "OFFSET") == "DEV_INT_CTRL_OFFSET_"
    assert name("CTRL", "B", "MASK") == "DEV_INT_CTRL_B_MASK"
    assert name("CTRL", "B", "=", "MASK").startswith("DEV_INT_CTRL_B_MASK_")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a */ b", "a * / b"),
        ("/* a", "/ * a"),
        ("a\nb\t c", "a b c"),
        ("a\u202eb", "a b"),
        ("*\x00/", "* /"),
        ("**//", "** //"),
    ],
)
def test_a_comment_stays_one(text: str, shown: str) -> None:
    assert comment(text) == shown
    assert "*/" not in comment(text)


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [(0, 8, "0x0U"), (0xFFFFFFFF, 32, "0xffffffffU"), (1, 64, "0x1ULL"), (1 << 32, 32, "0x100000000ULL")],
)
def test_literals_have_the_register_s_width(value: int, width: int, text: str) -> None:
    assert literal(value, width) == text


def test_a_template_of_the_user_adds_to_the_header(tmp_path: Path) -> None:
    mine = tmp_path / "templates" / "c-header" / "device.h.j2"
    mine.parent.mkdir(parents=True)
    mine.write_text(
        '{% extends "c-header/device.h.j2" %}\n{% block start %}\n#include <linux/bits.h>\n{% endblock %}\n'
    )
    build([ROOT / "devices/pl031.yaml"], tmp_path / "out", templates=tmp_path / "templates", target="c-header")
    text = (tmp_path / "out" / "pl031.h").read_text()
    assert "#include <linux/bits.h>\n" in text
    assert "#define PL031_MR_OFFSET 0x4U\n" in text
