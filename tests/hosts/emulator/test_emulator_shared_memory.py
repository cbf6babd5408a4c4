"""A device's aligned load of RAM is one access while the guest's processor writes it."""

import threading

from emulator_parts import rig
from memory_kit import loaded

FLIP = bytes.fromhex("c7060080ff5a c7060080005b ebf2")
"""mov word [0x8000], 0x5aff; mov word [0x8000], 0x5b00; and again."""


def test_a_load_of_a_device_never_sees_half_of_the_guests_store() -> None:
    with rig(FLIP) as r:
        host, memory = r.start(), r.machine.memory
        runner = threading.Thread(target=host.run, args=(60,))
        runner.start()
        while not memory.load(0x8000, 2) and runner.is_alive():
            pass
        seen = loaded(lambda: memory.load(0x8000, 2), 200_000)
        host.stop()
        runner.join(20)
        assert not runner.is_alive()
    assert seen == {0x5AFF, 0x5B00}
