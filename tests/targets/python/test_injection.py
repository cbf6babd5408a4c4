"""A stranger's description runs nothing: neither its text nor its names get out of their literals."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from codegen_models import device, field, line, local, region, register
from generated_code import RENDERER
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devgen.build.builder import BuildError, build
from devgen.build.source_paths import quoted_path
from devgen.language import model
from devgen.language.ir import (
    Assign,
    Compare,
    Declare,
    Emit,
    For,
    Int,
    Load,
    LocalPlace,
    PropertyPlace,
    Range,
    RegisterPlace,
    StatePlace,
    Text,
)
from devgen.targets.python.lower_device import lower_device
from devgen.targets.python.python_names import LoweringError
from devgen.targets.python.rendering import module_context

BREAKOUT = '"""\nimport os; os.system("x")\n"""'
TEXTS = [BREAKOUT, "'''", "\\", '"', "\\'\"", "\r\nX = 1\r\n", "\x00", "\u2028X = 1", "{{ 1 }}{% raw %}", "#", "\ud800"]


def with_texts(one: str, two: str) -> model.Device:
    """A device with free text wherever the language takes it."""
    secret = Load(PropertyPlace("mode"), Range(None, None))
    test = Compare(secret, (("==", Text(one)),))
    registers = (
        register("R", title=one, description=two, fields=(field("F", 0, 4, title=one, description=two),)),
        register("S", 4, on_write=(Assign(RegisterPlace("R", 32), test),), description=one),
    )
    bell = model.Doorbell("BELL", 0x100, 4, None, (), None, 0, one)
    return device(
        region(*registers, doorbells=(bell,), description=one),
        title=one,
        description=two,
        datasheet=one,
        properties=(model.Property("mode", "string", two, Range(None, None), False, one),),
        state=(model.StateVar("hidden", 8, Int(0), None, False, two),),
        timers=(model.Timer("t", "virtual", None, None, "edge", "now", (), None, False, one),),
        interrupts=(line("irq", description=two),),
        gpio_in=(model.GpioIn("pin", (), None, one),),
        streams=(model.Stream("tty", (Assign(StatePlace("hidden", 8), local("value")),), two),),
    )


def shape(text: str) -> str:
    """A module's structure, blind to what its string constants hold and to whether a docstring is there."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def rendered(made: model.Device, source: str = "devices/x.yaml") -> str:
    return RENDERER.render("device.py.j2", module_context(lower_device(made, quoted_path(source))))


PLAIN = shape(rendered(with_texts("one", "two")))


@settings(max_examples=120, deadline=None)
@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200), st.text(max_size=40))
@example(BREAKOUT, BREAKOUT, "x.yaml\nimport os")
@example("\\", '"', "\\")
def test_no_text_changes_the_code(one: str, two: str, source: str) -> None:
    path = source.encode("utf-8", "replace").decode()
    assert shape(rendered(with_texts(one, two), path)) == PLAIN


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_changes_nothing(text: str) -> None:
    assert shape(rendered(with_texts(text, text * 50))) == PLAIN


def test_the_text_is_kept() -> None:
    text = rendered(with_texts('He said "go\\n"', "tab\there"))
    constants = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    assert 'He said "go\\n"' in constants
    assert "tab\there" in constants


# --- names -------------------------------------------------------------------------------------

HOSTILE_NAMES = ["x; import os", "x\ny", "a.b", "a b", "", "1x", "__class__", "x)", "é", "x=1", "a" + "\0"]


def places(name: str) -> dict[str, Any]:
    """For each place of a name: a device that has it there."""
    value = Load(LocalPlace(name), Range(0, 1))
    hook = (Assign(StatePlace("s", 8), value),)
    state = (model.StateVar("s", 8, Int(0), None, False, ""),)
    return {
        "register": device(region(register(name))),
        "state": device(state=(model.StateVar(name, 8, Int(0), None, False, ""),)),
        "property": device(properties=(model.Property(name, "int", 1, Range(0, 5), False, ""),)),
        "line": device(interrupts=(line(name),)),
        "action": device(actions=(model.Action(name, (), ()),)),
        "function": device(functions=(model.Function(name, (), Int(1)),)),
        "parameter": device(functions=(model.Function("f", (name,), Int(1)),)),
        "timer": device(timers=(model.Timer(name, "virtual", None, None, "edge", "now", (), None, False, ""),)),
        "stream": device(streams=(model.Stream(name, (), ""),)),
        "local": device(state=state, on_reset=(Declare(name, Int(1)),)),
        "loop": device(state=state, on_reset=(For(name, Int(0), Int(2), hook, 2),)),
        "use": device(state=state, on_reset=hook),
        "event parameter": device(on_reset=(Emit("E", ((name, Int(1)),)),)),
        "doorbell": device(region(doorbells=(model.Doorbell(name, 0, 4, None, (), 2, 4, ""),))),
    }


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("place", places("ok"))
def test_what_is_no_name_generates_nothing(name: str, place: str) -> None:
    with pytest.raises(LoweringError):
        lower_device(places(name)[place], "x.yaml")


@pytest.mark.parametrize("place", places("ok"))
def test_a_proper_name_does(place: str) -> None:
    ast.parse(rendered(places("ok")[place]))


@given(st.text(max_size=30))
def test_a_field_or_region_name_is_a_string_whatever_it_is(name: str) -> None:
    plain = device(region(register("R", fields=(field("F", 0, 4),)), name="r"))
    made = dataclasses.replace(plain, regions=(region(register("R", fields=(field(name, 0, 4),)), name=name),))
    assert shape(rendered(made)) == shape(rendered(plain))


# --- from YAML to a file -------------------------------------------------------------------------

DESCRIPTION = """\
device: dut
title: {title}
description: {title}
bus: sysbus
regions:
  r:
    space: mmio
    size: 4 KiB
    registers:
      A: {{at: 0, title: {title}, on_write: {code}}}
"""
CODE = ["__import__('os')", "A.__class__", "(lambda: 0)()", "exec('1')", "open('x')", "A = [x for x in y]", "import os",
        "self.env", "A = f'{1}'", "print(1)", "os.system(1)", "A = value\nimport os", "while 1: pass"]  # fmt: skip


@pytest.mark.parametrize("code", CODE)
def test_hostile_behaviour_does_not_build(tmp_path: Path, code: str) -> None:
    path = tmp_path / "dut.yaml"
    path.write_text(DESCRIPTION.format(title="t", code=repr(code) if "'" not in code else f'"{code}"'))
    report = build([path], tmp_path / "out")
    assert not report.ok
    assert list((tmp_path / "out").glob("*.py")) == []


@pytest.mark.parametrize("text", TEXTS[:-1])
def test_hostile_text_builds_to_the_same_code(tmp_path: Path, text: str) -> None:
    from json import dumps

    path = tmp_path / "dut.yaml"
    shapes = []
    for title in ("plain", text):
        path.write_text(DESCRIPTION.format(title=dumps(title), code="A = 1"))
        report = build([path], tmp_path / "out")
        if not report.ok:  # YAML itself, or a check, has refused it
            return
        shapes.append(shape((tmp_path / "out" / "dut.py").read_text()))
    assert shapes[0] == shapes[1]


def test_a_device_name_stays_in_its_folder(tmp_path: Path) -> None:
    for name in ("../evil", "a/b", "__init__", "a.b", "-", "os; x"):
        path = tmp_path / "dut.yaml"
        path.write_text(DESCRIPTION.format(title="t", code="A = 1").replace("device: dut", f"device: {name!r}"))
        try:
            report = build([path], tmp_path / "out" / "deep")
        except BuildError:
            continue
        assert not report.ok
    assert not list(tmp_path.rglob("*.py"))
