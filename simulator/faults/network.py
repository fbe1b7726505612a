"""Faults of the network: partitions, held and slow links, connections that are reset."""

from dataclasses import dataclass, replace
from errno import ECONNRESET
from typing import Any, Final

from simulator.faults.fault import End, known
from simulator.world.gate import Act
from simulator.world.network.attempt import Fail
from simulator.world.network.network import Network
from simulator.world.world import World

_NS: Final = 10**9


@dataclass(frozen=True)
class Partition:
    """Nothing gets through between two hosts, or in one direction only."""

    one: str
    other: str
    one_way: bool = False

    def __str__(self) -> str:
        return f"partition {self.one} {'->' if self.one_way else '<->'} {self.other}"

    def begin(self, world: World) -> End:
        network = _between(world, self.one, self.other)
        network.partition(self.one, self.other, one_way=self.one_way)
        return lambda: network.heal(self.one, self.other, one_way=self.one_way)


@dataclass(frozen=True)
class Held:
    """What is sent between two hosts waits, and arrives all at once at the fault's end."""

    one: str
    other: str
    one_way: bool = False

    def __str__(self) -> str:
        return f"hold {self.one} {'->' if self.one_way else '<->'} {self.other}"

    def begin(self, world: World) -> End:
        network = _between(world, self.one, self.other)
        network.hold(self.one, self.other, one_way=self.one_way)
        return lambda: network.release(self.one, self.other, one_way=self.one_way)


@dataclass(frozen=True)
class SlowLink:
    """The link between two hosts takes longer, both ways."""

    one: str
    other: str
    by_s: float

    def __str__(self) -> str:
        return f"link {self.one} <-> {self.other} slower by {self.by_s:g} s"

    def begin(self, world: World) -> End:
        network = world.network
        source, target = known(world, self.one).network, known(world, self.other).network
        links = [network.link(source, target), network.link(target, source)]

        def change(by_ns: int) -> None:
            # Relative, since another fault may have made the link slower meanwhile, and may end after this one.
            for link in links:
                changed = replace(link.profile, latency_ns=max(link.profile.latency_ns + by_ns, 0))
                network.set_link(link.source.name, link.target.name, changed, one_way=True)

        change(round(self.by_s * _NS))
        return lambda: change(-round(self.by_s * _NS))


@dataclass(frozen=True)
class Reset:
    """Sends between two hosts break their connection, one time in `one_in`."""

    one: str
    other: str
    one_in: int = 10

    def __str__(self) -> str:
        return f"resets between {self.one} and {self.other}, one in {self.one_in}"

    def begin(self, world: World) -> End:
        pair = {known(world, self.one).name, known(world, self.other).name}

        def judge(act: Act) -> Any:
            if act.kind != "net.send" or {act.host, act.target} != pair:
                return None
            drawn = world.engine.choices.draw(
                self.one_in, stream="network faults", site=f"{act.host}->{act.target}", label="reset"
            )
            return Fail(ECONNRESET) if drawn == self.one_in - 1 else None

        rule = world.gate.add(str(self), judge)
        world.network.refresh()

        def end() -> None:
            world.gate.lift(rule)
            world.network.refresh()

        return end


def _between(world: World, one: str, other: str) -> Network:
    """The network of two hosts that there are."""
    known(world, one)
    known(world, other)
    return world.network
