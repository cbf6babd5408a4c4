"""The ``bench`` fixture: ``bench("pl031", ...)`` makes a bench and closes it after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from devgen.hosts.bench import Bench


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[Callable[..., Bench]]:
    """A factory of benches, each closed after the test.

    Devices are found in the project of the test's file: the nearest one from its folder upwards, else that of pytest's
    root folder.
    """
    from devgen.hosts.bench import Bench
    from devgen.runtime.machine.project_devices import find_project, project_registry

    folder = request.path.parent
    registry = project_registry(folder if find_project(folder) is not None else request.config.rootpath)
    made: list[Bench] = []

    def make(*args: object, **kwargs: object) -> Bench:
        kwargs.setdefault("registry", registry)
        made.append(Bench(*args, **kwargs))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()
