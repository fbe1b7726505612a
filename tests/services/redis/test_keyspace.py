"""Keys end when their time is over, and whoever must know is told."""

from random import Random

import pytest

from simulator.services.redis.keyspace import Keyspace
from simulator.services.redis.reply import Refusal
from simulator.services.redis.values.hashes import Hash


class Told:
    """What the keyspace says by itself."""

    def __init__(self) -> None:
        self.acts: list[tuple[object, ...]] = []

    def modified(self, database: int, key: bytes) -> None:
        self.acts.append(("modified", database, key))

    def expired(self, database: int, key: bytes) -> None:
        self.acts.append(("expired", database, key))

    def event(self, kind: str, name: str, database: int, key: bytes) -> None:
        self.acts.append((name, database, key))


@pytest.fixture
def space() -> Keyspace:
    space = Keyspace(databases=2)
    space.hooks = Told()
    space.now_ms = 1000
    return space


def test_a_key_is_there_until_its_last_millisecond_is_over(space: Keyspace) -> None:
    db = space.databases[0]
    db.put(b"k", b"v")
    db.expire_at(b"k", 2000)

    space.now_ms = 2000
    assert db.read(b"k") == b"v"
    space.now_ms = 2001
    assert db.read(b"k") is None
    assert len(db) == 0
    assert isinstance(space.hooks, Told)
    assert space.hooks.acts == [("new", 0, b"k"), ("expired", 0, b"k"), ("modified", 0, b"k"), ("keymiss", 0, b"k")]


def test_the_cycle_removes_the_earliest_first_and_no_more_than_it_may(space: Keyspace) -> None:
    for number in range(10):
        db = space.databases[number % 2]
        db.put(b"%d" % number, b"v")
        db.expire_at(b"%d" % number, 5000 - number)
    space.databases[0].expire_at(b"8", None)

    assert space.next_expiry_ms() == 4991
    space.now_ms = 4995
    assert space.expire_due(1) == 1
    assert space.expire_due() == 2
    assert len(space) == 7


def test_a_replica_hides_what_is_over_and_removes_nothing(space: Keyspace) -> None:
    db = space.databases[0]
    db.put(b"k", b"v")
    db.expire_at(b"k", 500)
    space.removes_expired = False

    assert db.read(b"k") is None
    assert len(db) == 1
    assert db.random_key(Random(1)) == b"k"
    space.ignores_expiry = True
    assert db.read(b"k") == b"v"


def test_an_expiry_that_is_set_often_is_kept_once(space: Keyspace) -> None:
    db = space.databases[0]
    db.put(b"k", b"v")
    for when in range(2000, 12_000):
        db.expire_at(b"k", when)

    assert db.next_expiry_ms() == 11_999
    assert len(db._heap) < 200


def test_a_value_of_another_kind_is_refused(space: Keyspace) -> None:
    space.databases[0].put(b"k", b"v")

    with pytest.raises(Refusal, match="WRONGTYPE"):
        space.databases[0].read_as(Hash, b"k")


def test_a_scan_calls_every_key_that_stays(space: Keyspace) -> None:
    db = space.databases[0]
    for number in range(100):
        db.put(b"%d" % number, b"v")
    cursor, called = 0, set[bytes]()
    while True:
        cursor, keys = db.scan(cursor, 9)
        called.update(keys)
        if not cursor:
            break
        db.put(b"new %d" % cursor, b"v")
        db.drop(b"%d" % (cursor % 50))

    assert {b"%d" % number for number in range(50, 100)} <= called


def test_databases_change_places_with_all_they_hold(space: Keyspace) -> None:
    one, other = space.databases
    one.put(b"k", b"v")
    one.expire_at(b"k", 9000)
    one.swap(other)

    assert (len(one), len(other)) == (0, 1)
    assert other.next_expiry_ms() == 9000
