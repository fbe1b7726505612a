"""Each fault of machines and programs begins and ends: power cycles, kills, terminations, pauses."""

import signal
import sys
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest

from simulator.errors import Misuse
from simulator.faults import Kill, Pause, PowerCycle, Terminate
from simulator.world.service import ALWAYS, NEVER, Restart
from tests.support.faulted import Faulted


def lives(*faults: tuple[float, float, Any], restart: Restart = NEVER, until_s: float = 20.0) -> list[str]:
    """What a program says that counts seconds on `a`, over all its runs."""
    hosts = Faulted(*faults)
    said: list[str] = []

    def good_bye(*_: object) -> None:
        said.append(f"TERM at {monotonic():g}")
        sys.exit(0)

    def count() -> None:
        signal.signal(signal.SIGTERM, good_bye)
        said.append(f"starts at {monotonic():g}")
        while True:
            sleep(1)
            said.append(f"{monotonic():g}")

    hosts.world.host("a").run(count, restart=restart)
    hosts.drive(b=lambda: sleep(until_s))
    return said


def test_a_power_cycle_starts_programs_anew_when_power_is_back() -> None:
    found = lives((2.5, 3, PowerCycle("a")), until_s=7)

    assert found == ["starts at 0", "1", "2", "starts at 5.5", "6.5"]


def test_a_killed_program_is_back_at_the_end_of_the_fault() -> None:
    assert lives((2.5, 3, Kill("a")), until_s=7) == ["starts at 0", "1", "2", "starts at 5.5", "6.5"]


def test_a_restart_policy_is_faster_than_the_end_of_the_fault() -> None:
    found = lives((2.5, 3, Kill("a", "count")), restart=Restart(when="always", delay_s=0.5), until_s=4.5)

    assert found == ["starts at 0", "1", "2", "starts at 3", "4"]


def test_a_terminated_program_may_say_good_bye() -> None:
    found = lives((2.5, 1, Terminate("a")), until_s=4)

    assert found == ["starts at 0", "1", "2", "TERM at 2.5", "starts at 3.5"]


def test_a_paused_host_stands_still_and_goes_on() -> None:
    found = lives((2.5, 3, Pause("a")), until_s=7.2)

    assert found == ["starts at 0", "1", "2", "5.5", "6.5"]


@pytest.mark.parametrize("fault", [Kill("a"), Terminate("a")])
def test_what_had_ended_by_itself_is_not_started_again(fault: Any) -> None:
    hosts, runs = Faulted((2, 1, fault)), []
    hosts.world.host("a").run(lambda: runs.append(monotonic()), name="job")

    hosts.drive(b=lambda: sleep(10))

    assert runs == [0.0]


def test_a_service_that_is_not_there_is_named() -> None:
    hosts = Faulted((1, 1, Kill("a", "typo")))
    hosts.world.host("a").run(lambda: sleep(100), name="job", restart=ALWAYS)
    drive: Callable[[], object] = lambda: hosts.drive(b=lambda: sleep(10))  # noqa: E731

    with pytest.raises(Misuse, match="no service 'typo' on host 'a'; there are: job"):
        drive()
