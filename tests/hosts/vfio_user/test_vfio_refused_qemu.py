"""A QEMU that is refused goes on: its guest is not lost to a card that another has."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from qtest import QEMU, Qtest
from vfio_faults import alive

from devgen.hosts.vfio_user import VfioUserServer


def card(path: Path, **more: str) -> dict[str, Any]:
    return {"driver": "vfio-user-pci", "id": "card", "socket": {"type": "unix", "path": str(path)}, **more}


def execute(qemu: subprocess.Popen[str], command: str, **arguments: object) -> dict[str, Any]:
    """The answer to a command of QMP."""
    assert qemu.stdin is not None
    assert qemu.stdout is not None
    qemu.stdin.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    qemu.stdin.flush()
    for line in qemu.stdout:
        answer: dict[str, Any] = json.loads(line)
        if "return" in answer or "error" in answer:
            return answer
    raise AssertionError("QEMU has gone")


@contextmanager
def idle_qemu(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A QEMU without a guest, with QMP on its standard streams."""
    assert QEMU is not None
    common = ("-machine", "q35", "-m", "64M", "-accel", "tcg", "-S", "-nodefaults", "-display", "none")
    with subprocess.Popen(
        [*QEMU, *common, "-qmp", "stdio", *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as qemu:  # fmt: skip
        try:
            yield qemu
        finally:
            qemu.kill()


@pytest.mark.qemu
def test_a_running_qemu_that_adds_a_card_in_use_says_so_and_lives(server: VfioUserServer, tmp_path: Path) -> None:
    first = Qtest(tmp_path, server.path)
    with idle_qemu("-device", "pcie-root-port,id=root1") as second:
        execute(second, "qmp_capabilities")
        for _ in range(3):
            answer = execute(second, "device_add", **card(server.path, bus="root1"))
            assert "Device or resource busy" in answer["error"]["desc"]
        assert execute(second, "query-status")["return"]["running"] is False
        execute(second, "quit")
        assert second.wait(30) == 0
    first.set_up()
    first.close()
    alive(server)


@pytest.mark.qemu
def test_a_qemu_that_starts_with_a_card_in_use_ends_with_a_message(server: VfioUserServer, tmp_path: Path) -> None:
    first = Qtest(tmp_path, server.path)
    with idle_qemu("-device", json.dumps(card(server.path))) as second:
        _, errors = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "Device or resource busy" in errors
    first.close()
