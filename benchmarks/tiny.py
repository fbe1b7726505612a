"""The tiny seed: a server and five clients ask and answer three times over streams, laid out in two ways.

    hosts       each on a host of its own, as a distributed system is simulated
    program     all of them tasks of one program on one host: the same work where one loop serves everybody

What is measured is a whole run, from its seed to its outcome, in a warm interpreter. Server and client are the same
text for every engine that has hosts; what differs is how each is told where they run. SimPy, which has no hosts,
tells with its timers how fast the machine was in the same round.
"""

import asyncio
import gc
from collections.abc import Callable, Sequence
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any, Final

from benchmarks.cases import Case
from benchmarks.rounds import Say, Worker

if TYPE_CHECKING:
    from simulator.harness.scenario import Scenario

_PORT: Final = 7000
_CLIENTS: Final = 5
_REQUESTS: Final = 3
_WARM_UP: Final = 3  # Seeds before the clock runs.

HOSTS: Final = "hosts"
PROGRAM: Final = "program"
LAYOUTS: Final = (HOSTS, PROGRAM)

YARDSTICK: Final = Case(
    name="yardstick", title="timers", unit="sleeps", program="timers", sizes=(1, 20_000), operations=20_000
)
"""SimPy's case: how many timers a second the machine had for it, in the round in which the seeds ran."""

Client = Callable[[int], Any]


def _programs(answered: list[bytes], address: str) -> tuple[Callable[[], Any], Client]:
    """The server's and the clients' coroutine functions; what a client reads is appended."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line.upper())
        writer.close()

    async def server() -> None:
        async with await asyncio.start_server(serve, address, _PORT) as listening:
            await listening.serve_forever()

    async def client(number: int) -> None:
        await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(address, _PORT)
        for request in range(_REQUESTS):
            writer.write(f"client {number} asks {request}\n".encode())
            answered.append(await reader.readline())
            await asyncio.sleep(0.1)
        writer.close()
        await writer.wait_closed()

    return server, client


async def _together(answered: list[bytes], address: str) -> None:
    """All of them as tasks of one program, which checks what came of it."""
    server, client = _programs(answered, address)
    serving = asyncio.create_task(server())
    await asyncio.gather(*(client(number) for number in range(_CLIENTS)))
    await asyncio.sleep(2)  # Until the server has seen that all are gone.
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    _check(answered)


def _check(answered: list[bytes]) -> None:
    wanted = {
        f"CLIENT {number} ASKS {request}\n".encode() for number in range(_CLIENTS) for request in range(_REQUESTS)
    }
    assert len(answered) == len(wanted), answered
    assert set(answered) == wanted, answered


def scenarios() -> dict[str, "Scenario"]:
    """The tiny seed as scenarios, by layout."""
    from simulator.harness.scenario import scenario
    from simulator.harness.stage import Stage

    @scenario(name="bench-five-clients")
    async def five_clients(world: Stage) -> None:
        """Every client gets the answers to its questions."""
        answered: list[bytes] = []
        server, client = _programs(answered, "server")
        world.host("server").run(server)
        for number in range(_CLIENTS):
            world.host(f"client-{number}").run(client, number)
        await world.settle()
        await asyncio.sleep(2)
        _check(answered)

    @scenario(name="bench-one-program")
    async def one_program(world: Stage) -> None:
        """The same in one process."""
        program = world.host("machine").run(_together, [], "127.0.0.1")
        await world.settle()
        assert await program.wait() == 0

    return {HOSTS: five_clients, PROGRAM: one_program}


def soundstage(layout: str) -> Callable[[int], None]:
    """The harness as the command line uses it: recorded, with plan, tape, digest and burial."""
    from simulator.harness.run import run

    played = scenarios()[layout]

    def one(seed: int) -> None:
        outcome = run(played, seed=seed).outcome
        assert outcome.passed, outcome

    return one


def simloop(layout: str) -> Callable[[int], None]:
    """`explore` with a single seed; its loop records a trace of its own accord."""
    from simloop import explore

    async def hosts() -> None:
        answered: list[bytes] = []
        server, client = _programs(answered, "server")
        net: Any = asyncio.get_running_loop().net  # type: ignore[attr-defined]
        net.host("server").create_task(server())
        for number in range(_CLIENTS):
            net.host(f"client-{number}").create_task(client(number))
        await asyncio.sleep(2)
        _check(answered)

    async def program() -> None:
        await _together([], "driver")  # What it calls the machine that its programs run on.

    played = {HOSTS: hosts, PROGRAM: program}[layout]

    def one(seed: int) -> None:
        report = explore(played, [seed])
        assert report is None, report.render()

    return one


def simloom(layout: str) -> Callable[[int], None]:
    """`run`, whose log of events is always written."""
    from simloom import World, run

    async def hosts(world: World) -> None:
        answered: list[bytes] = []
        server, client = _programs(answered, "server")
        world.host("server").spawn(server)
        for number in range(_CLIENTS):
            world.host(f"client-{number}").spawn(lambda number=number: client(number))
        await asyncio.sleep(2)
        _check(answered)

    async def program() -> None:
        await _together([], "127.0.0.1")

    def one(seed: int) -> None:
        run(hosts if layout == HOSTS else program, seed=seed)

    return one


ARMS: Final[dict[str, Callable[[str], Callable[[int], None]]]] = {
    "simloop": simloop,
    "simloom": simloom,
    "soundstage": soundstage,
}


def measure(engine: str, layout: str, first: int, seeds: int) -> dict[str, list[float]]:
    """Milliseconds of CPU for each of so many seeds; the collector is off while the clock runs."""
    one = ARMS[engine](layout)
    for seed in range(_WARM_UP):
        one(seed)
    taken = []
    for seed in range(first, first + seeds):
        gc.collect()
        gc.disable()
        try:
            start = process_time()
            one(seed)
            taken.append((process_time() - start) * 1e3)
        finally:
            gc.enable()
    return {"cpu_ms": taken}


def compare(workers: Sequence[Worker], *, rounds: int, seeds: int, say: Say) -> dict[str, Any]:
    """Interleaved rounds of all engines that can, and of the yardstick; the same seeds for everybody."""
    taken: dict[str, dict[str, list[list[float]]]] = {layout: {} for layout in LAYOUTS}
    timers: list[float] = []
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}: tiny seeds")
        timers += [YARDSTICK.operations / worker.time(YARDSTICK) for worker in workers if worker.engine == "simpy"]
        for layout in LAYOUTS:
            for worker in workers:
                if worker.engine in ARMS:
                    answer = worker.ask(tiny=layout, first=number * seeds, seeds=seeds)
                    taken[layout].setdefault(worker.engine, []).append(answer["cpu_ms"])
    return {
        "seeds": seeds,
        "simpy_timers": timers,
        "layouts": {
            layout: {
                "cpu_ms": {engine: [median(one) for one in each] for engine, each in found.items()},
                "cpu_ms_worst": {engine: max(map(max, each)) for engine, each in found.items()},
            }
            for layout, found in taken.items()
        },
    }
