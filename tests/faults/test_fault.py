"""A fault strikes what it names: a host that does not exist is told, for nobody would notice."""

import asyncio

import pytest

from simulator import World, scenario
from simulator.faults import (
    ClockDrift,
    ClockJump,
    DiskFails,
    DiskFull,
    Fault,
    Held,
    Kill,
    LostWrites,
    Partition,
    Pause,
    Plan,
    PowerCycle,
    Reset,
    SlowDisk,
    SlowLink,
    Terminate,
    TimedFault,
)
from simulator.harness.outcome import Status
from simulator.harness.run import Run, run

ABOUT_NOBODY = [
    PowerCycle("servr"), Kill("servr"), Terminate("servr"), Pause("servr"), ClockJump("servr", by_s=1),
    ClockDrift("servr", ppm=3), Partition("servr", "client"), Held("client", "servr"),
    SlowLink("servr", "client", by_s=1), Reset("client", "servr"), DiskFails("servr"), DiskFull("servr"),
    LostWrites("servr"), SlowDisk("servr", by_s=1),
]  # fmt: skip
SECOND_NS = 10**9


def struck_by(fault: Fault) -> Run:
    @scenario()
    async def struck(world: World) -> None:
        """The plan strikes."""
        world.host("client")
        world.host("server")
        world.drive()
        await asyncio.sleep(5)

    return run(struck, hand_plan=Plan((TimedFault(SECOND_NS, 10 * SECOND_NS, fault),)))


@pytest.mark.parametrize("fault", ABOUT_NOBODY, ids=lambda fault: type(fault).__name__)
def test_a_fault_about_a_host_that_does_not_exist_is_misuse(fault: Fault) -> None:
    outcome = struck_by(fault).outcome

    assert outcome.status is Status.MISUSE
    assert "'servr'" in outcome.message
    assert outcome.hint == "hosts: stage, client, server"
