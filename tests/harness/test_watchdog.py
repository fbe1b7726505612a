"""The watchdog ends steps that never end, and hands signals back as it found them."""

import asyncio
import os
import signal
import subprocess

from simulator import Limits, Status, simulate

_ENDLESS = Limits(events_max=10**15, time_max_ns=10**21, turns_max=10**15)


async def spins() -> None:
    await asyncio.sleep(1)
    while True:
        pass


async def naps() -> None:
    await asyncio.sleep(1)


def test_an_endless_step_is_stuck_and_named_by_its_line() -> None:
    outcome = simulate(spins, limits=Limits(spin_s=0.2)).outcome

    assert outcome.status is Status.STUCK
    assert "spin_s reached: 0.2, spins on host computes without end at test_watchdog.py:" in outcome.message


def test_a_slow_step_that_ends_is_left_alone() -> None:
    async def computes() -> int:
        return sum(range(2_000_000))

    assert simulate(computes, limits=Limits(spin_s=20.0)).value == sum(range(2_000_000))


def test_handlers_and_timers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)

    simulate(naps)

    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_ctrl_c_ends_the_run_and_the_program_sees_nothing_of_it() -> None:
    seen: list[BaseException] = []

    async def works() -> None:
        try:
            while True:
                await asyncio.sleep(1)
        except KeyboardInterrupt as error:
            seen.append(error)

    simulate(naps)  # The first run of an interpreter begins slowly, and the signal must find the second.
    with subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -INT {os.getpid()}"]):
        outcome = simulate(works, limits=_ENDLESS).outcome

    assert (outcome.status, seen) == (Status.INTERRUPTED, [])
