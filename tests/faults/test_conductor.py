"""The conductor begins and ends each fault at its time, tells it, and heals at any time."""

from collections.abc import Callable
from dataclasses import dataclass
from time import sleep

from simulator.faults.fault import End
from simulator.world.world import World
from tests.support.faulted import Faulted

LOG: list[str] = []


@dataclass(frozen=True)
class Said:
    """A fault that only says what happens to it."""

    name: str
    undone: bool = True

    def __str__(self) -> str:
        return self.name

    def begin(self, world: World) -> End | None:
        LOG.append(f"{self.name} begins at {world.now_s:g}")
        return (lambda: LOG.append(f"{self.name} ends at {world.now_s:g}")) if self.undone else None


def played(main: Callable[[], object], *faults: tuple[float, float, Said]) -> Faulted:
    LOG.clear()
    hosts = Faulted(*faults)
    hosts.drive(a=main)
    return hosts


def test_faults_begin_and_end_at_their_times_and_are_told() -> None:
    hosts = played(lambda: sleep(10), (1, 2, Said("one")), (2, 3, Said("other", undone=False)))

    assert LOG == ["one begins at 1", "other begins at 2", "one ends at 3"]
    assert hosts.told == [(1, "begin", "one"), (2, "begin", "other"), (3, "end", "one"), (5, "end", "other")]


def test_the_same_fault_twice_at_a_time_is_one_that_lasts_longer() -> None:
    played(lambda: sleep(10), (1, 3, Said("one")), (2, 4, Said("one")), (8, 1, Said("one")))

    assert LOG == ["one begins at 1", "one ends at 6", "one begins at 8", "one ends at 9"]


def test_healing_ends_what_is_in_force_and_begins_nothing_more() -> None:
    hosts = Faulted((1, 5, Said("one")), (4, 1, Said("late")))
    LOG.clear()

    def main() -> None:
        sleep(2)
        hosts.conductor.heal()
        sleep(10)

    hosts.drive(a=main)

    assert LOG == ["one begins at 1", "one ends at 2"]
    assert hosts.conductor.in_force == {}
