"""Objects hash by numbers of the run, so that the order of sets repeats; nobody else notices."""

import asyncio
import dataclasses
import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.kernel import hashes
from simulator.kernel.interpose import install
from tests.support.inside import fresh, told

install()


class Plain:
    """Hashed and compared by identity."""

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def method(self) -> None: ...


def counted(number: int) -> Callable[[], int]:
    return lambda: number


def orders() -> list[Any]:
    """The orders of sets of what programs put into sets."""
    queues: list[asyncio.Queue[int]] = [asyncio.Queue() for _ in range(9)]
    functions = [counted(number) for number in range(9)]
    plain = [Plain(number) for number in range(9)]
    return [
        [held.number for held in set(plain)],
        [queues.index(held) for held in set(queues)],
        [held() for held in set(functions)],
        [held.__self__.number for held in {one.method for one in plain}],  # type: ignore[attr-defined]
    ]


def test_the_order_of_sets_repeats_for_a_seed_and_is_another_for_another() -> None:
    waste = [Plain() for _ in range(7)]
    first = told(orders, seed=1)
    del waste[::2]

    assert told(orders, seed=1) == first
    assert told(orders, seed=2) != first


def test_the_order_of_sets_of_tasks_and_futures_repeats() -> None:
    def program() -> Any:
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in range(9)]

        async def nothing() -> None: ...

        tasks = [loop.create_task(nothing()) for _ in range(9)]
        everybody = [task.get_name() for task in asyncio.all_tasks()]
        return [futures.index(held) for held in set(futures)], [tasks.index(held) for held in set(tasks)], everybody

    assert told(program, seed=5) == told(program, seed=5)


def test_an_object_keeps_its_hash_for_life() -> None:
    held = Plain()
    before = hash(held)

    hashes.restart(12345)

    assert hash(held) == before
    assert {held: 1}[held] == 1


def test_what_lived_before_installation_is_still_found_where_it_was_put(tmp_path: Path) -> None:
    source = """
        class Old: pass
        class Own:
            def __hash__(self): return object.__hash__(self)
        def function(): pass
        held = [Old(), Own(), function, Old().__init__]
        table = {one: number for number, one in enumerate(held)}
        from simulator.kernel.interpose import install
        install()
        assert [table[one] for one in held] == [0, 1, 2, 3]
        print("found")
    """

    assert "found" in outside(source, tmp_path)


def test_equal_methods_hash_alike_and_those_of_others_do_not() -> None:
    one, other = Plain(), Plain()

    assert hash(one.method) == hash(one.method)
    assert len({one.method, one.method, other.method}) == 2


def test_classes_see_what_they_always_saw() -> None:
    class Bare: ...

    @dataclasses.dataclass
    class Value:
        number: int

    @dataclasses.dataclass(frozen=True)
    class Frozen:
        number: int

    assert "__hash__" not in Bare.__dict__
    assert Bare.__hash__ is object.__hash__
    assert vars(Value)["__hash__"] is None
    assert hash(Frozen(1)) == hash(Frozen(1))
    assert vars(Bare()) == {}


def test_what_cannot_be_weakly_referenced_falls_back_to_its_address() -> None:
    class Slim:
        __slots__ = ()

    held = Slim()

    assert hash(held) == hashes.hash_of_address(held)


def test_a_dead_object_leaves_nothing_behind() -> None:
    before = len(hashes._ties)
    held = [Plain() for _ in range(100)]
    assert len(set(held)) == 100
    assert len(hashes._ties) == before + 100

    del held
    gc.collect()

    assert len(hashes._ties) <= before


def test_weak_sets_iterate_in_an_order_that_repeats() -> None:
    def program() -> list[int]:
        held = [Plain(number) for number in range(9)]
        return [one.number for one in weakref.WeakSet(held)]

    assert told(program, seed=3) == told(program, seed=3)


def test_all_tasks_of_a_process_are_its_own() -> None:
    outer = asyncio.new_event_loop()
    try:

        async def look() -> tuple[int, Any]:
            return len(asyncio.all_tasks()), told(lambda: [task.get_name() for task in asyncio.all_tasks()])

        assert outer.run_until_complete(look()) == (1, ["Task-1"])
    finally:
        outer.close()


@pytest.mark.parametrize("layout", [{}, {"PYTHONMALLOC": "malloc"}, {"PYTHONHASHSEED": "77"}])
def test_fresh_interpreters_agree_whatever_their_heap(layout: dict[str, str], tmp_path: Path) -> None:
    source = """
        import os
        waste = [bytearray(size) for size in range(100, 5000, 7)] if os.environ.get("NOTHING") else []
        class Thing: pass
        things = [Thing() for _ in range(50)]
        def handler(): pass
        print([things.index(held) for held in set(things)], [hash(handler)])
    """

    assert fresh(source, tmp_path, env=layout).said == fresh(source, tmp_path).said


def outside(source: str, folder: Path) -> str:
    """Run a text in a fresh interpreter without any simulation."""
    import subprocess
    import sys
    from textwrap import dedent

    from tests.support.inside import ROOT

    program = folder / "plain.py"
    program.write_text(dedent(source))
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)}
    )
    return done.stdout + done.stderr
