r"""Soundstage: a deterministic simulator for asyncio programs, as they are, in virtual time.

One program on one host:

>>> import asyncio, time
>>> from simulator import World, faults, oracles, run, scenario, simulate
>>> async def program() -> float:
...     await asyncio.sleep(3600)
...     return time.monotonic()
>>> found = simulate(program, seed=7)
>>> found.outcome.passed, found.value, found.now_ns
(True, 3600.0, 3600000000000)
>>> found.digest == simulate(program, seed=7).digest
True

Several, with faults that may strike and properties that must hold:

>>> async def serve() -> None:
...     async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
...         writer.write(await reader.readline())
...         writer.close()
...     server = await asyncio.start_server(answer, "0.0.0.0", 7000)
...     await server.serve_forever()
>>> answers: list[bytes] = []
>>> async def ask() -> None:
...     reader, writer = await asyncio.open_connection("server", 7000)
...     writer.write(b"hello\n")
...     answers.append(await reader.readline())
>>> @scenario(faults=[faults.may(faults.SlowLink("client", "server", 0.2))], oracles=[oracles.no_unhandled_errors])
... async def echo(world: World) -> None:
...     '''The server answers.'''
...     world.host("server").run(serve)
...     client = world.host("client").run(ask)
...     await client.wait()
...     assert answers == [b"hello\n"]
>>> found = run(echo, seed=3)
>>> found.outcome.status, found.trace.of("net.connect").count()
(<Status.PASSED: 'passed'>, 1)

The map, from the ground up; each floor imports only from those below it:

| floor         | what lives there                                                                        |
|---------------|------------------------------------------------------------------------------------------|
| `errors`      | whose fault it is, by type                                                                 |
| `trace/`      | events, their file, digest, queries, differences                                           |
| `kernel/`     | virtual time, choices, the loop, threads, processes, and every door of the interpreter     |
| `world/`      | hosts, network, disks, clocks, and the gate where faults answer                            |
| `services/`   | simulated S3, Redis, HTTP, ffprobe                                                         |
| `faults/`     | what can go wrong, and the plan of it                                                      |
| `oracles/`    | what must hold                                                                             |
| `harness/`    | one run of a scenario or a program, and its outcome                                        |
| `explore/`    | many runs: replay, check                                                                   |
| `report/`     | a run on one screen                                                                        |
| `scenarios/`  | the catalogue                                                                              |
| `cli/`        | the command line; `pytest_plugin` is the same for tests                                    |
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator import faults, oracles
    from simulator.errors import Diverged, LimitReached, Misuse, SoundstageError, Stuck, Unsupported
    from simulator.explore.replay import replay
    from simulator.harness.marks import sometimes
    from simulator.harness.outcome import Outcome, Status
    from simulator.harness.run import Run, run
    from simulator.harness.scenario import Scenario, scenario
    from simulator.harness.simulate import simulate
    from simulator.harness.stage import Stage as World
    from simulator.kernel.limits import Limits
    from simulator.trace.query import Trace

__all__ = [
    "simulate", "run", "scenario", "sometimes", "replay",
    "World", "faults", "oracles", "Limits",
    "Run", "Outcome", "Status", "Scenario", "Trace",
    "SoundstageError", "Misuse", "Unsupported", "Diverged", "Stuck", "LimitReached",
]  # fmt: skip

_PLACES = {
    "simulator.errors": ("SoundstageError", "Misuse", "Unsupported", "Diverged", "Stuck", "LimitReached"),
    "simulator.explore.replay": ("replay",),
    "simulator.harness.marks": ("sometimes",),
    "simulator.harness.outcome": ("Outcome", "Status"),
    "simulator.harness.run": ("Run", "run"),
    "simulator.harness.scenario": ("Scenario", "scenario"),
    "simulator.harness.simulate": ("simulate",),
    "simulator.harness.stage": ("World",),
    "simulator.kernel.limits": ("Limits",),
    "simulator.trace.query": ("Trace",),
}
"""Where each name lives. It is imported when it is asked for: pytest loads this package in every session."""

_THERE = {"World": "Stage"}
"""What a name is called where it lives: to a scenario, the stage is the world."""


def __getattr__(name: str) -> Any:
    for place, names in _PLACES.items():
        if name in names:
            return getattr(import_module(place), _THERE.get(name, name))
    if name in ("faults", "oracles"):
        return import_module(f"simulator.{name}")
    raise AttributeError(f"module 'simulator' has no attribute {name!r}")
