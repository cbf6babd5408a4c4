"""The ``bench`` fixture: ``bench("pl031", ...)`` makes a bench and closes it after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from devgen.hosts.bench import Bench


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[Callable[..., Bench]]:
    """A factory of benches. Devices are also found in the nearest ``generated`` folder at or above the test's own."""
    from devgen.hosts.bench import Bench
    from devgen.runtime.machine.device_registry import Registry, built_folders

    projects = (*request.path.parents, request.config.rootpath)
    registry = Registry(next(filter(None, map(built_folders, projects)), []))
    made: list[Bench] = []

    def make(*args: object, **kwargs: object) -> Bench:
        kwargs.setdefault("registry", registry)
        made.append(Bench(*args, **kwargs))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()
