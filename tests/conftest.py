"""What a test's markers ask of the machine, and which tests stay together.

A test whose need is not met is skipped, and the skip says why. On CI that is a failure: `.ci/run` fetches QEMU and the
kernel. Only for `kvm`, which no script can fetch, CI is content with a machine that has no /dev/kvm at all.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import browser
import editor_tools
import fetch_arm64_build
import fetch_arm64_root
import fetch_bindings
import fetch_dtc
import fetch_fio
import fetch_iasl
import fetch_linux
import fetch_linux_source
import fetch_qemu
import fetch_schemas
import pytest
from kvm_linux import boots_linux
from lab_variables import RESULTS
from xdist.scheduler import LoadScopeScheduling

from devgen.hosts.kvm import unavailable

QUICK = "not qemu"


def missing(marker: str) -> str | None:
    """What this machine lacks for tests of ``marker``, if anything."""
    match marker:
        case "kvm":
            return unavailable()
        case "qemu":
            return fetch_qemu.MISSING if fetch_qemu.find() is None else None
        case "browser":
            return browser.MISSING if browser.find() is None else None
        case "npm":
            return editor_tools.NPM_MISSING if editor_tools.yaml_language_server() is None else None
        case "neovim":
            return editor_tools.NEOVIM_MISSING if editor_tools.neovim() is None else None
        case "nested":
            return missing("linux") or (None if boots_linux() else missing("qemu"))
        case "arm64_build":
            if fetch_qemu.find(target="aarch64") is None:
                return fetch_qemu.AARCH64_MISSING
            return fetch_arm64_build.MISSING if fetch_arm64_build.find() is None else None
        case "nested_arm64" if RESULTS in os.environ:
            return None  # this is the lab, in which QEMU does not run
        case "nested_arm64":
            if fetch_qemu.find(target="aarch64") is None:
                return fetch_qemu.AARCH64_MISSING
            if fetch_linux.find("arm64") is None:
                return fetch_linux.ARM64_MISSING
            if fetch_linux_source.find() is None:
                return fetch_linux_source.MISSING
            return missing("arm64_root") or missing("arm64_build")
        case "arm64_root":
            return fetch_arm64_root.MISSING if fetch_arm64_root.find() is None else None
        case "iasl":
            return fetch_iasl.MISSING if fetch_iasl.find() is None else None
        case "bindings":
            return fetch_bindings.MISSING if fetch_bindings.find() is None else None
        case "dtc":
            return fetch_dtc.MISSING if fetch_dtc.find() is None else None
        case "schemas":
            return fetch_schemas.MISSING if fetch_schemas.find() is None else None
        case "fio":
            return fetch_fio.MISSING if fetch_fio.find() is None else None
        case _:
            return fetch_linux.MISSING if fetch_linux.find() is None else None


def pytest_configure(config: pytest.Config) -> None:
    """Leave what is slow out of the quick suite, ``-m "not qemu"``."""
    if config.option.markexpr == QUICK:
        config.option.markexpr = f"{QUICK} and not slow"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """See to the needs before any fixture is made."""
    for marker in (
        "kvm",
        "qemu",
        "linux",
        "fio",
        "browser",
        "npm",
        "neovim",
        "nested",
        "nested_arm64",
        "arm64_root",
        "iasl",
        "arm64_build",
        "dtc",
        "bindings",
        "schemas",
    ):
        reason = missing(marker) if item.get_closest_marker(marker) is not None else None
        if reason is None:
            continue
        if os.environ.get("CI") == "true" and (marker != "kvm" or Path("/dev/kvm").exists()):
            pytest.fail(f"CI needs the tests marked {marker}: {reason}", pytrace=False)
        pytest.skip(reason)


class TogetherByGuest(LoadScopeScheduling):
    """Deals out tests one by one, but those that share a guest go to one process.

    They are the tests of one file of tests/linux/, and of one architecture of tests/nested/.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith("tests/nested/"):
            return "tests/nested/arm64" if file.startswith("tests/nested/test_arm64_") else "tests/nested/x86"
        return file if file.startswith("tests/linux/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherByGuest:
    """How pytest-xdist deals out the tests."""
    return TogetherByGuest(config, log)
