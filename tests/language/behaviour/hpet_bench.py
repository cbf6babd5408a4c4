"""HPET's behaviour against a hand-made scope: the proof that the language can say what the hardware does."""

from __future__ import annotations

from behaviour_bench import Bench, text

from devgen.language.behaviour import Compiled, compile_expression, compile_statements
from devgen.language.ir import Range
from devgen.language.scope import (
    FieldEntry,
    FileEntry,
    LineEntry,
    PropertyEntry,
    RegisterEntry,
    Scope,
    StateEntry,
    TimerEntry,
)

FUNCTIONS = {
    "ticks()": "u64(now + offset) // 10",
    "distance(n)": "s32(T[n].CMP - ticks()) if T[n].CONFIG.BITS32 else s64(T[n].CMP - ticks())",
    "route(n)": "n * 8 if CFG.LEGACY and n < 2 else T[n].CONFIG.ROUTE",
}

ACTIONS = {
    "drop(n)": """\
ISR &= ~(1 << n)
if not T[n].CONFIG.FSB_EN:
    irq[route(n)] = 0
""",
    "signal(n)": """\
if not T[n].CONFIG.INT_ENB or not CFG.ENABLE:
    drop(n)
elif T[n].CONFIG.FSB_EN:
    store32(T[n].FSB[63:32], T[n].FSB[31:0])
elif T[n].CONFIG.LEVEL:
    ISR |= 1 << n
    irq[route(n)] = 1
else:
    ISR &= ~(1 << n)
    irq[route(n)] = 1
    irq[route(n)] = 0
""",
    "start(n, distance_in_ticks)": """\
if distance_in_ticks < 461168601842738790:
    deadline[n].arm_in(10 * max(distance_in_ticks, 0))
else:
    deadline[n].cancel()
""",
    "arm(n)": """\
wrap[n] = 0
d: int = max(distance(n), 1)
if T[n].CONFIG.BITS32 and not T[n].CONFIG.PERIODIC:
    until_wrap: u32 = 0xffffffff - ticks()[31:0]
    if until_wrap < d:
        d = until_wrap
        wrap[n] = 1
start(n, d)
""",
    "catch_up(n, behind, half)": """\
steps: int = 0
if period[n] < half:
    steps = (behind + period[n] - 1) // max(period[n], 1)
else:
    steps = (half - behind) // max(2 * half - period[n], 1) + 1
if T[n].CONFIG.BITS32:
    T[n].CMP = u32(T[n].CMP + steps * period[n])
else:
    T[n].CMP = u64(T[n].CMP + steps * period[n])
""",
    "fire(n)": """\
if T[n].CONFIG.PERIODIC and period[n] != 0:
    if distance(n) < 0:
        catch_up(n, -distance(n), 0x80000000 if T[n].CONFIG.BITS32 else 0x8000000000000000)
    start(n, max(distance(n), 1))
elif T[n].CONFIG.BITS32 and not T[n].CONFIG.PERIODIC and wrap[n]:
    wrap[n] = 0
    start(n, max(distance(n), 1))
signal(n)
""",
}

CFG_WRITE = """\
if CFG.ENABLE and not old[0]:
    offset = u64(halted * 10 - now)
    for n in range(min(timers + 1, 24)):
        if n < timers and T[n].CMP != 0xffffffffffffffff:
            arm(n)
if old[0] and not CFG.ENABLE:
    halted = ticks()
    for n in range(min(timers + 1, 24)):
        if n < timers:
            deadline[n].cancel()
            drop(n)
if CFG.LEGACY and not old[1]:
    pit_enabled = 0
    irq[0] = 0
    irq[8] = 0
if old[1] and not CFG.LEGACY:
    irq[0] = 0
    pit_enabled = 1
    irq[8] = rtc_level
"""

CONFIG_WRITE = """\
if value[14] and not CONFIG.FSB_EN:
    drop(index)
CONFIG = CONFIG & ~(mask & 0x7f4e) | value & 0x7f4e
if value[8]:
    CMP = CMP[31:0]
    period[index] = period[index][31:0]
if CONFIG.INT_ENB and not old[2] and CFG.ENABLE:
    arm(index)
if old[2] and not CONFIG.INT_ENB:
    deadline[index].cancel()
    drop(index)
"""

CMP_WRITE = """\
if not CONFIG.PERIODIC or CONFIG.SETVAL:
    CMP = CMP & ~mask | value
if CONFIG.PERIODIC and (mask[0] or not CONFIG.SETVAL):
    kept: u64 = 0x7fffffff7fffffff if CONFIG.BITS32 else 0xffffffffffffffff
    period[index] = period[index] & ~mask | value & kept
CONFIG.SETVAL = 0
if CFG.ENABLE:
    arm(index)
"""

RESET = """\
for n in range(min(timers + 1, 24)):
    if n < timers:
        deadline[n].cancel()
        drop(n)
        T[n].CMP = 0xffffffffffffffff
        T[n].CONFIG = 0x30 | msi << 15 | hpet_intcap << 32
        period[n] = 0
        wrap[n] = 0
pit_enabled = 1
halted = 0
offset = 0
CFG = 0
rtc_level = 0
"""

ISR_WRITE = """\
for n in range(min(timers + 1, 24)):
    if n < timers and value[n] and ISR[n]:
        drop(n)
"""

CAP_READ = "0x009896808086a001 + ((timers - 1) << 8)"
COUNTER_READ = "ticks() if CFG.ENABLE else halted"

ALL = {
    **FUNCTIONS,
    **ACTIONS,
    "CFG": CFG_WRITE,
    "CONFIG": CONFIG_WRITE,
    "CMP": CMP_WRITE,
    "ISR": ISR_WRITE,
    "reset": RESET,
    "CAP": CAP_READ,
    "COUNTER": COUNTER_READ,
}

_CONFIG_FIELDS = (
    FieldEntry("LEVEL", 1, 1),
    FieldEntry("INT_ENB", 2, 1),
    FieldEntry("PERIODIC", 3, 1),
    FieldEntry("SETVAL", 6, 1),
    FieldEntry("BITS32", 8, 1),
    FieldEntry("ROUTE", 9, 5),
    FieldEntry("FSB_EN", 14, 1),
)


def declare(bench: Bench) -> None:
    """Declare HPET's registers and all else that its behaviour names."""
    scope = bench.scope
    scope.declare(PropertyEntry("timers", "int", Range(3, 32)))
    scope.declare(PropertyEntry("msi", "bool", Range(0, 1)))
    scope.declare(PropertyEntry("hpet_intcap", "int", Range.unsigned(32)))
    count = bench.count("min(timers + 1, 24)")
    members = (RegisterEntry("CONFIG", 64, _CONFIG_FIELDS), RegisterEntry("CMP", 64), RegisterEntry("FSB", 64))
    for entry in (
        StateEntry("offset", 64),
        StateEntry("halted", 64),
        StateEntry("rtc_level", 1),
        StateEntry("period", 64, count),
        StateEntry("wrap", 1, count),
        TimerEntry("deadline", matched=False, count=count),
        RegisterEntry("CAP", 64, readonly="is computed by its `read:`", computed=True),
        RegisterEntry("CFG", 64, (FieldEntry("ENABLE", 0, 1), FieldEntry("LEGACY", 1, 1))),
        RegisterEntry("ISR", 64),
        RegisterEntry("COUNTER", 64, readonly="is computed by its `read:`", computed=True),
        FileEntry("T", members, count, depth=1),
        LineEntry("interrupt", "irq", count=bench.count("32")),
        LineEntry("gpio_in", "pit"),
        LineEntry("gpio_in", "rtc"),
        LineEntry("gpio_out", "pit_enabled"),
    ):
        scope.declare(entry)


def written(scope: Scope, file: str | None = None) -> Scope:
    """The scope of a 64-bit register's ``write``."""
    word = Range.unsigned(64)
    return scope.hook(file=file, value=word, mask=word, old=word)


def build(texts: dict[str, str]) -> tuple[Bench, Compiled]:
    """Compile all of HPET's behaviour, given by ``texts`` (keys as in ``ALL``)."""
    bench = Bench()
    declare(bench)
    for head in FUNCTIONS:
        bench.function(head, texts[head])
    for head in ACTIONS:
        bench.action(head, texts[head])
    scope, sink = bench.scope, bench.sink
    word = Range.unsigned(64)
    for name in ("CAP", "COUNTER"):
        compile_expression(text(texts[name]), scope, sink, expect=word, owner=("read", name), what=f"register {name}")
    for name, file, line in (("CFG", None, 100), ("ISR", None, 200), ("CONFIG", "T", 300), ("CMP", "T", 400)):
        compile_statements(text(texts[name], line), written(scope, file), sink, owner=("write", name))
    timer = scope.lookup("deadline")
    assert isinstance(timer, TimerEntry)
    expiry = scope.hook(index=timer.count)
    compile_statements(text("fire(index)", 500), expiry, sink, owner=("expire", "deadline"))
    compile_statements(text(texts["reset"], 600), scope, sink, owner=("reset", ""))
    return bench, bench.finish()
