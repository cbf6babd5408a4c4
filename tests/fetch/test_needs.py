"""Tests that need QEMU or a kernel: without them a skip that says why, on CI a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import kvm_linux
import pytest

ROOT = Path(__file__).resolve().parents[2]


TESTS = {
    "tests/hosts/vfio_user/test_vfio_qemu.py::test_dma_into_shared_memory": "no QEMU of 10.1 or newer",
    "tests/linux/test_linux_guest.py::test_an_unknown_module_is_named": "no kernel to boot",
}


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "result"), [("true", "2 errors"), ("", "2 skipped")])
def test_without_them(tmp_path: Path, ci: str, result: str) -> None:
    nothing = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "CI": ci}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-o", "addopts=", "-p", "no:cacheprovider", "-rs", *TESTS],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("DEVGEN_")} | nothing,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert [reason for reason in TESTS.values() if reason not in done.stdout] == []
    assert result in done.stdout


@pytest.mark.parametrize(
    ("flags", "obstacle", "boots"),
    [
        ("fpu svm npt", None, True),
        ("fpu vmx ept", None, True),
        ("fpu hypervisor", None, False),  # a software KVM
        ("fpu vmxnet", None, False),
        ("fpu vmx", "/dev/kvm: Permission denied", False),
    ],
)
def test_nested_tests_run_directly_where_kvm_boots_linux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, obstacle: str | None, boots: bool
) -> None:
    """Then they need no QEMU; elsewhere they run in the nested lab."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n")
    monkeypatch.setattr(kvm_linux, "CPUINFO", cpuinfo)
    monkeypatch.setattr(kvm_linux, "unavailable", lambda: obstacle)
    assert kvm_linux.boots_linux() is boots
