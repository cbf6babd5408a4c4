"""Described things may have any name that is not one of the language's own words, whatever Python makes of it."""

from __future__ import annotations

import builtins
import json
import keyword
from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, source_of
from hypothesis import given, settings
from hypothesis import strategies as st
from linting import passes_the_linters

from devgen.language import load_device, model
from devgen.language.scope import BUILTIN_NAMES, HOOK_NAMES
from devgen.runtime.device.environment import Environment
from devgen.runtime.time.clock import Clocks
from devgen.targets.python.python_names import RUNTIME_NAMES, Names

C_WORDS = "auto break case char const default double enum extern float goto int long register short static struct void"
SPECIAL = ["config", "load", "pin", "log", "memory", "name", "self", "env", "event", "cls", "super", "result", "bank"]
WORDS = sorted(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *RUNTIME_NAMES, *C_WORDS.split(), *SPECIAL}
    - {name for name in dir(builtins) if name.startswith("_")}
    - {"_"}
    - BUILTIN_NAMES
    - HOOK_NAMES
)
THINGS = [
    *("REG", "ARRAY", "FILE", "MEMBER", "FIELD", "LABEL", "OTHER", "CONST", "EVENT", "parameter", "computed", "region"),
    *("state", "fifo", "counter", "timer", "irq", "pin", "stream", "prop", "function", "action", "bell", "local"),
]
DESCRIPTION = """\
device: dut
bus: sysbus
properties: {{ {prop}: {{type: int, default: 3, range: 0..9}} }}
constants: {{ {CONST}: 5 }}
state: {{ {state}: {{width: 8, reset: 1}} }}
fifos: {{ {fifo}: {{depth: 4, width: 8}} }}
counters: {{ {counter}: {{clock: virtual, period: 1 us, width: 32}} }}
timers: {{ {timer}: {{counter: {counter}, match: "{REG_}", on_expire: "{state_} = 7"}} }}
functions: {{ "{function_}()": "{REG_} + {prop_} + {CONST_}" }}
actions: {{ "{action_}({local_})": "{fifo_}.push({local_}[7:0])" }}
interrupts: {{ {irq}: {{level: "{REG_}.{FIELD_} and {state_} != 0"}} }}
gpio_out: {{ {pin}: {{level: "{REG_}[0]"}} }}
streams: {{ {stream}: {{on_receive: "{state_} = value"}} }}
events: {{ {EVENT}: {{ {parameter}: 32 }} }}
regions:
  {region}:
    space: mmio
    size: 4 KiB
    registers:
      {REG}:
        at: 0
        fields: {{ {FIELD}: {{bits: 3:2, values: {{ {LABEL}: 2 }} }}, {OTHER}: 1:0 }}
        on_write: "{action_}({REG_}), {EVENT_}({parameter_}={REG_})"
      {ARRAY}: {{at: 0x10, count: 2, stride: 4, on_write: "{REG_}.{FIELD_} = {REG_}.{FIELD_}.{LABEL_}"}}
      {FILE}:
        at: 0x20
        count: 2
        registers:
          {MEMBER}: {{at: 0, on_write: "{MEMBER_} = value, {state_} = 2"}}
          {REG}: {{at: 4}}
      {computed}:
        at: 0x40
        access: ro
        read: "u32({function_}() + {counter_}[7:0] + {fifo_}.count + {FILE_}[1].{MEMBER_}[3:0])"
    doorbells: {{ {bell}: {{at: 0x100, length: 4, on_ring: "{state_} = 9"}} }}
"""


def described(names: dict[str, str], folder: Path) -> model.Device:
    """The device with these names; behaviour spells keywords in backticks, statements stand one a line."""
    spelled = {f"{thing}_": f"`{name}`" if keyword.iskeyword(name) else name for thing, name in names.items()}
    text = DESCRIPTION.format(**names, **spelled)
    lines = [listed(line) for line in text.splitlines()]
    path = folder / "dut.yaml"
    path.write_text("\n".join(lines) + "\n")
    result = load_device(path)
    assert result.device is not None, [str(diagnostic) for diagnostic in result.diagnostics]
    return result.device


def listed(line: str) -> str:
    """Two statements, which the description's line separates by a comma, as a list."""
    head, found, statements = line.partition('on_write: "')
    if not found:
        return line
    body, _, tail = statements.partition('"')
    return f"{head}on_write: {json.dumps(body.split(', '))}{tail}"


ACCESSES = st.lists(
    st.tuples(
        st.sampled_from(["read", "write", "advance", "receive", "ring"]),
        st.sampled_from([0, 0x10, 0x14, 0x20, 0x28, 0x40]),
        st.integers(0, 2**32 - 1),
    ),
    max_size=12,
)
Trace = list[Any]


def run(names: dict[str, str], folder: Path, accesses: list[tuple[str, int, int]]) -> Trace:
    """What a device shows of itself after each access, told by the plain names."""
    plain = {name: thing for thing, name in names.items()}
    trace: Trace = []
    env = Environment(
        Clocks.manual(),
        on_event=lambda _, name, values: trace.append((plain[name], {plain[key]: one for key, one in values.items()})),
    )
    dut = class_of(described(names, folder))(env, **{names["prop"]: 4})
    bank = dut.regions[names["region"]]
    for kind, offset, value in accesses:
        if kind == "read":
            trace.append(bank.ops.resolve_read(offset, 4)())
        elif kind == "write":
            bank.ops.resolve_write(offset, 4)(value)
        elif kind == "advance":
            dut.clocks.virtual.advance(value % 10_000_000)
        elif kind == "receive":
            dut.streams[names["stream"]].receive(bytes([value & 0xFF]))
        else:
            bank.ioeventfds[0].handler(1)
        trace.append((dut.irqs[names["irq"]].level, dut.gpio_out[names["pin"]].level))
    state = dut.save_state()["state"]
    trace.append({".".join(plain[part] for part in name.split(".")): value for name, value in state.items()})
    dut.close()
    return trace


PLAIN = {thing: f"x_{thing}" for thing in THINGS}


@settings(max_examples=25, deadline=None)
@given(st.permutations(WORDS), ACCESSES)
def test_names_change_nothing(tmp_path_factory: pytest.TempPathFactory, words: list[str], accesses: Any) -> None:
    folder = tmp_path_factory.mktemp("names")
    hostile = dict(zip(THINGS, words, strict=False))
    assert run(hostile, folder, accesses) == run(PLAIN, folder, accesses)


@pytest.mark.slow
def test_any_names_pass_the_linters(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    size = len(THINGS)
    for number, at in enumerate(range(0, len(WORDS), size)):
        words = WORDS[min(at, len(WORDS) - size) :]
        device = described(dict(zip(THINGS, words, strict=False)), tmp_path)
        (modules / f"dut_{number}.py").write_text(source_of(device))
    passes_the_linters(modules)


@pytest.mark.parametrize(("name", "attribute"), [("assert", "assert__"), ("assertEquals", "assertEquals_")])
def test_a_name_that_linters_would_replace_gets_another_attribute(name: str, attribute: str) -> None:
    assert Names().claim(name) == attribute


def test_a_saved_state_speaks_of_described_names(tmp_path: Path) -> None:
    names = {**PLAIN, "REG": "config", "FILE": "class", "MEMBER": "None", "state": "log"}
    dut = class_of(described(names, tmp_path))(Environment(Clocks.manual()))
    saved = dut.save_state()["state"]
    assert {"config", "class.None", "class.config", "log"} <= set(saved)


@pytest.mark.parametrize("word", ["value", "min", "u32", "load8"])
def test_the_languages_own_words_stay_its_own(word: str, tmp_path: Path) -> None:
    path = tmp_path / "dut.yaml"
    path.write_text(f"device: dut\nbus: sysbus\nstate: {{ {word}: {{width: 8}} }}\n")
    assert [diagnostic.code for diagnostic in load_device(path).diagnostics] == ["DG0702"]
