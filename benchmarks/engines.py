"""How each engine is started: a case in, its result out.

Every peer runs as its manual says, with the settings it has out of the box. Soundstage runs a program on a host of
a world, with its limits and its stuck detection on and no recorder.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from benchmarks import programs
from benchmarks.cases import Case

if TYPE_CHECKING:
    from simulator.world.network.profile import LinkProfile

Program = Callable[[], Coroutine[Any, Any, Any]]


def _program(case: Case) -> Program:
    function: Callable[..., Coroutine[Any, Any, Any]] = getattr(programs, case.program)
    return lambda: function(*case.sizes)


def asyncio_stock(case: Case) -> object:
    return asyncio.run(_program(case)())


def simpy(case: Case) -> object:
    from simpy import Environment

    from benchmarks import processes

    env = Environment()
    result: Callable[[], object] = getattr(processes, case.program)(env, *case.sizes)
    env.run()
    return result()


def async_solipsism(case: Case) -> object:
    from async_solipsism import EventLoop

    with asyncio.Runner(loop_factory=EventLoop) as runner:
        return runner.run(_program(case)())


def simloop(case: Case) -> object:
    from simloop import SimLoop

    before, programs.loopback = programs.loopback, "driver"
    loop = SimLoop(0)
    try:
        return loop.run_until_complete(_program(case)())
    finally:
        loop.close()
        programs.loopback = before


def simloom(case: Case) -> object:
    from simloom import run

    return run(_program(case), seed=0).value


def soundstage(case: Case) -> object:
    """The engine, with nothing on the link when the case has one: what the loop and the sockets cost."""
    from simulator.world.network.profile import IDEAL

    return _on_a_host(case, IDEAL)


def soundstage_links(case: Case) -> object:
    """The same with the full model of a link: latency, jitter, bandwidth, buffers."""
    from simulator.world.network.profile import LAN

    return _on_a_host(case, LAN)


def _on_a_host(case: Case, profile: "LinkProfile") -> object:
    from simulator.kernel.choices import Choices
    from simulator.kernel.engine import Engine
    from simulator.kernel.interpose import install
    from simulator.world.world import World

    install()
    engine = Engine(choices=Choices.from_seed(0))
    program = _program(case)
    results: list[object] = []

    async def main() -> None:
        results.append(await program())

    world = World(engine)
    world.host("bench").run(main)
    world.network.set_link("bench", "bench", profile)
    engine.run()
    (result,) = results
    return result


ENGINES: Final[dict[str, Callable[[Case], object]]] = {
    "simpy": simpy,
    "async-solipsism": async_solipsism,
    "simloop": simloop,
    "simloom": simloom,
    "asyncio": asyncio_stock,
    "soundstage": soundstage,
    "soundstage-links": soundstage_links,
}

NEEDS_PYTHON: Final = {"simloop": (3, 12), "simloom": (3, 12)}

# These two keep the ready queue in a list and take from its middle, so that a turn of n tasks costs n squared.
TOO_SLOW: Final = {("simloop", "timers-100k"): "a minute a round", ("simloom", "timers-100k"): "many minutes a round"}


def can_run(engine: str, case: Case) -> bool:
    """Whether the engine can run the case at all, in a time that somebody would wait for."""
    if engine == "asyncio" and case.needs_time:
        return False
    if engine == "simpy" and case.program == "streams":
        return False
    if engine == "soundstage-links" and case.program != "streams":
        return False
    return (engine, case.name) not in TOO_SLOW
