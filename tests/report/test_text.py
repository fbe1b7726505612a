"""A report says what ran, how it ended and how to see it again, and fits a screen."""

import asyncio

from simulator import Run, Scenario, World, faults, run, simulate
from simulator.oracles import Oracle
from simulator.report import text
from simulator.report.data import run_data
from simulator.trace.event import Event


class _NoThird:
    """An oracle that minds the third tick."""

    name = "no third tick"

    def __init__(self) -> None:
        self._ticks = 0

    def see(self, event: Event) -> str | None:
        self._ticks += event.kind == "proc.stdout"
        return "there was one" if self._ticks == 3 else None

    def finish(self) -> str | None:
        return None


def _no_third() -> Oracle:
    return _NoThird()


async def _story(world: World, *, ticks: int = 5) -> None:
    async def tick() -> None:
        for number in range(ticks):
            await asyncio.sleep(1)
            print("tick", number)

    service = world.host("clock").run(tick)
    world.drive()
    await service.wait()


def a_run(ticks: int = 5) -> Run:
    menu = (faults.may(faults.Pause("clock"), lasts_s=(0.1, 0.2)),)
    scenario = Scenario(
        name="ticks", claim="It ticks.", function=_story, menu=menu, oracles=(_no_third,), defaults=(("ticks", 5),),
        horizon_s=2,
    )  # fmt: skip
    return next(found for seed in range(50) if (found := run(scenario, seed=seed, params={"ticks": ticks})).plan.faults)


def test_a_violation_is_told_with_its_event_its_causes_and_the_faults_that_struck() -> None:
    found = a_run()

    told = text.summary(found, real_s=0.5, claim="It ticks.", trace="t.jsonl", again="play it again").splitlines()

    assert told[0] == f"ticks, seed {found.seed}, ticks=5: violated"
    assert told[1] == "  claim   It ticks."
    assert told[2].startswith("  broken  no third tick: there was one (event ")
    assert "text='tick 2\\n'" in told[3]
    assert any("proc.start" in line for line in told)
    assert any("pause clock" in line for line in told)
    assert any(line.startswith("  faults  ") and "struck" in line for line in told)
    assert told[-2:] == ["  trace   t.jsonl", "  again   play it again"]
    assert len(told) <= 40


def test_a_pass_is_told_in_few_lines() -> None:
    async def naps() -> None:
        await asyncio.sleep(60)

    told = text.summary(simulate(naps, seed=4), real_s=0.5)

    assert told.startswith(
        "naps, seed 4: passed\n  time    1m00s virtual in 0.50 s real (120 times as fast)\n  events  "
    )
    assert len(told.splitlines()) == 3


def test_a_long_message_is_cut_to_the_screen() -> None:
    async def fails() -> None:
        raise ValueError("\n".join(map(str, range(500))))

    assert len(text.summary(simulate(fails), real_s=0.1).splitlines()) < 40


def test_seeds_stand_in_columns_and_are_counted() -> None:
    violated, passed = a_run(), a_run(ticks=2)

    lines = [text.seed_line(violated), text.seed_line(passed)]

    assert "violated" in lines[0]
    assert lines[0].index("violated") == lines[1].index("passed") == text.SEED_HEADING.index("outcome")
    assert text.tally([violated.outcome, passed.outcome, passed.outcome]) == "2 passed, 1 violated"


def test_the_same_facts_are_there_for_programs() -> None:
    found = a_run()

    data = run_data(found, real_s=0.123456, trace="t.jsonl", again="again")

    assert (data["status"], data["seed"], data["params"], data["real_s"]) == (
        "violated",
        found.seed,
        {"ticks": 5},
        0.123,
    )
    assert data["violations"][0]["oracle"] == "no third tick"
    assert data["faults"] == [str(fault) for fault in found.plan.faults]
    assert (data["digest"], data["trace"], data["replay"]) == (found.digest, "t.jsonl", "again")


def test_what_a_scenario_says_of_the_end_is_told() -> None:
    async def story(world: World) -> None:
        world.engine.emit("note", host="", text="summary", data={"lines": ["lobby: 3 parts", "gate: 1 part"]})

    found = run(Scenario(name="two-films", claim="Films are told of.", function=story), seed=1)

    assert "  became  lobby: 3 parts\n          gate: 1 part\n" in text.summary(found, real_s=0, claim="x")


def test_programs_of_one_kind_are_told_in_one() -> None:
    async def story(world: World) -> None:
        for name in ("record lobby.mp4", "record gate.mp4", "watch", "probe x", "probe x"):
            await world.host("studio").run(_nothing, name=name).wait()

    found = run(Scenario(name="studio", claim="Films are made.", function=story), seed=1)

    told = text.summary(found, real_s=0, claim="x")
    assert "  hosts   studio: record lobby.mp4, gate.mp4; watch; probe x, started 2 times\n" in told


def _nothing() -> None:
    pass
