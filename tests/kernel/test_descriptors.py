"""Descriptor numbers: lowest free first, several for one description, which is closed with the last of them."""

import errno
from collections.abc import Callable

import pytest

from simulator.kernel.descriptors import Description, DescriptorTable


class Thing(Description):
    """Counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def errno_of(act: Callable[..., object], *args: object) -> str:
    with pytest.raises(OSError, match=r"\[Errno") as caught:
        act(*args)
    return errno.errorcode[caught.value.errno or 0]


def test_the_lowest_free_number_is_given() -> None:
    table = DescriptorTable()
    numbers = [table.add(Thing()) for _ in range(4)]

    table.close(1002)
    table.close(1001)

    assert numbers == [1000, 1001, 1002, 1003]
    assert [table.add(Thing()), table.add(Thing()), table.add(Thing())] == [1001, 1002, 1004]


def test_a_description_is_closed_with_its_last_number() -> None:
    table, thing = DescriptorTable(), Thing()
    first, second = table.add(thing), table.add(thing)

    table.close(first)
    early = thing.closed
    table.close(second)

    assert (early, thing.closed, len(table)) == (0, 1, 0)
    assert errno_of(table.close, second) == "EBADF"


def test_placing_closes_what_had_the_number_and_leaves_gaps_free() -> None:
    table, old, new = DescriptorTable(), Thing(), Thing()
    table.add(old)

    table.place(1000, new)
    table.place(1003, new)
    table.place(1, new)

    assert (old.closed, new.refs) == (1, 3)
    assert [table.add(Thing()) for _ in range(3)] == [1001, 1002, 1004]
    assert [number for number, _ in table] == [1, 1000, 1001, 1002, 1003, 1004]


def test_placing_a_description_where_it_is_does_nothing() -> None:
    table, thing = DescriptorTable(), Thing()
    number = table.add(thing)

    table.place(number, thing)

    assert (thing.refs, thing.closed) == (1, 0)


def test_descriptors_are_not_inherited_unless_asked() -> None:
    table = DescriptorTable()
    plain, given = table.add(Thing()), table.add(Thing(), inheritable=True)

    table.set_inheritable(plain, True)
    table.set_inheritable(given, False)
    table.close(plain)

    assert not table.inheritable(given)
    assert not table.inheritable(table.add(Thing()))
    assert errno_of(table.inheritable, 9) == "EBADF"


def test_there_is_a_limit() -> None:
    table = DescriptorTable(descriptors_max=2)
    table.add(Thing())
    table.add(Thing())

    assert errno_of(table.add, Thing()) == "EMFILE"


def test_the_end_of_a_process_closes_everything_once() -> None:
    table, thing = DescriptorTable(), Thing()
    for _ in range(3):
        table.add(thing)

    table.close_all()
    table.close_all()

    assert (thing.closed, len(table)) == (1, 0)


def test_what_a_thing_cannot_do_fails_as_linux_lets_it_fail() -> None:
    thing = Description()

    found = {
        act.__name__: errno_of(act, *args)
        for act, args in (
            (thing.read, (1,)), (thing.write, (b"",)), (thing.seek, (0, 0)), (thing.pread, (1, 0)),
            (thing.truncate, (0,)), (thing.sync, ()), (thing.listing, ()), (thing.where, ()),
        )
    }  # fmt: skip

    assert found == {
        "read": "EBADF", "write": "EBADF", "seek": "ESPIPE", "pread": "ESPIPE",
        "truncate": "EINVAL", "sync": "EINVAL", "listing": "ENOTDIR", "where": "ENOTDIR",
    }  # fmt: skip
