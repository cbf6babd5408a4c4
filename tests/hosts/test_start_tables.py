"""The map of a machine's fixed addresses agrees with what the hosts write there."""

from __future__ import annotations

import pytest

from devgen.common.machine_map import ENTRY_LIMITS, START_TABLES
from devgen.runtime.boot.boot_image import boot_state


@pytest.mark.parametrize("mode", START_TABLES)
def test_the_start_tables_are_those_that_a_host_writes(mode: str) -> None:
    written = [(address, len(data)) for address, data in boot_state(mode, 0x7000).writes]
    assert written == list(START_TABLES[mode])


@pytest.mark.parametrize("mode", ENTRY_LIMITS)
def test_a_guest_starts_below_the_limit_of_its_mode(mode: str) -> None:
    boot_state(mode, ENTRY_LIMITS[mode] - 1)
    with pytest.raises(ValueError, match="entry"):
        boot_state(mode, ENTRY_LIMITS[mode])
