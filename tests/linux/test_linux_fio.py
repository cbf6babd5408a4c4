"""The disks under fio: random writes of four jobs on two processors, all read back and compared.

fio_verify.py does the same a million times; docs/virtio.md has what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fio_verify import BLOCK, DISKS, disks, verify
from linux_guest import LinuxGuest
from served import ServedCard

pytestmark = [pytest.mark.qemu, pytest.mark.linux, pytest.mark.fio]

SECTORS = 8192
LOOPS = 2


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LinuxGuest, dict[str, ServedCard]]]:
    with disks(tmp_path_factory.mktemp("fio")) as made:
        yield made


@pytest.mark.parametrize("device", DISKS)
def test_what_is_written_at_random_is_what_is_read(
    served: tuple[LinuxGuest, dict[str, ServedCard]], device: str
) -> None:
    guest, cards = served
    done = verify(guest, DISKS[device], loops=LOOPS, sectors=SECTORS)
    blocks = SECTORS * 512 // BLOCK * LOOPS
    assert (done.writes, done.reads) == (blocks, blocks)
    assert cards[device].call(lambda card: any(card.medium[: SECTORS * 512]))  # type: ignore[attr-defined]


def test_the_disks_go_on_afterwards(served: tuple[LinuxGuest, dict[str, ServedCard]]) -> None:
    guest, _ = served
    for disk in DISKS.values():
        guest.sh(f"dd if=/dev/{disk} of=/dev/null bs=64k count=16 iflag=direct 2>&1")
