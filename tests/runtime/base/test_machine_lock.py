"""The machine's lock: mutual exclusion with and without the fast path."""

import threading
import time
from collections.abc import Callable

import pytest

from devgen.runtime.base.machine_lock import MachineLock


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_it_is_reentrant() -> None:
    lock = MachineLock()
    with lock, lock:
        assert lock.owned()
    assert not lock.owned()
    assert not lock.wanted


def test_releasing_what_one_does_not_have_is_refused() -> None:
    with pytest.raises(RuntimeError, match="does not have"):
        MachineLock().release()


def test_threads_exclude_each_other() -> None:
    lock = MachineLock()
    counter = [0]

    def work() -> None:
        for _ in range(200):
            with lock:
                value = counter[0]
                time.sleep(0)
                counter[0] = value + 1

    threads = [in_thread(work) for _ in range(4)]
    for thread in threads:
        thread.join()
    assert counter == [800]


def test_one_thread_owns_the_fast_path() -> None:
    lock = MachineLock()
    answers: list[bool] = []
    assert lock.own_fast_path(True)
    in_thread(lambda: answers.append(lock.own_fast_path(True))).join()
    assert not lock.own_fast_path(False)
    in_thread(lambda: answers.append(lock.own_fast_path(True))).join()
    assert answers == [False, True]


def test_the_fast_path_owner_inside_has_the_lock_and_others_wait() -> None:
    lock = MachineLock()
    order: list[str] = []
    lock.own_fast_path(True)
    lock.inside = True
    assert lock.owned()

    def other() -> None:
        with lock:
            order.append("other")

    thread = in_thread(other)
    while not lock.wanted:
        time.sleep(0.001)
    with lock:  # nested: no deadlock while another thread waits
        order.append("owner")
    lock.inside = False
    thread.join()
    assert order == ["owner", "other"]
    assert not lock.wanted


def test_the_fast_path_owner_outside_takes_the_lock() -> None:
    lock = MachineLock()
    lock.own_fast_path(True)
    with lock:
        assert lock.owned()
        assert lock.wanted
    assert not lock.owned()


def test_giving_up_the_fast_path_leaves_the_lock_free() -> None:
    lock = MachineLock()
    lock.own_fast_path(True)
    lock.inside = True
    lock.acquire()
    lock.own_fast_path(False)  # as after an exception in the middle of an access
    assert not lock.owned()
    with lock:
        assert lock.owned()


def test_the_fast_path_owner_and_others_exclude_each_other() -> None:
    lock = MachineLock()
    busy = [0]
    clashes: list[int] = []
    done = threading.Event()

    def critical() -> None:
        busy[0] += 1
        time.sleep(0)
        if busy[0] != 1:
            clashes.append(busy[0])
        busy[0] -= 1

    def owner() -> None:
        assert lock.own_fast_path(True)
        for _ in range(2000):
            lock.inside = True
            if lock.wanted:
                lock.inside = False
                with lock:
                    critical()
                continue
            critical()
            lock.inside = False
        lock.own_fast_path(False)
        done.set()

    def other() -> None:
        while not done.is_set():
            with lock:
                critical()

    threads = [in_thread(owner), in_thread(other), in_thread(other)]
    for thread in threads:
        thread.join(60)
    assert clashes == []


def test_who_is_interrupted_while_waiting_does_not_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = MachineLock()
    ready, go = threading.Event(), threading.Event()

    def owner() -> None:
        lock.own_fast_path(True)
        lock.inside = True
        ready.set()
        go.wait()
        lock.own_fast_path(False)

    thread = in_thread(owner)
    ready.wait()

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("devgen.runtime.base.machine_lock.time.sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lock.acquire()
    monkeypatch.undo()
    go.set()
    thread.join()
    assert not lock.wanted
    with lock:
        assert lock.owned()


def test_without_a_global_lock_there_is_no_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devgen.runtime.base.machine_lock._free_threaded", lambda: True)
    assert not MachineLock().own_fast_path(True)
