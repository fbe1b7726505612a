"""Thread-local data goes and comes with the sim thread that it belongs to, and ends with it."""

import threading
from typing import Any

from simulator.kernel import locals as thread_locals

local = threading.local()


class Noisy:
    def __init__(self, said: list[str]) -> None:
        self._said = said

    def __del__(self) -> None:
        self._said.append("gone")


def value() -> Any:
    return getattr(local, "value", "unset")


def test_what_is_taken_is_not_there_until_it_is_put_back() -> None:
    local.value = "first"
    first = thread_locals.take()
    seen = [value()]
    local.value = "second"
    second = thread_locals.take()
    seen.append(value())
    thread_locals.put(first)
    seen.append(value())
    outside = thread_locals.take()
    thread_locals.put(second)
    seen.append(value())
    thread_locals.drop()
    thread_locals.put(outside)

    assert seen == ["unset", "unset", "first", "second"]
    assert value() == "first"


def test_data_that_is_dropped_is_finalised() -> None:
    said: list[str] = []
    outside = thread_locals.take()
    local.noisy = Noisy(said)
    thread_locals.drop()
    assert said == ["gone"]

    local.noisy = Noisy(said)
    kept = thread_locals.take()
    assert said == ["gone"]
    del kept
    assert said == ["gone", "gone"]
    thread_locals.put(outside)


def test_data_that_nobody_owns_makes_way_for_a_threads_own() -> None:
    outside = thread_locals.take()
    local.value = "mine"
    mine = thread_locals.take()
    local.value = "nobody's"
    thread_locals.put(mine)
    seen = value()
    thread_locals.drop()
    thread_locals.put(outside)

    assert seen == "mine"


def test_locals_that_are_made_and_dropped_many_times_leave_nothing() -> None:
    outside = thread_locals.take()
    said: list[str] = []
    for _ in range(1000):
        local.noisy = Noisy(said)
        thread_locals.put(thread_locals.take())
        thread_locals.drop()
    thread_locals.put(outside)

    assert said == ["gone"] * 1000
