"""HPET's behaviour compiles; each of its mistakes is told."""

from __future__ import annotations

import pytest
from hpet_bench import ALL, build

MISTAKES = [
    ("CMP", "CONFIG.SETVAL = 0", "CONFIG.SETVALL = 0", "DG0511", "SETVAL"),
    ("CFG", "arm(n)", "armed(n)", "DG0510", "arm"),
    ("CFG", "offset = u64(halted * 10 - now)", "offset = halted * 10 - now", "DG0535", "u64("),
    ("CFG", "halted = ticks()", "ticks = halted", "DG0601", ""),
    ("drop(n)", "ISR &= ~(1 << n)", "ISR &= ~(1 << T[n].CMP)", "DG0533", ""),
    ("drop(n)", "irq[route(n)] = 0", "irq[T[n].CMP] = 0", "DG0530", ""),
    ("route(n)", "n * 8 if CFG.LEGACY and n < 2 else", "n * 8 if CFG.LEGACY else", "DG0530", ""),
    ("catch_up(n, behind, half)", "max(period[n], 1)", "period[n]", "DG0532", ""),
    ("arm(n)", "d: int = max(distance(n), 1)", "d = max(distance(n), 1)", "DG0510", "d: u32 ="),
    ("arm(n)", "start(n, d)", "start(d)", "DG0517", ""),
    ("fire(n)", "signal(n)", "signal(n)\nfire(n)", "DG0606", ""),
    ("CONFIG", "deadline[index].cancel()", "deadline.cancel()", "DG0513", ""),
    ("CONFIG", "deadline[index].cancel()", "deadline[index].stop()", "DG0511", ""),
    ("CONFIG", "value[14]", "value[64]", "DG0531", ""),
    ("CONFIG", "deadline[index].cancel()", "deadline[index].arm()", "DG0610", ""),
    ("reset", "T[n].CMP", "T[n + 1].CMP", "DG0530", ""),
    ("reset", "msi << 15", "msi << 64", "DG0535", "u64("),
    ("reset", "pit_enabled = 1", "pit = 1", "DG0601", ""),
    ("reset", "rtc_level = 0", "rtc_level = timers", "DG0535", "u1("),
    ("ISR", "range(min(timers + 1, 24))", "range(value)", "DG0605", ""),
    ("ISR", "if n < timers and value[n]", "if n < timer and value[n]", "DG0510", "timers"),
    ("CAP", "((timers - 1) << 8)", "((timers - 1) << 60)", "DG0535", ""),
    ("start(n, distance_in_ticks)", "10 * max(distance_in_ticks, 0)", "10 - distance_in_ticks", "DG0536", ""),
    ("signal(n)", "store32(T[n].FSB[63:32], T[n].FSB[31:0])", "store32(T[n].FSB, T[n].FSB)", "DG0535", "u32("),
]


def test_hpet_compiles_without_a_finding() -> None:
    bench, compiled = build(ALL)
    assert bench.told() == ""
    assert [one.name for one in compiled.functions] == ["ticks", "distance", "route"]
    assert compiled.driven == {"irq", "pit_enabled"}
    assert {one.name: one.parameters for one in compiled.actions}["start"] == ("n", "distance_in_ticks")


def test_ranges_come_out_exact() -> None:
    _, compiled = build(ALL)
    bounds = {one.name: (one.body.range.lo, one.body.range.hi) for one in compiled.functions}
    assert bounds["ticks"] == (0, (2**64 - 1) // 10)
    assert bounds["distance"] == (-(2**63), 2**63 - 1)
    assert bounds["route"] == (0, 31)


@pytest.mark.parametrize(("where", "right", "wrong", "code", "hint"), MISTAKES)
def test_mistake_is_told(where: str, right: str, wrong: str, code: str, hint: str) -> None:
    assert right in ALL[where]
    bench, _ = build({**ALL, where: ALL[where].replace(right, wrong)})
    found = [one for one in bench.found() if one.code == code]
    assert found, bench.told()
    assert hint in f"{found[0].hint} {found[0].message} {found[0].allowed}"
