"""A device's own registers in configuration space: each access is resolved once."""

from __future__ import annotations

import pytest

from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.pci import config_space
from devgen.runtime.pci.config_space import PciConfig, PciIdentity


class Counted(RegisterBank):
    """A bank that counts what it resolves."""

    resolved = 0

    def resolve_read(self, offset: int, size: int):  # type: ignore[no-untyped-def]
        Counted.resolved += 1
        return super().resolve_read(offset, size)


@pytest.fixture
def config() -> PciConfig:
    """Registers at 0x50 (answers 0x11223344) and, written to, at 0x60."""
    Counted.resolved = 0
    config = PciConfig(PciIdentity(0x1234, 0x5678))
    registers = (Reg("R", 0x50, 32, lambda: 0x11223344, None),)
    config.add_bank(Counted("config", 0x100, registers=registers))
    return config


def test_an_access_is_resolved_once(config: PciConfig) -> None:
    assert [config.read(0x50, 2) for _ in range(3)] == [0x3344] * 3
    assert [config.read(0x52, 2) for _ in range(3)] == [0x1122] * 3
    config.write(0x50, 1, 2)
    assert Counted.resolved == 2


def test_bytes_of_no_register_are_those_stored(config: PciConfig) -> None:
    assert [config.read(0x70, 4) for _ in range(2)] == [0, 0]
    assert config.read(0, 4) == 0x56781234
    assert Counted.resolved == 0


def test_a_capability_that_is_added_shows_beside_a_register(config: PciConfig) -> None:
    assert config.read(0x4C, 8) == 0x11223344 << 32
    config.add_capability(9, b"\xaa\xbb", at=0x4C)
    assert config.read(0x4C, 8) == 0x11223344 << 32 | 0xBBAA0009


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_space, "KEPT", 10)
    config = PciConfig(PciIdentity(0x1234, 0x5678))
    config.add_bank(Counted("config", 0x100, registers=(Reg("R", 0x50, 32, lambda: 7, None),)))
    for offset in range(0x40, 0x100):
        config.read(offset, 1 + offset % 4)
    assert len(config._answers) == 10
