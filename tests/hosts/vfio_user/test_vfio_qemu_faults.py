"""Faults of QEMU 11.1 that docs/vfio-user.md states. Where a test fails, QEMU is mended: the page is to say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from qtest import Qtest, eventually
from test_vfio_refused_qemu import card, execute, idle_qemu

from devgen import DeviceServer
from devgen.hosts.vfio_user import VfioUserServer

pytestmark = pytest.mark.qemu


def test_migration_completes_without_the_card_even_with_only_migratable(tmp_path: Path) -> None:
    clients: list[str] = []
    with DeviceServer("dma-engine", tmp_path / "s", on_client=clients.append) as server:
        server.start()
        with idle_qemu("-only-migratable", "-device", json.dumps(card(server.path))) as qemu:
            execute(qemu, "qmp_capabilities")
            assert "error" not in execute(qemu, "migrate", uri=f"file:{tmp_path / 'migrated'}")
            assert eventually(lambda: execute(qemu, "query-migrate")["return"].get("status") == "completed")
            assert server.server.connected  # and the server has heard nothing of it
    assert clients[0] == "a client has connected"


def test_a_server_that_is_started_again_is_not_picked_up(tmp_path: Path, server: VfioUserServer) -> None:
    qemu = Qtest(tmp_path, server.path)
    try:
        qemu.set_up()
        server.stop()
        assert eventually(lambda: not server.running)
        server.close()
        assert eventually(lambda: qemu.config(0) == 0xFFFFFFFF)
        with DeviceServer("dma-engine", server.path) as second:
            second.start()
            assert [qemu.config(0) for _ in range(20)] == [0xFFFFFFFF] * 20
            assert not second.server.connected
    finally:
        qemu.close()
