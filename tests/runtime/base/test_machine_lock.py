"""The machine's lock: as good as any other, and free for its favourite."""

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


def test_there_is_one_favourite() -> None:
    lock = MachineLock()
    answers: list[bool] = []
    assert lock.favour(True)
    in_thread(lambda: answers.append(lock.favour(True))).join()
    assert not lock.favour(False)
    in_thread(lambda: answers.append(lock.favour(True))).join()
    assert answers == [False, True]


def test_the_favourite_inside_has_the_lock_and_others_wait() -> None:
    lock = MachineLock()
    order: list[str] = []
    lock.favour(True)
    lock.inside = True
    assert lock.owned()

    def other() -> None:
        with lock:
            order.append("other")

    thread = in_thread(other)
    while not lock.wanted:
        time.sleep(0.001)
    with lock:  # nested: no deadlock though somebody waits
        order.append("favourite")
    lock.inside = False
    thread.join()
    assert order == ["favourite", "other"]
    assert not lock.wanted


def test_the_favourite_outside_takes_the_long_way() -> None:
    lock = MachineLock()
    lock.favour(True)
    with lock:
        assert lock.owned()
        assert lock.wanted
    assert not lock.owned()


def test_giving_up_favour_leaves_nothing_behind() -> None:
    lock = MachineLock()
    lock.favour(True)
    lock.inside = True
    lock.acquire()
    lock.favour(False)  # as after an exception in the middle of an access
    assert not lock.owned()
    with lock:
        assert lock.owned()


def test_a_favourite_and_others_never_meet() -> None:
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

    def favourite() -> None:
        assert lock.favour(True)
        for _ in range(2000):
            lock.inside = True
            if lock.wanted:
                lock.inside = False
                with lock:
                    critical()
                continue
            critical()
            lock.inside = False
        lock.favour(False)
        done.set()

    def other() -> None:
        while not done.is_set():
            with lock:
                critical()

    threads = [in_thread(favourite), in_thread(other), in_thread(other)]
    for thread in threads:
        thread.join(60)
    assert clashes == []


def test_who_is_interrupted_while_waiting_does_not_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = MachineLock()
    ready, go = threading.Event(), threading.Event()

    def favourite() -> None:
        lock.favour(True)
        lock.inside = True
        ready.set()
        go.wait()
        lock.favour(False)

    thread = in_thread(favourite)
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


def test_without_a_global_lock_there_is_no_favourite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devgen.runtime.base.machine_lock._free_threaded", lambda: True)
    assert not MachineLock().favour(True)
