"""Each stream has one turn at a time and one more if it was asked for meanwhile; a fault in one stops no other."""

import asyncio
import logging

import pytest

from pipelines.stream.turns import Turns


class Desk:
    """Acts of turns that take a moment."""

    def __init__(self, *, places: int, takes_s: float = 0.01) -> None:
        self.turns = Turns(self._act, places=places)
        self.done: list[str] = []
        self.at_once = self.most = 0
        self._takes_s = takes_s

    async def _act(self, name: str) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(self._takes_s)
            if name.startswith("bad"):
                raise ValueError(name)
            self.done.append(name)
        finally:
            self.at_once -= 1


@pytest.mark.asyncio
async def test_many_wishes_for_one_are_two_turns() -> None:
    desk = Desk(places=4)
    desk.turns.ask("a")
    await asyncio.sleep(0)
    for _ in range(10_000):
        desk.turns.ask("a")

    await desk.turns.settled()

    assert desk.done == ["a", "a"]


@pytest.mark.asyncio
async def test_so_many_have_their_turn_at_once_and_all_get_one() -> None:
    desk = Desk(places=3, takes_s=0.001)
    for number in range(50):
        desk.turns.ask(str(number))

    assert (len(desk.turns), desk.turns.waiting) == (3, 47)
    await desk.turns.settled()

    assert (desk.most, sorted(map(int, desk.done))) == (3, list(range(50)))


@pytest.mark.asyncio
async def test_a_fault_in_one_is_told_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(places=1)
    with caplog.at_level(logging.ERROR):
        desk.turns.ask("bad")
        desk.turns.ask("good")
        await desk.turns.settled()

    assert desk.done == ["good"]
    assert [record.getMessage() for record in caplog.records] == ["worker.fault"]


@pytest.mark.asyncio
async def test_what_is_under_way_may_end_and_nothing_else_begins() -> None:
    desk = Desk(places=1, takes_s=0.05)
    desk.turns.ask("a")
    desk.turns.ask("b")

    assert await desk.turns.close(5.0)
    desk.turns.ask("c")

    assert (desk.done, desk.turns.waiting) == (["a"], 0)


@pytest.mark.asyncio
async def test_what_does_not_end_in_time_is_ended() -> None:
    desk = Desk(places=2, takes_s=60)
    desk.turns.ask("a")
    await asyncio.sleep(0)

    assert not await desk.turns.close(0.01)
    assert (desk.done, desk.at_once) == ([], 0)
