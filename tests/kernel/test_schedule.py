"""Schedules: first in, first out as asyncio documents it; the adversarial ones find planted bugs of order, by seed."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from simulator.errors import Misuse
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.schedule import SCHEDULES, schedule
from simulator.kernel.tape import Tape
from simulator.world.world import World
from tests.support.processes import OneHost

ADVERSARIAL = [name for name in SCHEDULES if name != "fifo"]


def played(main: Callable[[], Any], order: str, *, seed: int = 0, tape: Tape | None = None) -> tuple[Any, Choices]:
    """What a coroutine function returns under a schedule, and what was drawn."""
    one = OneHost(seed=seed)
    if tape is not None:
        one.engine = Engine(choices=Choices.replay(tape), recorder=one.recorder)
        one.world = World(one.engine)
        one.host = one.world.host("main")
    schedule(one.engine, order)
    found = one.run(lambda: asyncio.run(main()))
    return found, one.engine.choices


async def order_of_tasks() -> list[int]:
    """In which order ten tasks take three steps each."""
    seen: list[int] = []

    async def steps(number: int) -> None:
        for _ in range(3):
            seen.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(steps(number) for number in range(10)))
    return seen


def draws(choices: Choices) -> list[Any]:
    return [draw for draw in choices.tape.draws if draw.stream == "schedule"]


def test_fifo_is_the_order_of_stock_asyncio_and_draws_nothing() -> None:
    found, choices = played(order_of_tasks, "fifo")

    assert found == asyncio.run(order_of_tasks()) == [*range(10)] * 3
    assert draws(choices) == []


async def two_connections() -> list[bytes]:
    """What two connections at once are told, with no slip of the loop's own."""
    slips: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: slips.append(told))

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()
        await writer.wait_closed()

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", 7000)
        said = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return said

    async with await asyncio.start_server(greet, "127.0.0.1", 7000):
        told = await asyncio.gather(ask(), ask())
    assert not slips, slips
    return list(told)


@pytest.mark.parametrize("order", SCHEDULES)
def test_a_connection_is_made_in_any_order_of_callbacks(order: str) -> None:
    for seed in range(20):
        assert played(two_connections, order, seed=seed)[0] == [b"hello\n", b"hello\n"]


@pytest.mark.parametrize("order", ADVERSARIAL)
def test_a_seed_gives_one_order_and_other_seeds_give_others(order: str) -> None:
    found = [tuple(played(order_of_tasks, order, seed=seed)[0]) for seed in range(10)]

    assert found == [tuple(played(order_of_tasks, order, seed=seed)[0]) for seed in range(10)]
    assert len(set(found)) > 5
    assert all(sorted(one) == sorted([*range(10)] * 3) for one in found)


@pytest.mark.parametrize("order", ADVERSARIAL)
def test_zeros_are_first_in_first_out(order: str) -> None:
    assert played(order_of_tasks, order, tape=Tape(()))[0] == [*range(10)] * 3


@pytest.mark.parametrize("order", ADVERSARIAL)
def test_a_tape_gives_the_order_that_it_was_recorded_with(order: str) -> None:
    found, choices = played(order_of_tasks, order, seed=3)
    again, replayed = played(order_of_tasks, order, tape=choices.tape)

    assert again == found
    assert replayed.match().exact


async def planted() -> bool:
    """Whether the auditor saw money under way: impossible as long as it has its turn before the mover."""
    account, torn = {"one": 100, "other": 0}, False

    async def move() -> None:
        for _ in range(5):
            account["one"] -= 10
            await asyncio.sleep(0)
            account["other"] += 10
            await asyncio.sleep(0)

    async def audit() -> None:
        nonlocal torn
        for _ in range(5):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            torn = torn or sum(account.values()) != 100

    await asyncio.gather(audit(), move())
    return torn


@pytest.mark.parametrize("order", ADVERSARIAL)
def test_a_bug_of_order_is_found_within_a_few_seeds(order: str) -> None:
    assert not any(played(planted, "fifo", seed=seed)[0] for seed in range(5))
    assert any(played(planted, order, seed=seed)[0] for seed in range(50))


def test_time_and_results_are_those_of_a_legal_run() -> None:
    async def main() -> tuple[float, list[int]]:
        results = await asyncio.gather(*(asyncio.sleep(second, second) for second in (3, 1, 2)))
        return asyncio.get_running_loop().time(), results

    assert {str(played(main, order, seed=5)[0]) for order in SCHEDULES} == {"(3.0, [3, 1, 2])"}


def test_an_unknown_schedule_is_named_with_those_that_there_are() -> None:
    with pytest.raises(Misuse, match="unknown schedule 'lifo'") as caught:
        schedule(Engine(choices=Choices.from_seed(0)), "lifo")

    assert caught.value.hint == "schedules: fifo, random, pct"
