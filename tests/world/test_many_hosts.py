"""Many idle hosts and many connections cost in proportion: twice as many make twice the turns, events and draws.

Counts are compared, not times. What time and memory ten thousand hosts take is measured by `scripts/bench`.
"""

import asyncio
import tracemalloc
from dataclasses import dataclass

import pytest

from simulator import World, run, scenario
from simulator.harness.run import Run
from simulator.harness.scenario import Scenario
from simulator.kernel.limits import Limits

SECONDS = 10
ROUNDS = 5


async def idle() -> None:
    """A program with a timer that fires once a second."""
    for _ in range(SECONDS):
        await asyncio.sleep(1)


async def serve() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
        writer.close()

    await (await asyncio.start_server(echo, "0.0.0.0", 7000, backlog=2000)).serve_forever()


async def ask(number: int) -> None:
    reader, writer = await asyncio.open_connection("server", 7000)
    for _ in range(ROUNDS):
        writer.write(b"%d\n" % number)
        assert int(await reader.readline()) == number
        await asyncio.sleep(1)
    writer.close()


@scenario()
async def hosts(world: World, *, count: int = 10) -> None:
    """So many hosts do next to nothing."""
    services = [world.host(f"host{number}").run(idle) for number in range(count)]
    for service in services:
        assert await service.wait() == 0


@scenario()
async def connections(world: World, *, count: int = 10) -> None:
    """So many hosts talk to one server."""
    world.host("server").run(serve)
    await asyncio.sleep(1)
    services = [world.host(f"host{number}").run(ask, number) for number in range(count)]
    for service in services:
        assert await service.wait() == 0


@dataclass(frozen=True)
class Counts:
    """What a run cost."""

    turns: int
    events: int
    draws: int

    def per(self, count: int) -> tuple[float, float, float]:
        return self.turns / count, self.events / count, self.draws / count


def counts(found: Run) -> Counts:
    assert found.outcome.passed, found.outcome.message
    return Counts(found.turns, len(found.trace), len(found.tape))


@pytest.mark.parametrize("story", [hosts, connections], ids=lambda story: story.name)
def test_twice_as_many_make_twice_as_much(story: Scenario) -> None:
    small, large = (counts(run(story, params={"count": count})) for count in (100, 400))

    assert large.per(400) == pytest.approx(small.per(100), rel=0.1, abs=0.1)


def test_the_memory_of_a_host_does_not_depend_on_how_many_there_are() -> None:
    def bytes_per_host(count: int) -> float:
        tracemalloc.start()
        try:
            run(hosts, params={"count": count})
            return tracemalloc.get_traced_memory()[1] / count
        finally:
            tracemalloc.stop()

    bytes_per_host(10)

    assert bytes_per_host(400) == pytest.approx(bytes_per_host(100), rel=0.2)


def test_many_hosts_may_have_work_at_one_instant() -> None:
    async def work() -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    @scenario()
    async def busy(world: World, *, count: int = 10) -> None:
        """All hosts work at the same moment, and time stands still while they do."""
        for number in range(count):
            world.host(f"host{number}").run(work)
        await asyncio.sleep(1)

    found = run(busy, params={"count": 300}, limits=Limits(turns_per_instant_max=1000))

    assert found.outcome.passed, found.outcome.message
    assert found.trace.last("proc.exit", host="host299").at_ns == 0


def test_hosts_that_only_wait_make_no_turns() -> None:
    async def wait() -> None:
        await asyncio.sleep(3600)

    @scenario()
    async def waiting(world: World, *, count: int = 10) -> None:
        """Hosts that wait for an hour."""
        for number in range(count):
            world.host(f"host{number}").run(wait)
        await asyncio.sleep(1800)

    found = run(waiting, params={"count": 300})

    assert found.outcome.passed, found.outcome.message
    assert found.turns < 300 * 4
