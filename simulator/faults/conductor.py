"""The conductor: carries a plan out on time, and heals the world."""

from simulator.faults.fault import End, Fault, Watcher
from simulator.faults.plan import Plan, TimedFault
from simulator.world.world import World


class Conductor:
    """Begins and ends the faults of a plan; what has begun can be healed at any time."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.world, self.plan = world, plan
        self.in_force: dict[int, TimedFault] = {}
        self._ends: dict[Fault, End | None] = {}
        self._healed = False

    def drive(self) -> None:
        """Start the clock of the plan."""
        engine = self.world.engine
        for number, timed in enumerate(self.plan.faults):
            engine.call_after(timed.at_ns, self._begin, number, timed)

    def _begin(self, number: int, timed: TimedFault) -> None:
        if self._healed or self.world.is_calm:
            return
        try:
            if isinstance(timed.fault, Watcher):
                timed.fault.begin(self.world)
            else:
                self._strike(number, timed)
        except Exception as error:  # A plan that cannot be carried out is no program's error: it ends the run.
            self.world.engine.fail(error)

    def _strike(self, number: int, timed: TimedFault) -> None:
        engine = self.world.engine
        engine.cause = None
        engine.emit("fault.begin", host="", fault=str(timed.fault), number=number)
        already = any(timed.fault == other.fault for other in self.in_force.values())
        self.in_force[number] = timed  # First, for who is struck may ask what is in force.
        if not already:  # The same one twice at a time is one, but longer.
            self._ends[timed.fault] = None
            self._ends[timed.fault] = timed.fault.begin(self.world)
        engine.call_after(timed.lasts_ns, self._end, number)

    def _end(self, number: int) -> None:
        timed = self.in_force.pop(number, None)
        if timed is None:
            return
        self.world.engine.emit("fault.end", host="", fault=str(timed.fault), number=number)
        if any(timed.fault == other.fault for other in self.in_force.values()):
            return
        end = self._ends.pop(timed.fault)
        if end is not None:
            end()

    def heal(self) -> None:
        """End every fault and begin no other."""
        self._healed = True
        for number in list(self.in_force):
            self._end(number)
