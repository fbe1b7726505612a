"""Runs programs on hosts of a simulated network, for tests of sockets, loops and clients."""

from collections.abc import Callable
from typing import Any

from simulator.errors import Stuck
from simulator.kernel import collect
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.interpose import install
from simulator.kernel.limits import Limits
from simulator.trace.recorder import Recorder
from simulator.world.network import LAN, LOOPBACK, LinkProfile
from simulator.world.world import World

Program = Callable[[], Any]


class Hosts:
    """A world whose hosts run one program each; what they return and raise is kept."""

    def __init__(
        self,
        *,
        link: LinkProfile = LAN,
        loopback: LinkProfile = LOOPBACK,
        traced: bool = True,
        seed: int = 0,
        limits: Limits | None = None,
    ) -> None:
        install()
        self.recorder = Recorder(strict=True) if traced else None
        choices = Choices.from_seed(seed)
        self.engine = Engine(choices=choices, recorder=self.recorder, limits=limits)
        choices.absorb = self.engine.absorb
        self.world = World(self.engine)
        self.network = self.world.network
        self.network.default_link, self.network.default_loopback = link, loopback
        self.output = bytearray()
        self.results: dict[str, Any] = {}
        self.errors: dict[str, BaseException] = {}

    def start(self, host: str, main: Program) -> Any:
        """Start a coroutine function or a function on a host."""
        sinks = (self.output.extend, self.output.extend)
        return self.world.host(host).run(self._kept(host, main), sinks=sinks)

    def _kept(self, host: str, main: Program) -> Program:
        import asyncio

        def program() -> None:
            try:
                result = main()
                self.results[host] = asyncio.run(result) if asyncio.iscoroutine(result) else result
            except BaseException as error:
                self.errors[host] = error
                raise

        return program

    def run(self, **mains: Program) -> Any:
        """Run one program per host until the first one is over; return what that one returned."""
        services = [self.start(host, main) for host, main in mains.items()]
        first = next(iter(mains))
        services[0].process.on_end.append(lambda code: self.engine.stop())
        with collect.run_policy(self.engine):
            try:
                self.engine.run()
                if first in self.errors:
                    raise self.errors[first]
                if first not in self.results:
                    stuck = f"{first} ended: {services[0].exit_codes}"
                    raise self.engine.stuck() if services[0].running else Stuck(stuck)
                return self.results[first]
            finally:
                collect.bury(self.engine)

    def digest(self) -> str:
        """The digest of the run's trace."""
        assert self.recorder is not None
        return self.recorder.finish("passed").digest


def run_on_host(main: Program, **options: Any) -> Any:
    """What a program returns that runs on a host of its own."""
    return Hosts(**options).run(main=main)
