"""A service is started again as its policy says, can be stopped for good, and tells its exit code to who waits."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest

from simulator.errors import Misuse
from simulator.world.service import ALWAYS, NEVER, ON_FAILURE, Restart, Service
from tests.support.hosts import Hosts


def starts(main: Callable[[], Any], restart: Restart, *, until_s: float = 20.0) -> list[float]:
    """When a program is started that notes it and then does `main`."""
    hosts, found = Hosts(), []

    def program() -> None:
        found.append(monotonic())
        main()

    hosts.world.host("a").run(program, restart=restart)
    hosts.run(b=lambda: sleep(until_s))
    return found


def fail_after_a_second() -> None:
    sleep(1)
    sys.exit(1)


def test_never_is_once() -> None:
    assert starts(fail_after_a_second, NEVER) == [0]


def test_the_delay_grows_up_to_its_limit() -> None:
    growing = Restart(when="always", delay_s=1, factor=2, delay_max_s=4)

    assert starts(fail_after_a_second, growing) == [0, 2, 5, 10, 15]


def test_on_failure_starts_again_what_failed_and_not_what_ended_well() -> None:
    assert len(starts(fail_after_a_second, ON_FAILURE)) > 2
    assert len(starts(lambda: sleep(1), ON_FAILURE)) == 1
    assert len(starts(lambda: sleep(1), ALWAYS)) > 2
    assert len(starts(lambda: os.kill(os.getpid(), signal.SIGKILL), ON_FAILURE)) > 2


def test_no_more_restarts_than_allowed() -> None:
    assert len(starts(fail_after_a_second, Restart(when="always", times_max=2), until_s=500)) == 3


def test_a_delay_never_grows_beyond_what_a_number_holds() -> None:
    assert Restart(when="always", factor=1e300).after(1, 900) == 60.0


@pytest.mark.parametrize("wrong", [{"when": "on-fail"}, {"delay_s": -1}, {"factor": 0.5}, {"times_max": -1}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Misuse):
        Restart(**wrong)


def on_a_stage(act: Callable[[Service], Any], main: Callable[[], Any], **options: Any) -> Any:
    """What a coroutine on another host returns that deals with the service of a program."""
    hosts = Hosts()
    service = hosts.world.host("a").run(main, **options)
    return hosts.run(stage=lambda: act(service))


def test_the_exit_code_is_told_to_all_who_wait_and_to_who_asks_later() -> None:
    async def act(service: Service) -> list[int]:
        together = await asyncio.gather(service.wait(), service.wait())
        return [*together, await service.wait(), *service.exit_codes]

    assert on_a_stage(act, fail_after_a_second) == [1, 1, 1, 1]


def test_a_service_that_is_stopped_stays_so() -> None:
    async def act(service: Service) -> tuple[list[int], bool, int]:
        await asyncio.sleep(2.5)
        service.stop()
        await asyncio.sleep(10)
        return service.exit_codes, service.running, service.starts

    assert on_a_stage(act, lambda: sleep(100), restart=ALWAYS) == ([-15], False, 1)


def test_terminate_lets_a_program_end_in_its_own_way_and_kill_does_not() -> None:
    said: list[str] = []

    async def patient() -> None:
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        try:
            await over.wait()
            said.append("good bye")
        finally:
            said.append("finally")

    async def act(service: Service) -> tuple[list[int], list[str]]:
        await asyncio.sleep(1)
        service.terminate()
        await service.wait()
        await asyncio.sleep(2)
        service.kill()
        return [*service.exit_codes, await service.wait()], list(said)

    assert on_a_stage(act, patient, restart=ALWAYS) == ([0, -9, -9], ["good bye", "finally"])


def test_a_pause_ends_where_it_began() -> None:
    seen: list[float] = []

    async def ticks() -> None:
        while True:
            seen.append(round(asyncio.get_running_loop().time(), 3))
            await asyncio.sleep(1)

    async def act(service: Service) -> str:
        await asyncio.sleep(2.5)
        service.pause()
        await asyncio.sleep(5)
        service.resume()
        await asyncio.sleep(2)
        return repr(service)

    told = on_a_stage(act, ticks)

    assert seen == [0, 1, 2, 7.5, 8.5, 9.5][: len(seen)]
    assert len(seen) >= 5
    assert "started 1x" in told


def test_a_factory_gives_every_start_a_program_of_its_own() -> None:
    runs: list[int] = []

    def factory(number: list[int]) -> Any:
        async def main() -> None:
            number.append(len(number))
            await asyncio.sleep(1)
            sys.exit(2)

        return main()

    hosts = Hosts()
    hosts.world.host("a").run(factory, runs, restart=Restart(when="on-failure", times_max=2))
    hosts.run(b=lambda: sleep(60))

    assert runs == [0, 1, 2]
