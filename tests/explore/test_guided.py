"""Guided search finds what lies many unlikely steps away in far fewer runs than blind search, and repeats itself."""

import asyncio
import random
from dataclasses import replace

import pytest

from simulator import World, scenario, sometimes
from simulator.explore import guided
from simulator.explore.case import ScenarioCase
from simulator.explore.coverage import Reached
from simulator.explore.guided import Guided
from simulator.explore.playing import Playing
from simulator.explore.record import Record
from simulator.explore.sweep import Bounds, Picks, SeedsInOrder, Sweep
from simulator.kernel.tape import Draw, Tape

DOORS, KEYS, RUNS = 6, 6, 1_500
"""A blind seed opens all doors once in 46,656 times."""


@scenario(name="six-doors")
async def six_doors(world: World) -> None:
    """The treasure stays where it is."""
    draw = world.engine.choices.draw
    for door in range(DOORS):
        await asyncio.sleep(1)
        if draw(KEYS, stream="maze", site=f"door {door}", label="key") != KEYS - 1:
            return
        sometimes(f"door {door} is open")
    raise AssertionError("the treasure is gone")


def search(picks: Picks, runs: int = RUNS) -> list[Record]:
    """Records until the treasure is found, at most so many."""
    playing = Playing(cases=[ScenarioCase(scenario=six_doors)], keeps_tapes=isinstance(picks, Guided))
    sweep = Sweep(subjects=1, bounds=Bounds(seeds=runs, findings=1), picks=picks)
    found: list[Record] = []
    while not sweep.over and (task := sweep.next()) is not None:
        record = playing.play(task)
        playing.took(record)
        sweep.take(record)
        found.append(record)
    return found


def test_a_state_six_unlikely_steps_away_is_found_in_a_fraction_of_the_runs() -> None:
    led, blind = search(Guided(0)), search(SeedsInOrder(0))

    assert led[-1].failed, "guided search found nothing"
    assert len(led) < RUNS / 2
    assert not any(record.failed for record in blind)
    assert len(blind) == RUNS


def test_from_the_same_first_seed_it_goes_the_same_way() -> None:
    one, other = search(Guided(7), 150), search(Guided(7), 150)

    assert [record.digest for record in one] == [record.digest for record in other]
    assert [record.digest for record in search(Guided(8), 150)] != [record.digest for record in one]


def test_what_it_found_is_replayed_by_its_tape() -> None:
    last = search(Guided(0))[-1]
    playing = Playing(cases=[ScenarioCase(scenario=six_doors)])

    from simulator.explore.record import Task

    again = playing.play(Task(number=0, subject=0, seed=last.seed, tape=last.tape))

    assert last.mutated
    assert (again.digest, again.signature) == (last.digest, last.signature)


TAPE = Tape(
    draws=(
        *(Draw("plan", f"item {number}", "on", 2, 1) for number in range(4)),
        *(Draw("link", "host", "delay", 100, 50 + number) for number in range(20)),
        *(Draw("disk", f"site {number}", "error", 9, 8) for number in range(6)),
    ),
    seed=3,
)


@pytest.mark.parametrize("change", guided._CHANGES)
def test_a_changed_tape_is_a_tape(change: guided.Change) -> None:
    for seed in range(50):
        changed = change(random.Random(seed), TAPE)

        assert Tape.from_json(replace(changed, then=9).to_json()).then == 9
        assert {draw[:3] for draw in changed.draws} <= {draw[:3] for draw in TAPE.draws}
        assert all(draw.value < draw.bound for draw in changed.draws)
        assert change(random.Random(seed), Tape()).draws == ()


def test_each_change_does_what_its_name_says() -> None:
    chance = random.Random(1)

    beginning = guided.cut(chance, TAPE).draws
    assert beginning == TAPE.draws[: len(beginning)]
    assert all(draw.stream == "plan" for draw in guided.story(chance, TAPE).draws)
    assert all(draw.stream != "plan" for draw in guided.weather(chance, TAPE).draws)
    calmed = guided.calm(chance, TAPE).draws
    assert any(draw.value == 0 for draw in calmed)
    assert all(draw.value == 0 or draw in TAPE.draws for draw in calmed)
    assert set(guided.redraw(chance, TAPE).draws) < set(TAPE.draws)
    assert len(guided.set_some(chance, TAPE).draws) == len(TAPE.draws)


def test_tapes_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guided, "KEPT_MAX", 20)
    picks = Guided(0)

    for number in range(100):
        task = picks.pick(number, 0)
        picks.take(
            Record(
                number=number,
                subject=0,
                seed=task.seed,
                status="passed",
                features=[f"new: {number}"],
                tape=TAPE.to_json(),
            )
        )

    assert len(picks._kept[0]) == 20
    assert not picks._parents


def test_what_was_reached_is_counted_once_with_the_seed_that_came_first() -> None:
    found = Reached()

    assert found.add(["log: a", "log: b"], 3) == ["log: a", "log: b"]
    assert found.add(["log: b", "s3: c"], 4) == ["s3: c"]
    assert found.first == {"log: a": 3, "log: b": 3, "s3: c": 4}
    assert found.families() == {"log": 2, "s3": 1}
