"""Locks: `flock` by open file, `lockf` by process and range; they refuse each other's kind nothing."""

import pytest

from simulator.kernel.file_locks import END, FileLocks, Range


def taken(locks: FileLocks, owner: object, start: int, stop: int, *, exclusive: bool = True) -> bool:
    """Whether a range can be had now; it is kept if so."""
    try:
        locks.lock_range(Range(owner, start, stop, exclusive), wait=False)
    except BlockingIOError:
        return False
    return True


def spans(locks: FileLocks, owner: object) -> list[tuple[int, int, bool]]:
    return sorted((held.start, held.stop, held.exclusive) for held in locks.ranges if held.owner is owner)


def test_an_exclusive_flock_is_alone_and_shared_ones_are_not() -> None:
    locks = FileLocks()
    locks.lock("a", exclusive=False, wait=False)
    locks.lock("b", exclusive=False, wait=False)

    with pytest.raises(BlockingIOError):
        locks.lock("c", exclusive=True, wait=False)
    locks.unlock("a")
    locks.lock("b", exclusive=True, wait=False)

    assert locks.whole == {"b": True}


def test_a_failed_conversion_gives_up_what_was_held() -> None:
    locks = FileLocks()
    locks.lock("a", exclusive=False, wait=False)
    locks.lock("b", exclusive=False, wait=False)

    with pytest.raises(BlockingIOError):
        locks.lock("a", exclusive=True, wait=False)

    assert locks.whole == {"b": False}


def test_ranges_meet_only_where_they_overlap() -> None:
    locks = FileLocks()

    assert taken(locks, "a", 0, 10)
    assert taken(locks, "b", 10, 20)
    assert not taken(locks, "b", 9, 10)
    assert not taken(locks, "c", 5, END, exclusive=False)
    assert taken(locks, "c", 20, END)


def test_a_lock_replaces_what_its_owner_had_there() -> None:
    locks = FileLocks()
    taken(locks, "a", 0, 100)

    taken(locks, "a", 20, 30, exclusive=False)
    locks.unlock_range(Range("a", 50, 60, exclusive=False))

    assert spans(locks, "a") == [(0, 20, True), (20, 30, False), (30, 50, True), (60, 100, True)]


def test_closing_any_descriptor_drops_all_ranges_of_the_process() -> None:
    locks = FileLocks()
    taken(locks, "a", 0, 10)
    taken(locks, "b", 20, 30)

    locks.drop("a")

    assert (spans(locks, "a"), spans(locks, "b")) == ([], [(20, 30, True)])
