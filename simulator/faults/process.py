"""Faults of machines and programs: power cuts, kills, terminations, pauses."""

import signal
from dataclasses import dataclass

from simulator.errors import Misuse
from simulator.faults.fault import End, known
from simulator.world.service import Service
from simulator.world.world import World


@dataclass(frozen=True)
class PowerCycle:
    """The power of a host fails and comes back at the fault's end."""

    host: str

    def __str__(self) -> str:
        return f"power cut at {self.host}"

    def begin(self, world: World) -> End:
        host = known(world, self.host)
        for service in host.services:
            service.leave()
        host.crash()
        return host.boot


@dataclass(frozen=True)
class Kill:
    """SIGKILL to every program of a host (or one of them); its restart policy decides what follows."""

    host: str
    service: str = ""

    def __str__(self) -> str:
        return f"kill {self.service or 'everything'} on {self.host}"

    def begin(self, world: World) -> End:
        hit = _running(world, self.host, self.service)
        for service in hit:
            service.leave()
            service.kill()
        return lambda: _start(hit)


@dataclass(frozen=True)
class Terminate:
    """SIGTERM to every program of a host (or one of them), started again at the fault's end."""

    host: str
    service: str = ""

    def __str__(self) -> str:
        return f"terminate {self.service or 'everything'} on {self.host}"

    def begin(self, world: World) -> End:
        hit = _running(world, self.host, self.service)
        for service in hit:
            service.leave()
            service.signal(signal.SIGTERM)
        return lambda: _start(hit)


@dataclass(frozen=True)
class Pause:
    """Every program of a host stands still while the world goes on."""

    host: str

    def __str__(self) -> str:
        return f"pause {self.host}"

    def begin(self, world: World) -> End:
        host = known(world, self.host)
        host.pause()
        return host.resume


def _start(services: list[Service]) -> None:
    """Start again what the fault has ended; what had ended by itself before stays as it is."""
    for one in services:
        one.start()


def _running(world: World, host: str, service: str) -> list[Service]:
    found = [one for one in known(world, host).services if service in ("", one.program.name)]
    if service and not found:
        names = ", ".join(one.program.name for one in world.host(host).services) or "none"
        raise Misuse(f"no service {service!r} on host {host!r}; there are: {names}")
    return [one for one in found if one.running]
