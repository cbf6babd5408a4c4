"""Where /dev/kvm does not open these tests are skipped, saying why; on CI with a /dev/kvm that is a failure instead."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from devgen.runtime.kvm import unavailable

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and "uapi" not in item.path.name:
            item.add_marker(pytest.mark.kvm)


@pytest.fixture(autouse=True)
def needs_kvm(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("kvm") is not None:
        reason = unavailable()
        if reason is not None and os.environ.get("CI") == "true" and Path("/dev/kvm").exists():
            pytest.fail(f"this machine has /dev/kvm and CI needs it: {reason}")
        if reason is not None:
            pytest.skip(reason)
    yield
