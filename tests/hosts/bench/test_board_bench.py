"""All devices of a board on a clock that the test moves: addresses, interrupts by number, registers by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen import BenchError, BoardBench, MachineError, run_board

CHIP = """
board: chip
machine: {type: bus}
devices:
  rtc0: {device: pl031, at: {registers: 0x4000_0000}, irq: {intr: 40}}
  rtc1: {device: pl031, at: {registers: 0x4000_1000}, irq: {intr: 40}}
  com: {device: serial16550, at: {ports: 0x3f8}}
  uart: {device: pl011, at: {registers: 0x4000_2000}, irq: {intr: 900}, streams: {serial: stdio}}
"""


@pytest.fixture
def board(tmp_path: Path) -> Path:
    path = tmp_path / "chip.yaml"
    path.write_text(CHIP)
    return path


def test_devices_answer_at_their_addresses(board: Path) -> None:
    with BoardBench(board) as chip:
        chip.write32(0x4000_1008, 77)
        assert (chip.read32(0x4000_1008), chip.read32(0x4000_0008)) == (77, 0)
        assert chip["rtc1"].regs.LR == 77
        assert chip.read32(0x5000_0000) == 0xFFFF_FFFF


def test_interrupts_are_found_by_number_and_lines_that_share_one_are_ored(board: Path) -> None:
    with BoardBench(board) as chip:
        for number, seconds in ((0, 1), (1, 2)):
            rtc = chip[f"rtc{number}"].regs
            rtc.IMSC = 1
            rtc.MR = seconds
        assert chip.irq(40) == 0
        chip.advance("1 s")
        assert (chip.irq(40), chip["rtc0"].irq(), chip["rtc1"].irq()) == (1, 1, 0)
        chip.advance("1 s")
        chip["rtc0"].regs.ICR = 1
        assert (chip.irq(40), chip.irq(900), chip.irq(1)) == (1, 0, 0)


def test_bytes_are_delivered_by_the_test_and_not_by_the_boards_backends(board: Path) -> None:
    with BoardBench(board) as chip:
        chip.write32(0x4000_2030, 0x301)
        chip.write32(0x4000_2000, ord("A"))
        assert chip["uart"].sent == b"A"


def test_a_reset_and_a_saved_state_concern_the_whole_board(board: Path) -> None:
    with BoardBench(board) as chip:
        chip["com"].regs.IER = 1
        state = chip.save_state()
        chip["rtc0"].reset()
        assert chip["com"].regs.IER == 0
        chip.load_state(state)
        assert chip["com"].regs.IER == 1


def test_a_device_that_overlaps_another_answers_where_it_has_registers(tmp_path: Path) -> None:
    path = tmp_path / "over.yaml"
    path.write_text(
        "board: over\nmachine: {type: bus}\ndevices:\n"
        "  over: {device: pl031, at: {registers: 0x4000_0000}, overlaps: [under]}\n"
        "  under: {device: pl011, at: {registers: 0x4000_0000}}\n"
    )
    with BoardBench(path) as chip:
        chip.write32(0x4000_0008, 5)
        chip.write32(0x4000_0038, 1)
        assert (chip["over"].regs.LR, chip["under"].regs.IMSC) == (5, 1)


def test_a_trace_has_the_devices_names(board: Path) -> None:
    lines: list[str] = []
    with BoardBench(board) as chip, chip.trace(lines.append, "access", only="rtc1.*"):
        chip.write32(0x4000_0004, 1)
        chip.write32(0x4000_1004, 2)
    assert [line.split(maxsplit=1)[1] for line in lines] == ["rtc1.MR write 2"]


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda chip: chip["rtc"], "chip has no device 'rtc'"),
        (lambda chip: chip.read(None, 0, 3), "3"),
        (lambda chip: chip.read("ports", 0, 1), "'ports' is no address space"),
        (lambda chip: chip.write32(-4, 0), "-"),
    ],
)
def test_wrong_arguments_are_refused(board: Path, use, message: str) -> None:
    with BoardBench(board) as chip, pytest.raises(BenchError, match=message):
        use(chip)


def test_a_pc_board_works_too() -> None:
    with BoardBench("small-pc") as pc:
        assert set(pc.devices) >= {"com1"}


def test_a_machine_without_a_processor_is_not_run(board: Path) -> None:
    with pytest.raises(MachineError, match="a machine of type bus has no processor"):
        run_board(board)
