"""Globs of a trace that select nothing are found, with the name that was meant."""

from __future__ import annotations

import pytest

from devgen import Bench, BenchError
from devgen.runtime.observe.access_names import NameFilter
from devgen.runtime.observe.trace_names import trace_names, unmatched_glob

WRONG = [
    ("pl031", "pl031.NOSUCH", "matches no register, field, line or other name of pl031"),
    ("pl031", "pl031.IMSK", "did you mean 'pl031.IMSC'?"),
    ("pl031", "pl031.RIS.ALARN", "did you mean 'pl031.RIS.ALARM'?"),
    ("pl031", "pl301", "matches no device (did you mean 'pl031'?); there are pl031"),
    ("pl031", "*.NOSUCH", "matches no register"),
    ("hpet", "hpet.T[0].CONFIX", "did you mean 'hpet.T.CONFIG'?"),
]


@pytest.mark.parametrize(("device", "glob", "message"), WRONG)
def test_a_glob_that_selects_nothing_is_refused(device: str, glob: str, message: str) -> None:
    with Bench(device) as dev, pytest.raises(BenchError) as error:
        dev.trace(lambda line: None, only=["*", glob])
    assert message in str(error.value)


RIGHT = [
    ("pl031", ["pl031", "pl031.M*", "*.RIS.ALARM", "pl031.intr", "pl031.registers+0x48", "pl031.MR[7:0]", "*"]),
    ("hpet", ["hpet.T[0]", "hpet.T[0].CONFIG", "hpet.T[1].CONFIG.INT_ENB", "hpet.T*.CMP", "hpet.T[*].CMP"]),
    ("dma-engine", ["dma-engine.cfg", "dma-engine.cfg.COMMAND.MASTER", "dma-engine.memory", "*.cfg+0x40"]),
    ("serial16550", ["serial16550.IER.*", "serial16550.*"]),
]


@pytest.mark.parametrize(("device", "globs"), RIGHT)
def test_a_glob_that_selects_something_is_accepted(device: str, globs: list[str]) -> None:
    with Bench(device) as dev:
        assert unmatched_glob(globs, {device: dev.dut}) is None


@pytest.mark.parametrize("device", ["hpet", "nvme", "pl061", "serial16550", "virtio-console-pci", "i8254"])
def test_every_line_of_a_trace_has_a_known_name(device: str) -> None:
    """What a trace shows can be selected: each name of its lines is one of ``trace_names``."""
    lines: list[str] = []
    with Bench(device) as dev:
        known = trace_names(dev.dut)
        dev.trace(lines.append, "all")
        for name, region in dev.dut.regions.items():
            for offset in range(0, min(region.size, 256), 4):
                dev.write32(offset, 0xFFFF_FFFF, region=name)
                dev.read32(offset, region=name)
        dev.advance("1 s")
        dev.reset()
    shown = {line.split()[1 if line.split()[1].startswith(device) else 2] for line in lines}
    assert shown
    assert [name for name in shown if name != device and unmatched_glob([name], {device: dev.dut})] == []
    assert all(NameFilter([device])(name) for name in shown)
    assert known
