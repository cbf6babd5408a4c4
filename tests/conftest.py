"""Where /dev/kvm does not open, tests marked `kvm` are skipped, saying why; on CI with a /dev/kvm that is a failure."""

import os
from pathlib import Path

import pytest

from devgen.runtime.kvm import unavailable


@pytest.fixture(autouse=True)
def needs_kvm(request: pytest.FixtureRequest) -> None:
    """See to KVM for the tests that need it."""
    reason = unavailable() if request.node.get_closest_marker("kvm") is not None else None
    if reason is not None and os.environ.get("CI") == "true" and Path("/dev/kvm").exists():
        pytest.fail(f"this machine has /dev/kvm and CI needs it: {reason}")
    if reason is not None:
        pytest.skip(reason)
