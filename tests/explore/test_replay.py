"""A replay plays the draws of a recorded run, and finds the first thing that differs."""

import asyncio
import random
from pathlib import Path

import pytest

from simulator import Diverged, Misuse, Scenario, Trace, World, faults, replay, run
from simulator.trace.header import Header

PAUSES: list[float] = [1.0]


async def _work() -> None:
    for _ in range(3):
        await asyncio.sleep(random.random() + PAUSES[0])
        print(random.random())


async def _story(world: World) -> None:
    await world.host("worker").run(_work).wait()


def a_scenario() -> Scenario:
    return Scenario(
        name="works",
        claim="It works.",
        function=_story,
        menu=(faults.may(faults.Pause("worker")),),
    )


@pytest.fixture(autouse=True)
def _as_recorded() -> None:
    PAUSES[0] = 1.0


def test_the_same_scenario_plays_the_same_story_from_its_tape_alone() -> None:
    recorded = run(a_scenario(), seed=9)

    replayed = replay(recorded.trace, a_scenario())

    assert replayed.same, replayed
    assert replayed.match.exact
    assert (replayed.run.digest, replayed.run.seed) == (recorded.digest, None)
    assert str(replayed).startswith(f"the same, event by event: {len(recorded.trace)} events")


def test_a_saved_trace_plays_like_a_live_one(tmp_path: Path) -> None:
    run(a_scenario(), seed=9).trace.save(tmp_path / "run.jsonl")

    assert replay(Trace.load(tmp_path / "run.jsonl"), a_scenario()).same


def test_the_first_difference_is_found() -> None:
    recorded = run(a_scenario(), seed=9)
    PAUSES[0] = 2.0

    replayed = replay(recorded.trace, a_scenario())

    assert not replayed.same
    assert replayed.difference.field == "at_ns"
    assert "it parted from the recording: event" in str(replayed)


def test_a_trace_without_a_footer_plays_its_seed_to_where_it_ends() -> None:
    recorded = run(a_scenario(), seed=9).trace
    cut = Trace(recorded.events[:3], header=recorded.header)

    replayed = replay(cut, a_scenario())

    assert (replayed.same, replayed.whole, replayed.events) == (True, False, 3)


def test_a_trace_with_neither_tape_nor_seed_cannot_be_played() -> None:
    with pytest.raises(Misuse, match="neither a tape nor a seed"):
        replay(Trace((), header=Header(scenario="works")), a_scenario())


def test_a_tape_that_does_not_fit_says_so() -> None:
    recorded = run(a_scenario(), seed=9)
    other = Scenario(name="works", claim="It works.", function=_story, menu=(faults.may(faults.Pause("worker")),) * 2)

    match = replay(recorded.trace, other).match

    assert match.missing == 1
    with pytest.raises(Diverged):
        match.verify()
