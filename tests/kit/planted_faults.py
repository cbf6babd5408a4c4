"""Whether a drawn comparison finds a fault that a test has planted, within its usual number of examples."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st


def is_found(compare: Callable[..., None], strategies: tuple[st.SearchStrategy[object], ...], examples: int) -> bool:
    """Whether ``compare`` fails for one of the first drawn examples, which are the same in each run.

    The failure is noted and not raised: hypothesis would run the example again, and a fault of a real host's timing
    need not show twice.
    """
    failed = False

    def noted(*drawn: object) -> None:
        nonlocal failed
        if not failed:
            try:
                compare(*drawn)
            except AssertionError:
                failed = True

    _try(noted, strategies, examples)
    return failed


def _try(compare: Callable[..., None], strategies: tuple[st.SearchStrategy[object], ...], examples: int) -> None:
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

    attempt()
