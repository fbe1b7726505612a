"""The stage: the world as a scenario's function sees it, with the phases of a run.

setup    hosts and programs are made; no fault strikes
drive    the plan strikes; begins with `world.drive()`, or else with `world.settle()`
heal     every fault is ended, hosts are up again
settle   nothing may be owed for longer than the scenario allows
check    what the function asserts from then on
"""

import asyncio
from typing import Final

from simulator.errors import Misuse
from simulator.faults.conductor import Conductor
from simulator.faults.plan import Plan
from simulator.harness.scenario import Scenario
from simulator.kernel.engine import Engine
from simulator.trace.query import Trace
from simulator.world.world import World

_POLL_S: Final = (
    0.5  # How often to ask what is still owed; the answer is a program's, so there is no event to wait for.
)


STAGE: Final = "stage"
"""The host on which a scenario's function runs; no fault reaches it."""


class Unsettled(AssertionError):
    """Something was still owed when the time to settle was over."""


class Stage(World):
    """A world with a plan and phases."""

    def __init__(self, engine: Engine, scenario: Scenario, plan: Plan) -> None:
        super().__init__(engine)
        self.phase = "setup"
        self._scenario = scenario
        self._conductor = Conductor(self, plan)
        self._begin("setup")

    def _begin(self, phase: str) -> None:
        self.phase = phase
        self.engine.emit("phase.begin", host="", phase=phase)

    def drive(self) -> None:
        """From now on the plan strikes."""
        if self.phase != "setup":
            raise Misuse(f"drive() in phase {self.phase!r}: a run is driven once")
        self._begin("drive")
        self._conductor.drive()

    async def settle(self) -> None:
        """Let the plan finish, end every fault, and wait until nothing is owed; or say what is."""
        if self.phase == "setup":
            self.drive()
        last_ns = max((one.at_ns + one.lasts_ns for one in self._conductor.plan.faults), default=0)
        await asyncio.sleep(max(last_ns - self.engine.now_ns, 0) / 1e9)
        self.heal()
        self._begin("settle")
        until_s = self.now_s + self._scenario.settle_s
        while owed := self.owed():
            if self.now_s >= until_s:
                text = "; ".join(owed)
                raise Unsettled(f"{self._scenario.settle_s:g} s after all faults were lifted, still owed: {text}")
            await asyncio.sleep(_POLL_S)
        self._begin("check")

    def heal(self) -> None:
        """End every fault, lift partitions and holds, and boot what is down."""
        self._begin("heal")
        self._conductor.heal()
        self.network.heal_all()
        for host in self.hosts.values():
            host.resume()
            host.boot()
            host.wall.right(self.engine.now_ns)

    @property
    def trace(self) -> Trace:
        """What has happened so far."""
        recorder = self.engine.recorder
        if recorder is None:
            raise Misuse("this run records no trace")
        return recorder.trace()
