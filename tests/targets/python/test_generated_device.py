"""Small descriptions, compiled and run: each construct does what the language says."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from codegen_models import device, line, load, local, pl031, region, register
from findings import noteworthy
from generated_code import class_of, instance_of, source_of

from devgen.language import load_device, model
from devgen.language.ir import Assign, Declare, Int, LocalPlace, RegisterPlace
from devgen.runtime.base.faults import DeviceError
from devgen.runtime.device.environment import Environment
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import Clocks
from devgen.targets.python.python_names import RUNTIME_NAMES

HEAD = """\
device: dut
bus: sysbus
"""
REGISTERS = """\
regions:
  r:
    space: mmio
    size: 4 KiB
    registers:
"""


def described(folder: Path, registers: str, rest: str = "", head: str = HEAD) -> model.Device:
    """The model of a description: register lines, then the other parts."""
    indented = "".join(f"      {line}\n" for line in registers.splitlines())
    path = folder / "dut.yaml"
    path.write_text(head + REGISTERS + indented + rest)
    result = load_device(path)
    assert noteworthy(result.diagnostics) == []
    assert result.device is not None
    return result.device


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Compile a description and give an instance of it."""

    def compiled(registers: str, rest: str = "", head: str = HEAD, **properties: Any) -> Any:
        return instance_of(described(tmp_path, registers, rest, head), **properties)

    return compiled


# --- the whole of a small device ---------------------------------------------------------------


def test_pl031_alarm() -> None:
    dut = instance_of(pl031())
    clock = dut.clocks.virtual
    dut.write_IMSC(1)
    dut.write_MR(dut.read_DR() + 2)
    clock.advance(1_999_999_999)
    assert (dut.intr.level, dut.read_MIS()) == (0, 0)
    clock.advance(1)
    assert (dut.intr.level, dut.read_MIS()) == (1, 1)
    dut.write_ICR(1)
    assert (dut.intr.level, dut.read_RIS()) == (0, 0)
    dut.write_LR(7)
    assert (dut.read_DR(), dut.seen) == (7, [("RTC_CHANGE", {"seconds": 7})])


def test_every_name_of_the_base_class_is_one_that_a_described_thing_avoids() -> None:
    instance = PciDevice(Environment(Clocks.manual()))
    public = {name for name in (*dir(PciDevice), *vars(instance)) if not name.startswith("_")}
    assert public <= RUNTIME_NAMES


# --- registers ---------------------------------------------------------------------------------


def test_code_does_not_grow_with_arrays(tmp_path: Path) -> None:
    small = source_of(described(tmp_path, "A: {at: 0, count: 2, stride: 4}"))
    large = source_of(described(tmp_path, "A: {at: 0, count: 512, stride: 4}"))
    assert len(large) - len(small) < 20


def test_an_array_sized_by_a_property(make: Any) -> None:
    dut = make(
        "A: {at: 0, count: lanes * 2, stride: 4, on_write: 'LAST = index'}\nLAST: {at: 0x800, access: ro}",
        "properties:\n  lanes: {type: int, default: 2, range: 1..4}\n",
        lanes=3,
    )
    dut.write_A(5, 0x1234)
    assert (dut.A, dut.LAST) == ([0, 0, 0, 0, 0, 0x1234], 5)


def test_properties_are_checked(make: Any) -> None:
    properties = "properties:\n  lanes: {type: int, default: 2, range: 1..4}\n"
    with pytest.raises(DeviceError, match="lanes"):
        make("A: {at: 0}", properties, lanes=9)
    with pytest.raises(DeviceError, match="lane"):
        make("A: {at: 0}", properties, lane=2)


def test_members_of_a_register_file_see_their_siblings(make: Any) -> None:
    dut = make(
        "T:\n  at: 0x100\n  stride: 0x20\n  count: 3\n  registers:\n"
        "    CONFIG: {at: 0, fields: {GO: 0}}\n    CMP: {at: 8, on_write: 'CONFIG.GO = 1'}"
    )
    dut.write_T_CMP(2, 99)
    assert (dut.T_CONFIG, dut.T_CMP) == ([0, 0, 1], [0, 0, 99])


def test_old_is_the_value_before_the_write(make: Any) -> None:
    dut = make("A: {at: 0, reset: 5, on_write: 'B = old'}\nB: {at: 4, access: ro}")
    dut.write_A(9)
    assert (dut.A, dut.B) == (9, 5)


def test_on_read_sees_what_the_effect_has_left(make: Any) -> None:
    dut = make("A: {at: 0, reset: 5, read_effect: rclr, on_read: 'B = A'}\nB: {at: 4, access: ro}")
    assert (dut.read_A(), dut.A, dut.B) == (5, 0, 0)


def test_before_read_comes_before_the_value_and_on_read_after_it(make: Any) -> None:
    dut = make("A: {at: 0, before_read: A = u32(A + 1), on_read: A = u32(A * 10)}")
    assert (dut.read_A(), dut.A) == (1, 10)
    assert dut.read_A() == 11


def test_before_read_is_no_part_of_the_value_elsewhere(make: Any) -> None:
    dut = make("A: {at: 0, before_read: B = u32(B + 1), read: u32(B * 2)}\nB: {at: 4}\nC: {at: 8, read: A}")
    assert (dut.read_C(), dut.read_A(), dut.read_C()) == (0, 2, 2)


def test_lines_follow_what_before_read_changes(make: Any) -> None:
    dut = make("A: {at: 0, before_read: 'A = 1'}", "interrupts:\n  irq: {level: A}\n")
    dut.read_A()
    assert dut.irqs["irq"].level == 1


def test_behaviour_cannot_set_bits_that_no_field_has(make: Any) -> None:
    dut = make("A: {at: 0, access: ro, fields: {LOW: 3:0}}\nB: {at: 4, access: wo, on_write: 'A = value'}")
    dut.write_B(0xFFFF)
    assert dut.read_A() == 0xF


def test_an_alias_shares_storage(make: Any) -> None:
    dut = make("A: {at: 0}\nSET: {at: 4, alias: A, write_effect: woset}")
    dut.write_A(1)
    dut.write_SET(6)
    assert dut.read_A() == 7


def test_a_write_once_register_opens_again_at_reset(make: Any) -> None:
    dut = make("A: {at: 0, access: rw1, reset: 3}")
    dut.write_A(0xAA, 0xFF)
    dut.write_A(0xBBBB)
    assert dut.read_A() == 0xBBAA
    dut.reset()
    assert dut.read_A() == 3
    dut.write_A(0xCC)
    assert dut.read_A() == 0xCC


def test_an_alias_counts_its_own_first_write(make: Any) -> None:
    dut = make("A: {at: 0}\nONCE: {at: 4, alias: A, access: rw1}")
    dut.write_ONCE(5)
    dut.write_ONCE(6)
    assert dut.read_A() == 5
    dut.write_A(7)
    assert dut.read_ONCE() == 7


def test_constants_cannot_be_touched() -> None:
    constant = {"constant": (1, 2), "count": Int(2), "stride": 4}
    effects = {"read_effect": "rclr", "singlepulse": True, "access": "rw1"}
    dut = instance_of(device(region(register("A", **constant, **effects))))
    assert [dut.read_A(0), dut.read_A(1), dut.read_A(0)] == [1, 2, 1]
    assert not hasattr(dut, "write_A")


def test_reset_spares_what_is_retained(make: Any) -> None:
    dut = make("A: {at: 0, reset: 1}\nB: {at: 4, reset: 1, retain: true}")
    dut.write_A(7)
    dut.write_B(7)
    dut.reset()
    assert (dut.A, dut.B) == (1, 7)


# --- lines -------------------------------------------------------------------------------------


def test_a_level_follows_all_its_inputs(make: Any) -> None:
    dut = make(
        "S: {at: 0, write_effect: woclr}\nE: {at: 4}\nK: {at: 8, access: wo, on_write: raise_bits(value)}",
        "actions:\n  raise_bits(n): S |= n\nfunctions:\n  pending(): S & E\n"
        "interrupts:\n  irq: {level: pending() != 0}\n",
    )
    levels: list[int] = []
    dut.irq.connect(levels.append)
    dut.write_K(4)
    dut.write_E(4)
    dut.write_S(4)
    assert levels == [1, 0]


def test_an_entry_point_updates_only_what_it_may_change(tmp_path: Path) -> None:
    device = described(
        tmp_path, "A: {at: 0}\nB: {at: 4}", "interrupts:\n  ia: {level: A != 0}\n  ib: {level: B != 0}\n"
    )
    text = source_of(device)
    write_a = text[text.index("def write_A") : text.index("def read_B")]
    assert "self.update_ia()" in write_a
    assert "self.update_ib()" not in write_a


def test_lines_of_an_array_each_have_their_level(make: Any) -> None:
    dut = make("A: {at: 0}", "interrupts:\n  irq: {count: 4, level: 'A[index]'}\n")
    dut.write_A(0b1010)
    assert [line.level for line in dut.irq] == [0, 1, 0, 1]


def test_lines_of_an_array_may_share_a_level(make: Any) -> None:
    dut = make("A: {at: 0}", "interrupts:\n  irq: {count: 2, level: A != 0}\n")
    dut.write_A(1)
    assert [line.level for line in dut.irq] == [1, 1]


def test_lines_driven_by_statements_are_lowered_by_reset(make: Any) -> None:
    dut = make(
        "A: {at: 0, on_write: 'irq[value % 4] = 1'}",
        "interrupts:\n  irq: {count: 4}\ngpio_out:\n  ready: {level: A == 0}\n",
    )
    assert dut.ready.level == 1
    dut.write_A(2)
    assert ([line.level for line in dut.irq], dut.ready.level) == ([0, 0, 1, 0], 0)
    dut.reset()
    assert ([line.level for line in dut.irq], dut.ready.level) == ([0, 0, 0, 0], 1)


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "now", "match", "expiry"),
    [
        ("", 25, 5, 50),
        ("align: edge", 20, 5, 50),
        ("align: now", 25, 5, 55),
        ("due: now", 25, 2, 25),
        ("due: tick", 25, 2, 30),
        ("due: wrap", 25, 2, 2580),
    ],
)
def test_an_alarm_comes_when_the_counter_matches(make: Any, keys: str, now: int, match: int, expiry: int) -> None:
    dut = make(
        "M: {at: 0, width: 8, on_write: t.arm()}\nR: {at: 4, access: ro}",
        "counters:\n  c: {clock: virtual, period: 10 ns, width: 8}\n"
        f"timers:\n  t: {{counter: c, match: M, on_expire: R = 1{', ' + keys if keys else ''}}}\n",
    )
    clock = dut.clocks.virtual
    clock.advance(now)
    dut.write_M(match)
    clock.settle()  # as a host does when the write ends
    if expiry > now:
        clock.advance(expiry - now - 1)
        assert dut.R == 0
        clock.advance(1)
    assert dut.R == 1


def test_a_counter_follows_its_enable(make: Any) -> None:
    dut = make(
        "CR: {at: 0, fields: {EN: 0}}\nC: {at: 4, access: ro, read: c}",
        "counters:\n  c: {clock: virtual, period: 10 ns, width: 8, enable: CR.EN, phase: start, reset: 100}\n",
    )
    clock = dut.clocks.virtual
    clock.advance(1000)
    assert dut.read_C() == 100
    dut.write_CR(1)
    clock.advance(35)
    assert dut.read_C() == 103
    dut.write_CR(0)
    clock.advance(1000)
    assert dut.read_C() == 103
    dut.reset()
    assert dut.read_C() == 100


def test_a_stopped_counter_lets_no_alarm_come(make: Any) -> None:
    dut = make(
        "CR: {at: 0, fields: {EN: 0}}\nM: {at: 4, on_write: t.arm()}\nR: {at: 8, access: ro}",
        "counters:\n  c: {clock: virtual, period: 10 ns, width: 8, enable: CR.EN}\n"
        "timers:\n  t: {counter: c, match: 'M[7:0]', on_expire: R = 1}\n",
    )
    dut.write_CR(1)
    dut.write_M(5)
    dut.write_CR(0)
    dut.clocks.virtual.advance(10_000)
    assert dut.R == 0
    dut.write_CR(1)
    dut.clocks.virtual.advance(40)
    assert dut.R == 0
    dut.clocks.virtual.advance(10)
    assert dut.R == 1


STOPPABLE = (
    "CR: {at: 0, fields: {EN: 0}}\nM: {at: 4, on_write: 't[0].arm()'}\nR: {at: 8, access: ro}",
    "counters:\n  c: {clock: virtual, period: 10 ns, width: 8, enable: CR.EN, phase: start}\n"
    "timers:\n  t: {counter: c, match: 'M[7:0]', on_expire: R = index + 1, count: 2}\n",
)


def test_an_alarm_armed_before_its_counter_runs_waits_for_it(make: Any) -> None:
    dut = make(*STOPPABLE)
    dut.write_M(5)
    assert (dut.t[0].armed, dut.t[1].armed) == (True, False)
    dut.write_CR(1)
    dut.clocks.virtual.advance(50)
    assert dut.R == 1


def test_a_waiting_alarm_survives_a_snapshot_and_not_a_reset(make: Any) -> None:
    dut, other = make(*STOPPABLE), make(*STOPPABLE)
    dut.write_M(5)
    other.load_state(dut.save_state())
    other.write_CR(1)
    other.clocks.virtual.advance(50)
    assert other.R == 1
    dut.reset()
    assert not dut.t[0].armed


def test_bare_timers_of_an_array_know_their_index(make: Any) -> None:
    dut = make(
        "A: {at: 0, on_write: 't[1].arm_in(value)'}\nR: {at: 8, access: ro}",
        "timers:\n  t: {clock: virtual, count: 3, on_expire: R = index + 1}\n",
    )
    dut.write_A(50)
    dut.clocks.virtual.advance(50)
    assert dut.R == 2


# --- what comes in from outside ------------------------------------------------------------------


def test_a_byte_stream(make: Any) -> None:
    dut = make(
        "D: {at: 0, width: 8, on_write: 's.send(value ^ 1)'}\nL: {at: 4, width: 8, access: ro}",
        "streams:\n  s: {on_receive: L = value}\n",
    )
    sent: list[int] = []
    dut.s.connect(lambda data: sent.extend(data if isinstance(data, bytes) else [data]))
    dut.write_D(0x40)
    dut.streams["s"].receive(b"\x07")
    assert (sent, dut.L) == ([0x41], 7)


def test_doorbells_of_an_array(tmp_path: Path) -> None:
    path = tmp_path / "dut.yaml"
    path.write_text(
        f"{HEAD}regions:\n  r:\n    space: mmio\n    size: 4 KiB\n    doorbells:\n"
        "      Q: {at: 0x10, count: 3, stride: 4, length: 4, match: 7, on_ring: 'N[index] = u32(N[index] + count)'}\n"
        "state:\n  N: {width: 32, count: 3}\n"
    )
    result = load_device(path)
    assert result.device is not None, [str(one) for one in result.diagnostics]
    dut = instance_of(result.device)
    bells = dut.regions["r"].ioeventfds
    assert [(bell.offset, bell.length, bell.match, bell.name) for bell in bells] == [
        (0x10, 4, 7, "Q[0]"),
        (0x14, 4, 7, "Q[1]"),
        (0x18, 4, 7, "Q[2]"),
    ]
    bells[1].handler(5)
    assert dut.N == [0, 5, 0]
    dut.close()


def test_neighbouring_coalesced_registers_are_one_range(make: Any) -> None:
    dut = make("A: {at: 0, access: wo, coalesce: true}\nB: {at: 4, access: wo, coalesce: true, count: 4, stride: 4}")
    assert dut.regions["r"].coalesced == [(0, 20)]


def test_a_rom_holds_its_contents(tmp_path: Path) -> None:
    path = tmp_path / "dut.yaml"
    path.write_text(f"{HEAD}regions:\n  r: {{space: mmio, size: 4 KiB, rom: true, contents: '55aa00ff'}}\n")
    result = load_device(path)
    assert result.device is not None, [str(one) for one in result.diagnostics]
    dut = instance_of(result.device)
    assert bytes(dut.regions["r"].memory.view[:5]) == b"\x55\xaa\x00\xff\x00"
    dut.close()


# --- names -------------------------------------------------------------------------------------


def test_names_that_python_or_the_base_class_need_still_work() -> None:
    place = RegisterPlace("reset", 32)
    body = (Declare("self", local("value")), Assign(place, local("self")))
    registers = (
        register("reset", on_write=body),
        register("class", 4),
        register("EVENTS", 8, on_write=(Assign(LocalPlace("int"), load("class")),)),
        register("read_class", 12),
    )
    made = device(region(*registers), interrupts=(line("update_irq"), line("irq", load("class"))))
    dut = instance_of(made)
    dut.write_reset(5)
    assert dut.read_reset() == 5
    dut.reset()
    assert dut.read_reset() == 0


def test_two_generated_classes_do_not_share_state() -> None:
    made = class_of(pl031())
    one, two = made(Environment(Clocks.manual())), made(Environment(Clocks.manual()))
    one.write_IMSC(1)
    assert two.read_IMSC() == 0


def test_nothing_is_imported_but_the_runtime() -> None:
    for node in ast.walk(ast.parse(source_of(pl031()))):
        assert not isinstance(node, ast.Import)
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[:2] in (["devgen", "runtime"], ["typing"], ["functools"]) or (
                node.module in ("__future__", "collections.abc")
            )


def test_a_computed_bit_is_set_or_cleared_in_one_step(tmp_path: Path) -> None:
    registers = """\
R: {at: 0}
SET: {at: 4, access: wo, on_write: 'R[value[4:0]] = 1'}
CLEAR: {at: 8, access: wo, on_write: 'R[value[4:0]] = 0'}
"""
    source = source_of(described(tmp_path, registers))
    assert "self.R |= 1 << (value & 0x1F)" in source
    assert "self.R &= ~(1 << (value & 0x1F))" in source


def test_a_counter_follows_its_enable_once_unless_the_hook_changes_it(tmp_path: Path) -> None:
    registers = """\
CTRL: {at: 0, fields: {EN: 0}, on_write: OTHER = value}
ONCE: {at: 4, on_write: CTRL.EN = 1}
OTHER: {at: 8}
STOP: {at: 12, fields: {EN: {bits: 0, singlepulse: true}}}
"""
    counters = """\
counters:
  ticks: {clock: virtual, period: 1 us, width: 32, enable: CTRL.EN}
  pulses: {clock: virtual, period: 1 us, width: 32, enable: STOP.EN}
"""
    source = source_of(described(tmp_path, registers, counters))

    def calls(register: str) -> list[str]:
        body = source.partition(f"def write_{register}(")[2].partition("def ")[0]
        return [line.strip() for line in body.splitlines() if "follow_" in line]

    assert calls("CTRL") == ["self.follow_ticks()"]
    assert calls("ONCE") == ["self.follow_ticks()"]
    assert calls("STOP") == ["self.follow_pulses()"] * 2
