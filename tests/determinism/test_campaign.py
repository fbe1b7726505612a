"""A small campaign: every scenario's seeds tell one story twice; a ledger goes on where it was stopped."""

import json
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from simulator.errors import Misuse
from simulator.scenarios import catalogue
from tests.determinism import campaign
from tests.determinism.campaign import Batch, Done, Ledger, Tally, batches, of_the_engine, play, play_all

LEAKY = '''
    import logging
    from simulator import World, scenario

    log = logging.getLogger("leaky")
    log.setLevel(logging.INFO)
    played = []

    async def tell() -> None:
        played.append(len(played))
        log.info("told", extra={"number": len(played)})

    @scenario()
    async def leaky(world: World) -> None:
        """It depends on its seed alone."""
        await world.host("one").run(tell).wait()
'''


def forever(work: list[Batch], ledger: Ledger) -> Tally:
    return play_all(work, ledger, jobs=2, until_s=float("inf"), see=lambda tally: None)


def test_scenarios_tell_one_story_twice(tmp_path: Path) -> None:
    engine = of_the_engine()
    rest = [name for name in catalogue() if name not in engine]
    work = [*batches(engine, 40, 3, 2), *batches(rest[:: max(1, len(rest) // 6)], 40, 1, 1)]

    tally = forever(work, Ledger(tmp_path / "ledger"))

    assert tally.differences == []
    assert tally.seeds == sum(batch.count for batch in work)
    assert tally.statuses == {"passed": tally.seeds}


def test_what_was_played_before_a_seed_is_seen_if_it_matters(tmp_path: Path) -> None:
    path = tmp_path / "leaky.py"
    path.write_text(dedent(LEAKY))

    done = play(Batch(str(path), 0, 3))

    assert [found["seed"] for found in done.differences] == [0, 2]  # The middle one is the second both times.


def test_batches_take_the_scenarios_by_turns() -> None:
    assert list(batches(["a", "b"], 10, 5, 3)) == [
        Batch("a", 10, 3),
        Batch("b", 10, 3),
        Batch("a", 13, 2),
        Batch("b", 13, 2),
    ]


DONE = Done(scenario="a", first=0, count=2, events=7, statuses={"passed": 2}, differences=[], cpu_s=1.5)


def test_what_a_ledger_holds_is_not_played_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[Batch] = []

    def pretend(batch: Batch) -> Done:
        played.append(batch)
        return replace(DONE, first=batch.first, count=batch.count)

    monkeypatch.setattr(campaign, "play", pretend)
    Ledger(tmp_path / "ledger").add(DONE)

    tally = forever(list(batches(["a"], 0, 4, 2)), Ledger(tmp_path / "ledger"))

    assert played == [Batch("a", 2, 2)]
    assert (tally.seeds, tally.events, tally.statuses) == (4, 14, {"passed": 4})
    assert len((tmp_path / "ledger").read_text().splitlines()) == 3


def test_no_batch_is_begun_after_the_time_is_over(tmp_path: Path) -> None:
    work = list(batches(["a"], 0, 4, 2))

    tally = play_all(work, Ledger(tmp_path / "ledger"), jobs=2, until_s=0, see=lambda tally: None)

    assert tally.seeds == 0


def test_a_ledger_of_other_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text(json.dumps({"code": "older"}) + "\n")

    with pytest.raises(Misuse, match="tells of other code"):
        Ledger(tmp_path / "ledger")


def test_a_campaign_ends_when_the_code_is_changed_under_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path / "ledger")
    monkeypatch.setattr(campaign, "code_played", lambda: "newer")

    with pytest.raises(Misuse, match="the code was changed"):
        ledger.add(DONE)
