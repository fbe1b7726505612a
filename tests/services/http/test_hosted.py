"""An API service on a simulated host tells what it does, comes back after a power cut, and is the same in every run."""

import asyncio
import random

import aiohttp

from simulator import World, run, scenario
from simulator.services.http.hosted import HostedApi, host_api
from simulator.services.http.kit import Api, Call


def counter() -> Api:
    api = Api("counter", latency_s=(0.01, 0.5))

    @api.post("/count")
    def count(call: Call) -> int:
        call.state["n"] = call.state.get("n", 0) + 1
        return 201

    @api.get("/count")
    def show(call: Call) -> int | list[int]:
        return [call.state.get("n", 0)]

    return api


async def visits(times: int) -> None:
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession("http://counter", timeout=timeout) as session:
        for _ in range(times):
            try:
                async with session.post("/count") as answer:
                    print(answer.status)
            except (aiohttp.ClientError, TimeoutError) as error:
                print(type(error).__name__)
            await asyncio.sleep(1)
        async with session.get("/count") as answer:
            print(await answer.text())


@scenario()
async def counted(world: World) -> None:
    """Everybody is counted, but for troubles."""
    hosted = host_api(world.host("counter"), counter())
    for trouble in (
        "error-before:chance=20%",
        "reply-lost:operation=POST *,skip=2,times=1,seconds=3",
        "twice:skip=4,times=1",
    ):
        hosted.troubles.on(trouble)
    await world.host("client").run(visits, 8).wait()


@scenario()
async def counted_over_a_power_cut(world: World) -> None:
    """What a service keeps in memory, a power cut takes."""
    hosted = host_api(world.host("counter"), counter())
    client = world.host("client").run(visits, 8)
    await asyncio.sleep(4)
    world.host("counter").crash()
    await asyncio.sleep(1)
    world.host("counter").boot()
    await client.wait()
    assert isinstance(hosted, HostedApi)
    assert "connections" in repr(hosted)


def printed(found: object) -> list[str]:
    trace = found.trace  # type: ignore[attr-defined]
    return [event.fields["text"].strip() for event in trace.of("proc.stdout")]


def test_what_it_does_is_in_the_trace_of_its_host() -> None:
    found = run(counted, seed=3)

    assert found.outcome.passed, found.outcome.message
    answered = [event.fields for event in found.trace.of("http.response", host="counter")]
    assert {event["operation"] for event in answered} == {"POST /count", "GET /count"}
    struck = [event.fields["verdict"] for event in found.trace.of("fault.hit", host="counter")]
    assert struck.count("reply-lost") == struck.count("twice") == 1
    assert "TimeoutError" in printed(found) or "ServerDisconnectedError" in printed(found)


def test_the_same_seed_tells_the_same_story_and_another_seed_another() -> None:
    digests = [run(counted, seed=seed).digest for seed in (3, 3, 4)]

    assert digests[0] == digests[1] != digests[2]


def test_it_comes_back_after_a_power_cut_with_nothing_in_memory() -> None:
    found = run(counted_over_a_power_cut, seed=5)

    assert found.outcome.passed, found.outcome.message
    told = printed(found)
    assert "201" in told
    assert set(told) - {"201"}
    assert int(told[-1].strip("[]")) < told.count("201")


def test_a_generator_of_ones_own_is_kept() -> None:
    own = random.Random(7)
    api = Api(rng=own)

    assert api.rng is own
    assert api.troubles.rng is own
