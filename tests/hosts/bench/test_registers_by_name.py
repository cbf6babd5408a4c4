"""`bench.regs`: registers and fields by name, as a driver accesses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench, BenchError

DEVICE = """
device: named
bus: sysbus
state:
  reads: {width: 32}
actions:
  'tally()': reads += 1 if reads < 0xffff else 0
regions:
  main:
    size: 4 KiB
    space: mmio
    registers:
      CTRL:
        at: 0x00
        on_read: tally()
        fields:
          ENABLE: 0
          MODE: {bits: '2:1', values: {IDLE: 0, RUN: 1, STEP: 2}}
          read: 8
      STATUS:
        at: 0x04
        fields: {DONE: {bits: 0, write_effect: woclr}, FAULT: {bits: 1, write_effect: woclr}, LEVEL: '7:4'}
      READS: {at: 0x08, access: ro, read: reads}
      class: {at: 0x0c}
      KEY: {at: 0x10, access: wo}
      EVENTS: {at: 0x14, access: ro, read_effect: rclr}
      BYTES: {at: 0x18, sizes: 1..1}
      WIDE: {at: 0x20, width: 64}
      ID: {at: 0x40, count: 3, stride: 4, constant: [1, 2, 3], access: ro}
      SLOT: {at: 0x50, count: 2, stride: 4, fields: {ON: 0}}
      CHANNEL:
        at: 0x80
        count: 2
        stride: 0x10
        registers:
          RING: {at: 0, fields: {SIZE: '3:0'}}
          HEAD: {at: 4}
      CORE:
        at: 0xc0
        registers:
          REV: {at: 0, constant: 7, access: ro}
  swapped:
    size: 256
    space: mmio
    access: {endian: big}
    registers:
      BIG: {at: 0}
      BIGGER: {at: 8, width: 64}
interrupts:
  done: {level: STATUS.DONE}
"""


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> type[Any]:
    return class_of(described_in(DEVICE, tmp_path_factory.mktemp("named")))


@pytest.fixture
def dev(named: type[Any]) -> Any:
    with Bench(named) as made:
        yield made


def accesses(dev: Any, use: Callable[[Any], object]) -> list[str]:
    """The accesses that ``use`` makes, as a trace shows them."""
    lines: list[str] = []
    with dev.trace(lines.append, "access"):
        use(dev.regs)
    return [line.split("named.")[1] for line in lines]


def set_field(regs: Any) -> None:
    regs.CTRL.ENABLE = 1


def set_label(regs: Any) -> None:
    regs.CTRL.MODE = "STEP"


def set_register(regs: Any) -> None:
    regs.CTRL = 5


def set_keyword_name(regs: Any) -> None:
    regs["class"] = 9


def set_element(regs: Any) -> None:
    regs.SLOT[1] = 1


def set_field_of_group(regs: Any) -> None:
    regs.CHANNEL[1].RING.SIZE = 3


def set_group_register(regs: Any) -> None:
    regs.CHANNEL[0].HEAD = 0x10


def set_write_one_to_clear(regs: Any) -> None:
    regs.STATUS.LEVEL = 4


def set_write_only(regs: Any) -> None:
    regs.KEY = 1


def two_fields(regs: Any) -> None:
    with regs.CTRL as ctrl:
        ctrl.ENABLE = 1
        ctrl.MODE = ctrl.MODE + 1
        ctrl["read"] = 1


def set_bits(regs: Any) -> None:
    regs.CTRL |= 4


ACCESSES = {
    set_field: ["CTRL read 0", "CTRL write 1"],
    set_label: ["CTRL read 0", "CTRL write 4"],
    set_register: ["CTRL write 5"],
    set_keyword_name: ["class write 9"],
    set_element: ["SLOT[1] write 1"],
    set_field_of_group: ["CHANNEL[1].RING read 0", "CHANNEL[1].RING write 3"],
    set_group_register: ["CHANNEL[0].HEAD write 0x10"],
    set_write_one_to_clear: ["STATUS read 3", "STATUS write 0x40"],
    set_write_only: ["KEY write 1"],
    two_fields: ["CTRL read 0", "CTRL write 0x103"],
    set_bits: ["CTRL read 0", "CTRL write 4"],
    lambda regs: regs.CTRL.write(MODE="RUN", ENABLE=1): ["CTRL write 3"],
    lambda regs: regs.ID[2].read(): ["ID[2] read 3"],
    lambda regs: regs.CORE.REV == 7: ["CORE.REV read 7"],
    lambda regs: regs.CORE.REV > 6: ["CORE.REV read 7"],
    lambda regs: regs.CORE.REV <= 7: ["CORE.REV read 7"],
    lambda regs: regs.BYTES.write(0x1122): [
        *("BYTES[7:0] write 0x22", "BYTES[15:8] write 0x11", "BYTES[23:16] write 0", "BYTES[31:24] write 0"),
    ],
    lambda regs: regs.WIDE.write(1 << 40): ["WIDE write 0x10000000000"],
    lambda regs: regs.CTRL.peek(): [],
    lambda regs: regs.CTRL.poke(1): [],
    lambda regs: repr(regs.CTRL): [],
    lambda regs: list(regs.SLOT): [],
}


@pytest.mark.parametrize(("use", "seen"), list(ACCESSES.items()), ids=lambda part: getattr(part, "__name__", ""))
def test_each_use_makes_the_accesses_of_a_driver(dev: Any, use: Callable[[Any], object], seen: list[str]) -> None:
    dev.dut.STATUS = 3
    assert accesses(dev, use) == seen


def test_a_context_that_an_exception_ends_writes_nothing(dev: Any) -> None:
    def fail(regs: Any) -> None:
        with pytest.raises(KeyError), regs.CTRL as ctrl:
            ctrl.ENABLE = 1
            raise KeyError

    assert accesses(dev, fail) == ["CTRL read 0"]


def test_a_value_is_a_number_with_fields_and_labels(dev: Any) -> None:
    dev.regs.CTRL.write(0x103)
    value = dev.regs.CTRL.read()
    assert (value, value.ENABLE, value.MODE, value["read"]) == (0x103, 1, 1, 1)
    assert value.MODE == "RUN"
    assert value.MODE != "STEP"
    assert (value.MODE.label, value.ENABLE.label) == ("RUN", None)
    assert (repr(value), str(value)) == ("0x103 (ENABLE=1, MODE=RUN, read=1)", "259")
    assert f"{value:#x}" == "0x103"


def test_a_value_without_a_label_is_its_number(dev: Any) -> None:
    dev.regs.CTRL.MODE = 3
    assert dev.regs.CTRL.MODE.label is None
    assert dev.regs.CTRL.peek().MODE == 3


def test_big_endian_registers_have_the_values_of_the_datasheet(dev: Any) -> None:
    dev.regs.BIG = 0x0102_0304
    dev.regs.BIGGER = 0x0102_0304_0506_0708
    assert (dev.dut.BIG, dev.regs.BIG.read()) == (0x0102_0304, 0x0102_0304)
    assert (dev.dut.BIGGER, dev.regs.BIGGER.read()) == (0x0102_0304_0506_0708, 0x0102_0304_0506_0708)


def test_peek_has_no_effect(dev: Any) -> None:
    dev.regs.EVENTS.poke(0xF0)
    assert (dev.regs.EVENTS.peek(), dev.regs.EVENTS.peek()) == (0xF0, 0xF0)
    assert (dev.regs.EVENTS.read(), dev.regs.EVENTS.peek()) == (0xF0, 0)
    assert dev.regs.READS.peek() == 0
    dev.regs.CTRL.read()
    assert dev.regs.READS.peek() == 1


def test_poke_runs_no_hook_and_updates_lines(dev: Any) -> None:
    dev.regs.STATUS.poke(DONE=1)
    assert dev.irq("done") == 1
    dev.regs.STATUS.poke(0)
    assert dev.irq("done") == 0


def test_registers_behind_a_window_are_reached_without_it() -> None:
    with Bench("mc146818rtc", rtc=1) as clock:
        clock.regs.CENTURY = 0x19
        assert clock.regs.CENTURY.peek() == 0x19
        assert clock.regs.CENTURY37.peek() == 0x19
        with pytest.raises(BenchError, match=r"DATA .* is a window"):
            clock.regs.DATA.peek()


def test_a_pci_device_is_reached_in_its_bars() -> None:
    with Bench("edu") as card:
        card.regs.LIVENESS = 0x1234
        assert card.regs.LIVENESS == 0xFFFF_EDCB
        address = card.regs.LIVENESS.address
        assert address == card.locate()[1] + 4
        card.write("cfg", 4, 0, 2)
        assert card.regs.LIVENESS.address is None


def assign(target: Callable[[Any], Any], name: Any, value: Any) -> Callable[[Any], None]:
    def use(regs: Any) -> None:
        part = target(regs)
        if isinstance(name, int):
            part[name] = value
        else:
            setattr(part, name, value)

    return use


REFUSED: dict[str, tuple[Callable[[Any], object], str]] = {
    "register": (
        lambda regs: regs.CTLR,
        r"named has no register 'CTLR' \(did you mean 'CTRL'\?\); it has CTRL, STATUS",
    ),
    "group": (lambda regs: regs.CHANEL, r"did you mean 'CHANNEL'"),
    "member": (lambda regs: regs.CHANNEL[0].RIGN, r"CHANNEL\[0\] has no register 'RIGN' \(did you mean 'RING'"),
    "field": (lambda regs: regs.CTRL.ENABEL, r"CTRL \(main\+0x0, at 0xfe000000\) has no field 'ENABEL' \(did you mean"),
    "no fields": (lambda regs: regs.KEY.X, r"KEY \(main\+0x10, at 0xfe000010\) has no fields"),
    "label": (
        assign(lambda regs: regs.CTRL, "MODE", "RUNN"),
        r"CTRL.MODE \(main\+0x0, at 0xfe000000\) has no label 'RUNN' \(did you mean 'RUN'",
    ),
    "compared label": (lambda regs: regs.CTRL.MODE == "RUNN", r"CTRL.MODE .* has no label 'RUNN'"),
    "no labels": (assign(lambda regs: regs.CTRL, "ENABLE", "ON"), r"CTRL.ENABLE .* has no labels: give a number"),
    "wide field": (assign(lambda regs: regs.CTRL, "MODE", 4), r"CTRL.MODE .* takes 2 bits, 0 .. 0x3, not 0x4"),
    "wide value": (assign(lambda regs: regs, "CTRL", 1 << 32), r"CTRL \(main\+0x0.*takes 32 bits, .* not 0x100000000"),
    "negative": (assign(lambda regs: regs, "CTRL", -1), r"takes 32 bits, .* not -0x1"),
    "text": (assign(lambda regs: regs, "CTRL", "5"), r"takes 32 bits, .* not '5'"),
    "array": (lambda regs: regs.ID.read(), r"ID is an array: name an element, as ID\[0\].read"),
    "index": (lambda regs: regs.ID[3], r"ID has elements 0 to 2, not 3"),
    "assigned array": (assign(lambda regs: regs, "ID", 3), r"array ID of 3. is written element by element"),
    "assigned file": (assign(lambda regs: regs.CHANNEL, 0, 3), r"file CHANNEL\[0\]. is written register by register"),
    "own name": (
        assign(lambda regs: regs.CTRL, "read", 1),
        r'CTRL.read is no field; a field of that name is \["read"\]',
    ),
    "poked": (lambda regs: regs.READS.poke(1), r"READS \(main\+0x8\) stores no value"),
    "poked bits": (lambda regs: regs.CTRL.poke(0x10), r"CTRL \(main\+0x0\) stores the bits 0x107 only, not 0x10"),
    "written field": (lambda regs: regs.CTRL.write(X=1), r"CTRL .* has no field 'X'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_refused_before_any_access(dev: Any, name: str) -> None:
    use, message = REFUSED[name]

    def attempt(regs: Any) -> None:
        with pytest.raises(BenchError, match=message):
            use(regs)

    assert accesses(dev, attempt) in ([], ["CTRL read 0"] if name == "compared label" else [])


def test_names_complete_in_an_interpreter(dev: Any) -> None:
    assert {"CTRL", "class", "CHANNEL", "BIG"} <= set(dir(dev.regs))
    assert {"ENABLE", "MODE", "read", "write"} <= set(dir(dev.regs.CTRL))
    assert "CTRL" in dev.regs and "CTLR" not in dev.regs
    assert list(dev.regs.CHANNEL[0]) == ["RING", "HEAD"]
    assert not hasattr(dev.regs, "CTLR")
