"""The world: hosts, the network between them, the gate, and time.

    world = World(engine)
    server = world.host("server")
    server.run(serve)                      # a coroutine function: a program of its own
    world.network.partition("client", "server")

A scenario gets a world, sets it up, lets it run, and says what must hold.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from simulator.errors import Misuse
from simulator.kernel.engine import Engine
from simulator.kernel.state import outside
from simulator.world.gate import Act, Gate
from simulator.world.host import Host
from simulator.world.network.attempt import Attempt, Verdict
from simulator.world.network.network import Network
from simulator.world.wall import EPOCH_NS, SPREAD_NS, Wall

_NS: Final = 10**9
HOSTS_MAX: Final = 100_000


class World:
    """Everything outside the programs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.gate = Gate()
        self.network = Network(engine)
        self.gate.on_change = self._gate_changed
        self.hosts: dict[str, Host] = {}
        drawn_ns = engine.choices.draw(SPREAD_NS, stream="wall", site="world", label="base")
        self.wall_base_ns = EPOCH_NS + drawn_ns
        self.is_calm = False
        """Whether no fault begins any more; those in force end when they would."""
        self.debts: list[Callable[[], str | None]] = []

    def __repr__(self) -> str:
        return f"<world at {self.now_s:.9g} s: {', '.join(self.hosts) or 'no hosts'}>"

    @property
    def now_s(self) -> float:
        """Virtual time in seconds since the run began."""
        return self.engine.now_ns / _NS

    def host(self, name: str, *, env: Mapping[str, str] | None = None) -> Host:
        """The host of that name, made at the first asking."""
        found = self.hosts.get(name)
        if found is not None:
            if env is not None:
                raise Misuse(f"host {name!r} exists already; its environment is set where it is made")
            return found
        if len(self.hosts) >= HOSTS_MAX:
            raise Misuse(f"hosts_max reached: {HOSTS_MAX}")
        made = Host(self, name, env=env or {}, wall=Wall(self.wall_base_ns))
        self.hosts[name] = made
        return made

    def offer(self, name: str, equip: Callable[[Host], object]) -> None:
        """Have a host made and equipped when a program first asks for its name: what nobody uses costs nothing."""
        if name in self.hosts:
            raise Misuse(f"host {name!r} exists already, and cannot be offered")

        def make() -> None:
            with outside():  # The program that asks is in the midst of a lookup.
                equip(self.host(name))

        self.network.zone.offer(name, make)

    def has(self, name: str) -> bool:
        """Whether there is a host of that name; one on offer is made, for somebody has asked."""
        if name not in self.hosts and name in self.network.zone.offers:
            self.network.zone.lookup(name)
        return name in self.hosts

    async def sleep(self, seconds: float) -> None:
        """Let so much virtual time pass."""
        await asyncio.sleep(seconds)

    # --- what is still owed -----------------------------------------------------------------------

    def owes(self, debt: Callable[[], str | None]) -> None:
        """Register what must be done before the world is settled: a function that says what is owed, or None."""
        self.debts.append(debt)

    def owed(self) -> list[str]:
        """In words, what is still owed."""
        return [words for debt in self.debts if (words := debt())]

    def _gate_changed(self) -> None:
        # Without rules the network does not ask at all: that is its short way.
        self.network.gate = self._ask_network if self.gate.rules else None

    def _ask_network(self, attempt: Attempt) -> Verdict | None:
        verdict: Verdict | None = self.gate.ask(Act(attempt.kind, attempt.source, attempt.target, attempt.bytes))
        return verdict
