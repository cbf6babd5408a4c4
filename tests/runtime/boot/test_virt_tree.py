"""The device tree of boards of type virt: what a guest reads in it, and what dtc says of it."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import fetch_dtc
import libfdt
import pytest
from virt_boards import BOARDS, CHOSEN, blob

from devgen.runtime.boot.device_tree.virt_tree import Chosen


class Tree:
    """A board's tree, as a guest reads it."""

    def __init__(self, board: str, chosen: Chosen = CHOSEN) -> None:
        self._tree = libfdt.Fdt(blob(board, chosen))

    def get(self, path: str, name: str) -> bytes:
        return bytes(self._tree.getprop(self._tree.path_offset(path), name))

    def cells(self, path: str, name: str) -> tuple[int, ...]:
        data = self.get(path, name)
        return struct.unpack(f">{len(data) // 4}I", data)

    def texts(self, path: str, name: str) -> list[str]:
        return self.get(path, name).decode().rstrip("\0").split("\0")

    def has(self, path: str) -> bool:
        return self._tree.path_offset(path, [libfdt.NOTFOUND]) >= 0


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.dtc
def test_dtc_finds_nothing_wrong(tmp_path: Path, board: str) -> None:
    path = tmp_path / "board.dtb"
    path.write_bytes(blob(board, Chosen("console=ttyAMA0", (0x42000000, 0x42000123))))
    command = fetch_dtc.find()
    assert command is not None
    done = subprocess.run([*command, "-I", "dtb", "-O", "dts", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cpu@0" in done.stdout


def test_what_the_loader_chose_is_there() -> None:
    tree = Tree("devices", Chosen("console=ttyAMA0 quiet", (0x42000000, 0x42000123)))
    assert tree.texts("/chosen", "bootargs") == ["console=ttyAMA0 quiet"]
    assert tree.cells("/chosen", "linux,initrd-start") == (0, 0x42000000)
    assert tree.cells("/chosen", "linux,initrd-end") == (0, 0x42000123)


def test_the_console_is_the_first_device_that_can_be_one() -> None:
    assert Tree("devices").texts("/chosen", "stdout-path") == ["/serial@9000000"]


def test_ram_starts_at_1_gib() -> None:
    assert Tree("cards").cells("/memory@40000000", "reg") == (0, 0x40000000, 1, 0x40000000)


def test_processors_have_the_affinities_that_kvm_gives_them() -> None:
    tree = Tree("cards")
    assert tree.cells("/cpus/cpu@f", "reg") == (15,)
    assert tree.cells("/cpus/cpu@101", "reg") == (0x101,)
    assert tree.texts("/cpus/cpu@101", "enable-method") == ["psci"]
    assert not tree.has("/cpus/cpu@102")


def test_each_processor_has_a_redistributor() -> None:
    gic = "/interrupt-controller@8000000"
    assert Tree("devices").cells(gic, "reg") == (0, 0x8000000, 0, 0x10000, 0, 0x80A0000, 0, 0x40000)


def test_a_device_has_what_its_description_and_the_board_say() -> None:
    tree, gpio = Tree("devices"), "/gpio@9030000"
    assert tree.texts(gpio, "compatible") == ["arm,pl061", "arm,primecell"]
    assert tree.cells(gpio, "reg") == (0, 0x9030000, 0, 0x1000)
    assert tree.cells(gpio, "interrupts") == (0, 7, 4)
    assert tree.cells(gpio, "#gpio-cells") == (2,)
    assert tree.get(gpio, "gpio-controller") == b""


def test_a_clock_may_have_the_frequency_of_a_property() -> None:
    tree = Tree("devices")

    def frequencies(device: str) -> list[int]:
        numbers = {
            tree.cells(path, "phandle")[0]: path
            for path in map("/clock-{}".format, (1000000, 2000000, 24000000, 48000000))
        }
        return [tree.cells(numbers[clock], "clock-frequency")[0] for clock in tree.cells(device, "clocks")]

    assert tree.texts("/timer@9040000", "clock-names") == ["timer0clk", "timer1clk", "apb_pclk"]
    assert frequencies("/timer@9040000") == [1000000, 2000000, 24000000]
    assert frequencies("/serial@9000000") == [48000000, 24000000]


def test_a_window_for_cards_is_the_longest_part_without_a_device() -> None:
    ranges = Tree("cards").cells("/pcie@3f000000", "ranges")
    found = [ranges[at : at + 7] for at in range(0, len(ranges), 7)]
    assert found == [
        (0x01000000, 0, 0, 0, 0x3EFF0000, 0, 0x10000),
        (0x02000000, 0, 0x20100000, 0, 0x20100000, 0, 0x1EE00000),
        (0x03000000, 1, 0x80000000, 1, 0x80000000, 4, 0),
    ]


def test_pins_turn_from_slot_to_slot() -> None:
    table = Tree("ecam").cells("/pcie@3e000000", "interrupt-map")
    entries = [table[at : at + 10] for at in range(0, len(table), 10)]
    assert len(entries) == 16
    assert {(entry[0] >> 11, entry[3]): entry[8] for entry in entries if entry[3] <= 2} == {
        (0, 1): 3, (0, 2): 4, (1, 1): 4, (1, 2): 3, (2, 1): 3, (2, 2): 4, (3, 1): 4, (3, 2): 3,
    }  # fmt: skip


def test_messages_go_to_the_its_with_their_senders_number() -> None:
    tree = Tree("cards")
    its = tree.cells("/interrupt-controller@8000000/msi-controller@8080000", "phandle")[0]
    assert tree.cells("/pcie@3f000000", "msi-map") == (0, its, 0, 0x10000)
