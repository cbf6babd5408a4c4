"""What is remembered has an end: the oldest entry leaves first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devgen.runtime.base.bounded_cache import BoundedCache


def test_the_oldest_entry_leaves_first() -> None:
    cache: BoundedCache[int, str] = BoundedCache(2)
    assert [cache.keep(key, str(key)) for key in (1, 2, 3)] == ["1", "2", "3"]
    assert cache == {2: "2", 3: "3"}


def test_a_cleared_cache_takes_as_many_again() -> None:
    cache: BoundedCache[int, int] = BoundedCache(2)
    cache.keep(1, 1)
    cache.clear()
    cache.keep(1, 1)
    cache.keep(2, 2)
    assert cache == {1: 1, 2: 2}


def test_an_entry_that_is_kept_again_is_replaced_and_counts_once() -> None:
    cache: BoundedCache[int, str] = BoundedCache(2)
    for key, value in ((1, "old"), (1, "new"), (2, "two"), (3, "three")):
        cache.keep(key, value)
    assert cache == {2: "two", 3: "three"}


@given(st.integers(1, 5), st.lists(st.integers(0, 9)))
def test_it_holds_the_newest_that_its_limit_allows(limit: int, keys: list[int]) -> None:
    cache: BoundedCache[int, int] = BoundedCache(limit)
    newest: list[int] = []
    for key in keys:
        if key not in cache:
            newest = [*newest, key][-limit:]
        cache.keep(key, key)
    assert list(cache) == newest
