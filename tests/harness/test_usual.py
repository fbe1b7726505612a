"""A plain program under the usual weather: what strikes, what its verdict is, and that it comes back after a kill."""

from pathlib import Path

import pytest

from simulator.errors import Misuse
from simulator.explore.case import Play, ProgramCase
from simulator.explore.replay import replay
from simulator.faults import Kill, Plan, PowerCycle, ServiceTrouble, TimedFault
from simulator.harness.outcome import Status
from simulator.harness.program import Setup
from simulator.harness.usual import DEFAULT, GROUPS, parse

SECOND_NS = 10**9
COUNTS = """
import asyncio, os
started = globals().get("started", 0) + 1            # A fresh __main__ has none.
with open("/data/starts", "a") as file:
    file.write("x")
async def main():
    await asyncio.sleep(30)
    print(started, len(open("/data/starts").read()))
asyncio.run(main())
"""
REMEMBERS = """
import asyncio, os
from redis import asyncio as aioredis
from redis.exceptions import ConnectionError
async def main():
    async with aioredis.from_url(os.environ["REDIS_URL"]) as redis:
        await redis.set("n", 1)
        await asyncio.sleep(30)
        try:
            await redis.get("n")                         # Which the restart cuts off.
        except ConnectionError:
            await asyncio.sleep(2)
        assert await redis.get("n") == b"1", "forgotten"
asyncio.run(main())
"""
SYNCS = """
import asyncio, os
async def main():
    for name, synced in (("safe", True), ("lazy", False)):
        with open(f"/data/{name}", "a") as file:
            file.write("x" * 5000)
            file.flush()
            os.fsync(file.fileno()) if synced else None
    await asyncio.sleep(30)
    print(os.path.getsize("/data/safe"), os.path.getsize("/data/lazy") < 10000)
os.sync()
asyncio.run(main())
"""
LEAKS = """
import asyncio
async def never(): ...
async def main():
    never()
asyncio.run(main())
"""
TALKS = """
import asyncio, os
from redis import asyncio as aioredis
async def main():
    async with aioredis.from_url(os.environ["REDIS_URL"]) as redis:
        for number in range(60):
            await redis.set("n", number)
            await asyncio.sleep(1)
asyncio.run(main())
"""


def program(tmp_path: Path, text: str, **given: object) -> ProgramCase:
    (tmp_path / "program.py").write_text(text)
    return ProgramCase(setup=Setup(program="program.py", folder=str(tmp_path), **given))  # type: ignore[arg-type]


def test_a_killed_program_starts_afresh_and_its_disk_is_as_it_was(tmp_path: Path) -> None:
    plan = Plan((TimedFault(10 * SECOND_NS, 5 * SECOND_NS, Kill("host")),))
    run = program(tmp_path, COUNTS).play(Play(plan=plan))

    assert run.outcome.passed, run.outcome
    assert run.trace.of("proc.stdout").first().fields["text"] == "1 2\n"
    assert run.now_ns == 45 * SECOND_NS + (run.now_ns % SECOND_NS)


def test_a_host_that_loses_power_boots_and_what_was_not_synced_may_be_gone(tmp_path: Path) -> None:
    plan = Plan((TimedFault(10 * SECOND_NS, 5 * SECOND_NS, PowerCycle("host")),))
    runs = [program(tmp_path, SYNCS).play(Play(plan=plan, seed=seed)) for seed in range(6)]

    assert {run.outcome.status for run in runs} == {Status.PASSED}
    told = [run.trace.of("proc.stdout").first().fields["text"] for run in runs]
    assert "10000 True\n" in told


def test_a_program_under_test_finds_in_redis_what_it_acknowledged_before_it_restarted(tmp_path: Path) -> None:
    plan = Plan((TimedFault(10 * SECOND_NS, 25 * SECOND_NS, ServiceTrouble("redis", "restart:times=1")),))
    case = program(tmp_path, REMEMBERS, menu=("none",))

    run = case.play(Play(plan=plan))

    assert run.outcome.passed, run.outcome
    assert run.trace.count("redis.restart") == 1


def test_a_seed_draws_its_weather_and_the_program_breaks_under_some(tmp_path: Path) -> None:
    case = program(tmp_path, TALKS, menu=DEFAULT)
    runs = [case.play(Play(seed=seed)) for seed in range(16)]

    assert {run.outcome.status for run in runs} == {Status.PASSED, Status.CRASHED}
    assert len({str(run.plan) for run in runs}) > 6
    assert min(len(run.plan.faults) for run in runs) < 3
    assert all(run.plan.faults for run in runs if not run.outcome.passed)


def test_a_failure_under_weather_is_replayed_from_its_trace(tmp_path: Path) -> None:
    case = program(tmp_path, TALKS, menu=DEFAULT)
    failed = next(run for seed in range(30) if not (run := case.play(Play(seed=seed))).outcome.passed)
    failed.trace.save(tmp_path / "failed.jsonl")

    again = replay(type(failed.trace).load(tmp_path / "failed.jsonl"), case.setup)

    assert again.same, again
    assert again.run.outcome == failed.outcome


def test_a_plan_that_was_given_is_replayed_too(tmp_path: Path) -> None:
    plan = Plan((TimedFault(10 * SECOND_NS, 5 * SECOND_NS, Kill("host")),))
    run = program(tmp_path, COUNTS).play(Play(plan=plan, seed=3))
    run.trace.save(tmp_path / "given.jsonl")

    again = replay(type(run.trace).load(tmp_path / "given.jsonl"), program(tmp_path, COUNTS).setup)

    assert again.same, again
    assert again.run.plan == plan


def test_a_leak_is_told_only_of_a_program_under_test(tmp_path: Path) -> None:
    assert program(tmp_path, LEAKS).play(Play()).outcome.passed

    run = program(tmp_path, LEAKS, menu=("none",)).play(Play())

    assert run.outcome.status is Status.VIOLATED
    assert "nothing leaks" in run.outcome.message
    assert "never awaited" in run.outcome.message


def test_groups_are_named_and_misspelt_ones_refused() -> None:
    assert parse("") == DEFAULT
    assert parse("disk, kill") == ("disk", "kill")
    assert parse("none") == ("none",)
    assert set(DEFAULT) <= set(GROUPS)
    with pytest.raises(Misuse, match="no group of faults 'dusk'"):
        parse("dusk")
