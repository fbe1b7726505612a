"""A crash at an effect: the program is struck in the midst of what it does, not at a time of day."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from simulator.errors import Misuse
from simulator.faults.effects import MOMENTS, Effect, EffectWatch
from simulator.faults.fault import known
from simulator.world.world import World

WAYS: Final = ("kill", "power", "interrupt")
_NS: Final = 10**9


@dataclass(frozen=True)
class CrashAt:
    """At a moment of the n-th effect of a program it is killed (or its host loses power, or it gets Ctrl-C).

    It comes back `down_s` later. Of the effects the program's own are counted, from the beginning of the drive on.
    """

    host: str
    service: str
    effect: int
    moment: str = "applied"
    way: str = "kill"
    down_s: float = 1.0

    def __str__(self) -> str:
        who = f"{self.service} on {self.host}" if self.service else self.host
        return f"{self.way} {who} at effect {self.effect}, {self.moment}"

    def begin(self, world: World) -> None:
        """Watch from now on; the fault is over when it has struck, and not before."""
        if self.moment not in MOMENTS or self.way not in WAYS:
            raise Misuse(
                f"no crash is {self.way!r} at {self.moment!r}",
                hint=f"ways: {', '.join(WAYS)}; moments: {', '.join(MOMENTS)}",
            )
        known(world, self.host)
        struck = False

        def tell(effect: Effect, moment: str) -> None:
            nonlocal struck
            if not struck and (effect.number, moment) == (self.effect, self.moment):
                struck = True
                self.strike(world, effect)

        watch_effects(world, self.host, self.service, tell)

    def strike(self, world: World, effect: Effect) -> None:
        """Do it, here and now. Where the program's own code is at work, this does not return."""
        engine, host = world.engine, world.host(self.host)
        engine.struck_midway = True
        engine.emit("fault.hit", host=self.host, fault=self.way, operation=str(effect), verdict=self.moment)
        services = [one for one in host.services if self.service in ("", one.program.name) and one.running]
        after_ns = round(self.down_s * _NS)
        for service in services if self.way != "power" else host.services:
            service.leave()
        if self.way == "power":
            engine.call_after(after_ns, host.boot)
            host.crash()
            return
        for service in services:
            engine.call_after(after_ns, service.start)
        for service in services:
            service.signal(signal.SIGKILL if self.way == "kill" else signal.SIGINT)


def watch_effects(world: World, host: str, service: str, tell: Callable[[Effect, str], None]) -> EffectWatch:
    """Have the effects of a program counted from now on."""
    recorder = world.engine.recorder
    if recorder is None:
        raise Misuse("effects are seen in a trace, and this run records none")
    watch = EffectWatch(world, host, service, tell)
    recorder.subscribe(watch.see)
    return watch
