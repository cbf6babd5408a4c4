"""The command's group: what it does for every command."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import click
import pytest

from devgen.cli import cli


@pytest.fixture(autouse=True)
def _collection() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.parametrize(("command", "collects"), [("run", True), ("serve", True), ("replay", True), ("build", False)])
def test_only_commands_that_run_a_device_collect_cycles(command: str, collects: bool) -> None:
    gc.disable()
    assert cli.get_command(click.Context(cli), command) is not None
    assert gc.isenabled() == collects
