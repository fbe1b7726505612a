"""`simulate` runs an async function on one host, in virtual time, and says how it ended."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from simulator import Limits, Misuse, Status, faults, simulate
from simulator.kernel.state import here


async def naps() -> float:
    await asyncio.sleep(3600)
    return time.monotonic()


def test_a_program_returns_its_value_at_its_virtual_time() -> None:
    run = simulate(naps)

    assert (run.outcome.status, run.value, run.now_ns) == (Status.PASSED, 3600.0, 3600 * 10**9)


def test_the_same_seed_has_the_same_digest_and_another_has_another() -> None:
    async def rolls() -> bytes:
        return os.urandom(8)

    one, again, other = simulate(rolls, seed=1), simulate(rolls, seed=1), simulate(rolls, seed=2)

    assert (one.value, one.digest) == (again.value, again.digest)
    assert one.value != other.value
    assert one.digest != other.digest


def test_an_assertion_violates_and_any_other_error_crashes() -> None:
    async def claims() -> None:
        assert 1 + 1 == 3, "sums"

    async def breaks() -> None:
        raise ValueError("boom")

    claimed, broke = simulate(claims).outcome, simulate(breaks).outcome

    assert (claimed.status, "sums" in claimed.message) == (Status.VIOLATED, True)
    assert (broke.status, "ValueError: boom" in broke.message) == (Status.CRASHED, True)
    assert "test_simulate.py" in broke.message


def test_a_program_that_waits_for_nothing_is_stuck_at_its_line() -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    outcome = simulate(waits).outcome

    assert outcome.status is Status.STUCK
    assert "test_simulate.py" in outcome.message
    assert "in test_a_program_that_waits_for_nothing_is_stuck_at_its_line.<locals>.waits" in outcome.message


def test_limits_bound_a_run() -> None:
    async def ticks() -> None:
        while True:
            await asyncio.sleep(1)

    outcome = simulate(ticks, limits=Limits(time_max_ns=10**10)).outcome

    assert (outcome.status, outcome.message.partition(":")[0]) == (Status.STUCK, "time_max_ns reached")


def test_faults_strike_the_host() -> None:
    async def works() -> int:
        for _ in range(100):
            await asyncio.sleep(1)
        return 1

    runs = [simulate(works, seed=seed, faults=(faults.may(faults.PowerCycle("host")),)) for seed in range(8)]

    assert {len(run.trace.of("host.crash")) > 0 for run in runs} == {True, False}


def test_a_run_leaves_the_interpreter_as_it_was(tmp_path: Path) -> None:
    before = asyncio._get_running_loop(), dict(os.environ), Path.cwd()

    simulate(naps)

    assert (asyncio._get_running_loop(), dict(os.environ), Path.cwd()) == before
    assert (here.engine, here.process, here.thread) == (None, None, None)
    (tmp_path / "real").write_text("x")


def test_a_coroutine_is_refused_for_a_function_can_be_started_again() -> None:
    coroutine = naps()

    with pytest.raises(Misuse, match="simulate needs an async function"):
        simulate(coroutine)  # type: ignore[arg-type]
    coroutine.close()


def test_a_simulation_inside_another_is_refused_where_it_is_begun() -> None:
    async def begins_another() -> str:
        with pytest.raises(Misuse, match="a simulation runs already") as refused:
            simulate(naps)
        return refused.value.hint

    run = simulate(begins_another)

    assert (run.outcome.status, run.value) == (
        Status.PASSED,
        "begin this one when that one is over, not from inside it",
    )
