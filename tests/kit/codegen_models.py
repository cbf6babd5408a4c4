"""Hand-built device models: what the description's checks would hand over, without reading YAML."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devgen.language import model
from devgen.language.ir import (
    Assign,
    Binary,
    CounterOp,
    CounterPlace,
    Emit,
    Expr,
    FieldPlace,
    Int,
    Load,
    LocalPlace,
    Range,
    RegisterPlace,
    TimerOp,
    Unary,
)

MARK = model.Mark("test.yaml", 1, 1)
U32 = Range.unsigned(32)


def register(name: str, offset: int = 0, **changes: Any) -> model.Register:
    """A plain 32-bit register; ``changes`` replace its attributes."""
    plain = model.Register(
        name=name,
        offset=offset,
        width=32,
        access="rw",
        reset=Int(0),
        count=None,
        stride=0,
        fields=(),
        constant=None,
        read=None,
        write=None,
        on_read=(),
        on_write=(),
        read_effect=None,
        write_effect=None,
        singlepulse=False,
        alias=None,
        intent=None,
        retain=False,
        coalesce=False,
        decode="lanes",
        title="",
        description="",
        mark=MARK,
    )
    return replace(plain, **changes)


def field(name: str, lsb: int, width: int = 1, **changes: Any) -> model.Field:
    """A plain field."""
    plain = model.Field(name, lsb, width, "rw", 0, None, None, False, (), "", "")
    return replace(plain, **changes)


def region(*entries: model.Register | model.RegisterFile, **changes: Any) -> model.Region:
    """A 4 KiB region of registers in memory space."""
    plain = model.Region(
        name="registers",
        kind="registers",
        space="mmio",
        bar=None,
        offset=0,
        size=0x1000,
        access=model.AccessRule((1, 4), (1, 4), "little", False),
        decode="lanes",
        reserved="zeros",
        entries=entries,
        doorbells=(),
        contents=b"",
        description="",
        mark=MARK,
    )
    return replace(plain, **changes)


def device(*regions: model.Region, name: str = "dut", **changes: Any) -> model.Device:
    """A device with nothing but regions."""
    plain = model.Device(
        name=name,
        title="",
        description="",
        datasheet="",
        bus=model.Bus.SYSBUS,
        properties=(),
        state=(),
        counters=(),
        timers=(),
        functions=(),
        actions=(),
        regions=regions,
        interrupts=(),
        gpio_in=(),
        gpio_out=(),
        events=(),
        streams=(),
        on_reset=(),
        pci=None,
        retain=False,
        mark=MARK,
    )
    return replace(plain, **changes)


def line(name: str, level: Expr | None = None, **changes: Any) -> model.Line:
    """An interrupt or GPIO output."""
    return replace(model.Line(name, level, None, 0, False, ""), **changes)


def load(name: str, width: int = 32, index: Expr | None = None, file: str | None = None) -> Load:
    """The value of a register."""
    return Load(RegisterPlace(name, width, file, index), Range.unsigned(width))


def local(name: str, known: Range = U32) -> Load:
    """The value of a local or a hook's name."""
    return Load(LocalPlace(name), known)


def pl031() -> model.Device:
    """The PL031, as its description says it."""
    alarm = (field("ALARM", 0),)
    ris = RegisterPlace("RIS", 32)
    masked = Binary("&", load("RIS"), load("IMSC"), U32)
    clear = Binary("&", Load(ris, U32), Unary("~", local("value"), Range(-(1 << 32), -1)), U32)
    arm = TimerOp("alarm", "arm")
    load_counter = CounterOp("seconds", "load", None, load("LR"))
    identity = (0x31, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1)
    registers = (
        register("DR", 0x00, access="ro", read=Load(CounterPlace("seconds"), U32), title="Data register"),
        register("MR", 0x04, on_write=(arm,), title="Match register"),
        register(
            "LR",
            0x08,
            on_write=(load_counter, Emit("RTC_CHANGE", (("seconds", load("LR")),)), arm),
            title="Load register",
            description="Sets the time; reads back what was last written.",
        ),
        register("CR", 0x0C, access="ro", constant=(1,), reset=Int(1), title="Control register"),
        register("IMSC", 0x10, fields=alarm, title="Interrupt mask set or clear"),
        register("RIS", 0x14, access="ro", fields=(field("ALARM", 0, access="ro"),), title="Raw interrupt status"),
        register("MIS", 0x18, access="ro", read=masked, title="Masked interrupt status"),
        register("ICR", 0x1C, access="wo", on_write=(Assign(ris, clear),), title="Interrupt clear"),
        register("ID", 0xFE0, access="ro", count=Int(8), stride=4, constant=identity, decode="word", title="Identity"),
    )
    entries = tuple(replace(one, decode="exact") if one.decode == "lanes" else one for one in registers)
    expire = (Assign(FieldPlace(ris, "ALARM", 0, 1), Int(1)),)
    return device(
        region(*entries, decode="exact"),
        name="pl031",
        title="ARM PrimeCell real-time clock (PL031)",
        description="A 32-bit counter of seconds with one alarm.\n\nA machine reset changes nothing.",
        datasheet="ARM DDI 0224",
        counters=(
            model.Counter(
                "seconds", "rtc", (Int(1_000_000_000), Int(1)), 32, None, Int(0), "clock", None, True, "Seconds."
            ),
        ),
        timers=(model.Timer("alarm", "rtc", "seconds", load("MR"), "now", "now", expire, None, True, "The alarm."),),
        interrupts=(line("intr", masked),),
        events=(model.Event("RTC_CHANGE", (("seconds", 32),), ""),),
        retain=True,
    )
