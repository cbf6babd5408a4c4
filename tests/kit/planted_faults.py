"""Whether a drawn comparison finds a fault that a test has planted, within its usual number of examples."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st


def is_found(compare: Callable[..., None], strategies: tuple[st.SearchStrategy[object], ...], examples: int) -> bool:
    """Whether ``compare`` fails for one of the first drawn examples, which are the same in each run."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(*strategies))
    def attempt(drawn: tuple[object, ...]) -> None:
        compare(*drawn)

    try:
        attempt()
    except AssertionError:
        return True
    return False
