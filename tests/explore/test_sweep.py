"""A sweep hands out each seed once, in order, stops when it is enough, and tells each failure once."""

from simulator.explore.record import Record, Task
from simulator.explore.sweep import Bounds, SeedsInOrder, Sweep


def sweep(*, subjects: int = 1, first: int = 0, before: tuple[tuple[int, int], ...] = (), **bounds: object) -> Sweep:
    return Sweep(
        subjects=subjects,
        bounds=Bounds(**bounds),  # type: ignore[arg-type]
        picks=SeedsInOrder(first),
        before=before,
    )


def passed(task: Task) -> Record:
    return Record(number=task.number, subject=task.subject, seed=task.seed, status="passed")


def failed(task: Task, signature: str) -> Record:
    return Record(
        number=task.number, subject=task.subject, seed=task.seed, status="violated", signature=signature, message="m"
    )


def tasks(state: Sweep, at_most: int = 50) -> list[Task]:
    found: list[Task] = []
    while len(found) < at_most and (task := state.next()) is not None:
        found.append(task)
    return found


def test_seeds_come_in_order_and_each_once() -> None:
    state = sweep(seeds=4, first=10)

    given = tasks(state)

    assert [task.seed for task in given] == [10, 11, 12, 13]
    assert state.over == ""
    for task in given:
        state.take(passed(task))
    assert state.over == "all seeds played"


def test_subjects_take_turns() -> None:
    given = tasks(sweep(seeds=2, subjects=3))

    assert [(task.subject, task.seed) for task in given] == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]


def test_seeds_that_failed_the_last_time_come_first_and_not_twice() -> None:
    state = sweep(seeds=4, before=((0, 2), (0, 77)))

    assert state.total == 6
    assert [task.seed for task in tasks(state)] == [2, 77, 0, 1, 3]


def test_it_ends_only_when_the_last_record_is_there() -> None:
    state = sweep(seeds=2)
    first, second = tasks(state)

    state.take(passed(second))
    assert state.over == ""
    state.take(passed(first))
    assert state.over == "all seeds played"


def test_failures_that_violate_the_same_are_one_finding_told_by_its_lowest_seed() -> None:
    state = sweep(seeds=4)
    first, second, third, fourth = tasks(state)

    assert state.take(failed(third, "a")) is not None
    assert state.take(failed(fourth, "a")) is None
    assert state.take(failed(second, "b")) is not None
    found = state.take(failed(first, "a"))

    assert found is not None
    assert (found.count, found.first.seed) == (3, 0)
    assert [(one.signature, one.count) for one in state.ordered()] == [("a", 3), ("b", 1)]


def test_the_same_failure_of_two_subjects_is_two_findings() -> None:
    state = sweep(seeds=1, subjects=2)
    for task in tasks(state):
        state.take(failed(task, "a"))

    assert sorted(state.findings) == [(0, "a"), (1, "a")]


def test_it_stops_at_so_many_distinct_failures() -> None:
    state = sweep(seeds=50, findings=2)
    given = tasks(state, 4)

    for task, signature in zip(given[:3], "aab", strict=True):
        state.take(failed(task, signature))

    assert state.over == "found enough"
    assert state.next() is None


def test_it_stops_when_the_time_is_over_and_has_no_end_of_seeds_then() -> None:
    state = sweep(for_s=60.0)
    assert len(tasks(state)) == 50
    assert state.total is None

    state.look_at_the_clock(59.9)
    assert state.next() is not None
    state.look_at_the_clock(60.0)
    assert (state.next(), state.over) == (None, "the time is over")


def test_what_was_interrupted_is_no_finding_and_what_cannot_be_played_ends_it() -> None:
    state = sweep(seeds=3)
    first, second, _ = tasks(state)

    state.take(Record(number=0, subject=0, seed=first.seed, status="interrupted"))
    assert not state.findings
    state.take(Record(number=1, subject=0, seed=second.seed, status="misuse", message="no such parameter"))

    assert not state.findings
    assert state.over == "the subject cannot be played"
    assert state.misuse is not None
    assert state.misuse.message == "no such parameter"
