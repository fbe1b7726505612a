"""A world with two hosts and a plan written by hand, for tests of single faults."""

from collections.abc import Callable
from typing import Any

from simulator.faults.conductor import Conductor
from simulator.faults.fault import Fault
from simulator.faults.plan import Plan, TimedFault
from tests.support.hosts import Hosts

NS = 10**9


class Faulted(Hosts):
    """Hosts `a` and `b`; each fault strikes from and for so many seconds."""

    def __init__(self, *faults: tuple[float, float, Fault], **options: Any) -> None:
        super().__init__(**options)
        for name in ("a", "b"):
            self.world.host(name)
        timed = [TimedFault(round(at_s * NS), round(lasts_s * NS), fault) for at_s, lasts_s, fault in faults]
        self.conductor = Conductor(self.world, Plan(tuple(timed)))

    def drive(self, **mains: Callable[[], Any]) -> Any:
        """Run programs on hosts while the plan strikes; return what the first one returned."""
        self.conductor.drive()
        return self.run(**mains)

    @property
    def told(self) -> list[tuple[float, str, str]]:
        """When which fault began and ended."""
        assert self.recorder is not None
        events = self.recorder.trace().of("fault.*")
        return [(event.at_ns / NS, event.kind.removeprefix("fault."), str(event.fields["fault"])) for event in events]
