"""Faults of clocks: the time of day jumps or drifts; monotonic clocks do not."""

from dataclasses import dataclass
from typing import Final

from simulator.faults.fault import End, known
from simulator.world.world import World

_NS: Final = 10**9


@dataclass(frozen=True)
class ClockJump:
    """A host's wall clock is suddenly wrong by so many seconds; put right at the fault's end."""

    host: str
    by_s: float

    def __str__(self) -> str:
        return f"clock of {self.host} jumps by {self.by_s:+g} s"

    def begin(self, world: World) -> End:
        wall = known(world, self.host).wall
        by_ns = round(self.by_s * _NS)
        wall.jump(by_ns)
        world.engine.emit("clock.jump", host=self.host, by_ns=by_ns)

        def end() -> None:
            wall.jump(-by_ns)
            world.engine.emit("clock.jump", host=self.host, by_ns=-by_ns)

        return end


@dataclass(frozen=True)
class ClockDrift:
    """A host's wall clock runs fast or slow by so many parts in a million."""

    host: str
    ppm: int

    def __str__(self) -> str:
        return f"clock of {self.host} drifts by {self.ppm:+d} ppm"

    def begin(self, world: World) -> End:
        wall = known(world, self.host).wall

        def change(ppm: int) -> None:
            # Relative: drifts may overlap.
            wall.drift(world.engine.now_ns, wall.drift_ppb + ppm * 1000)
            world.engine.emit("clock.drift", host=self.host, ppm=wall.drift_ppb // 1000)

        change(self.ppm)
        return lambda: change(-self.ppm)
