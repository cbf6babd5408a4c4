"""All tests of this folder need KVM, but those of its structures' layout."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and "uapi" not in item.path.name:
            item.add_marker(pytest.mark.kvm)
