"""Keyspace: the databases, what their keys hold, when keys expire, and in what order they are called.

Rules.

1. `now_ms` is set by whoever runs a command and stands still meanwhile. A key whose time is over does not exist: the
   first look at it, or the cycle (`expire_due`), removes it and says so to the hooks. On a replica it is only hidden,
   until the master says DEL.
2. `read` and `write` look a key up and check its type; `read` also counts hits and misses.
3. `put` replaces a value whole and forgets the expiry; `add` makes a key that was not there; `drop` removes one.
   None of them says so to anybody: that is what commands do (`Call.touch`, `Call.notify`).
4. An empty collection does not exist: whoever takes the last member drops the key.

What Redis leaves to its hash tables goes by the order of entry: KEYS from the oldest, SCAN from the youngest key.
"""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeVar

from simulator.services.redis.reply import WRONG_TYPE, Refusal
from simulator.services.redis.values.limits import Limits
from simulator.services.redis.values.roll import Roll
from simulator.services.redis.values.strings import Text

if TYPE_CHECKING:
    from simulator.services.redis.call import Hooks

DATABASES: Final = 16
HEAP_SLACK: Final = 64

Kind = TypeVar("Kind")
Value = Any
"""`bytes` or `bytearray` for a string; `List`, `Hash`, `Set`, `SortedSet` or `Stream`."""


def type_name(value: Value) -> bytes:
    """What TYPE says."""
    return b"string" if isinstance(value, bytes | bytearray) else value.kind


class Database:
    """One numbered database."""

    __slots__ = ("index", "data", "expires", "seen", "uses", "_space", "_roll", "_heap")

    def __init__(self, index: int, space: "Keyspace") -> None:
        self.index = index
        self.data: dict[bytes, Value] = {}
        self.expires: dict[bytes, int] = {}
        """Unix time in milliseconds after which a key is no more."""
        self.seen: dict[bytes, int] = {}
        """When a key was last used, for OBJECT IDLETIME and the eviction of what is idle."""
        self.uses: dict[bytes, tuple[int, int]] = {}
        """How often a key is used, as the LFU policies count (`use.py`)."""
        self._space = space
        self._roll: Roll | None = None
        self._heap: list[tuple[int, bytes]] = []

    def __len__(self) -> int:
        return len(self.data)

    def __contains__(self, key: bytes) -> bool:
        """Whether the key is there, for commands that neither use nor count it."""
        return self.peek(key) is not None

    def __repr__(self) -> str:
        return f"<db{self.index}: {len(self.data)} keys, {len(self.expires)} with expiry>"

    @property
    def limits(self) -> Limits:
        return self._space.limits

    @property
    def now_ms(self) -> int:
        return self._space.now_ms

    # ---------------------------------------------------------------- looking

    def peek(self, key: bytes) -> Value:
        """What a key holds, or None; leaves no trace but the removal of what expired."""
        if key in self.expires and self._lapsed(key):
            return None
        return self.data.get(key)

    def read(self, key: bytes) -> Value:
        """The same for a command that reads: counts a hit or a miss, and a use."""
        value = self.look(key)
        if value is not None:
            space = self._space
            self.seen[key] = space.now_ms
            if space.counts_uses:
                space.used(self, key)
        return value

    def look(self, key: bytes) -> Value:
        """The same for a command that asks about a key: counts a hit or a miss, but no use."""
        space = self._space
        value = None if key in self.expires and self._lapsed(key) else self.data.get(key)
        if value is None:
            space.misses += 1
            if space.hooks is not None:
                space.hooks.event("m", "keymiss", self.index, key)
        else:
            space.hits += 1
        return value

    def write(self, key: bytes) -> Value:
        """The same for a command that changes: counts a use only."""
        if key in self.expires and self._lapsed(key):
            return None
        value = self.data.get(key)
        if value is not None:
            self.seen[key] = self._space.now_ms
            if self._space.counts_uses:
                self._space.used(self, key)
        return value

    def read_as(self, kind: type[Kind], key: bytes) -> Kind | None:
        """What a key holds, if it is of that kind or missing."""
        value = self.read(key)
        if value is None or type(value) is kind:
            return value
        raise Refusal(WRONG_TYPE)

    def write_as(self, kind: type[Kind], key: bytes) -> Kind | None:
        value = self.write(key)
        if value is None or type(value) is kind:
            return value
        raise Refusal(WRONG_TYPE)

    def read_text(self, key: bytes) -> Text | None:
        value = self.read(key)
        if value is None or isinstance(value, bytes | bytearray):
            return value
        raise Refusal(WRONG_TYPE)

    def write_text(self, key: bytes) -> Text | None:
        value = self.write(key)
        if value is None or isinstance(value, bytes | bytearray):
            return value
        raise Refusal(WRONG_TYPE)

    # ---------------------------------------------------------------- changing

    def put(self, key: bytes, value: Value, *, keep_expiry: bool = False) -> None:
        """Make a key hold this and nothing else."""
        if key not in self.data:
            self.add(key, value)
            return
        self.data[key] = value
        self.seen[key] = self._space.now_ms
        if self.expires and not keep_expiry:
            self.expires.pop(key, None)

    def add(self, key: bytes, value: Value) -> None:
        """Make a key that is not there."""
        self.data[key] = value
        self.seen[key] = self._space.now_ms
        if self._space.counts_uses:
            self._space.used(self, key)
        if self._roll is not None:
            self._roll.enter(key)
        if self._space.hooks is not None:
            self._space.hooks.event("n", "new", self.index, key)

    def exchange(self, key: bytes, value: Value) -> None:
        """Put another object in a key's place: the same value to those who look from outside, changed or not."""
        self.data[key] = value

    def drop(self, key: bytes) -> bool:
        """Remove a key; whether it was there."""
        if self.data.pop(key, None) is None:
            return False
        if self.expires:
            self.expires.pop(key, None)
        self.seen.pop(key, None)
        if self.uses:
            self.uses.pop(key, None)
        if self._roll is not None:
            self._roll.leave(key)
        return True

    def clear(self) -> int:
        """Remove all keys; how many there were."""
        count = len(self.data)
        self.data, self.expires, self.seen, self.uses = {}, {}, {}, {}
        self._roll, self._heap = None, []
        return count

    def swap(self, other: "Database") -> None:
        """Exchange everything but the number."""
        for name in ("data", "expires", "seen", "uses", "_roll", "_heap"):
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, theirs)
            setattr(other, name, mine)

    # ---------------------------------------------------------------- expiry

    def expire_at(self, key: bytes, when_ms: int | None) -> None:
        """Give a key that is there a time to end, or none."""
        if when_ms is None:
            self.expires.pop(key, None)
            return
        self.expires[key] = when_ms
        heappush(self._heap, (when_ms, key))
        if len(self._heap) > 2 * len(self.expires) + HEAP_SLACK:
            self._heap = [(when, key) for key, when in self.expires.items()]
            heapify(self._heap)

    def next_expiry_ms(self) -> int | None:
        """When the next key ends."""
        heap = self._heap
        while heap and self.expires.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def expire_due(self, count_max: int) -> int:
        """Remove keys whose time is over, the earliest first; how many."""
        count = 0
        while count < count_max:
            when = self.next_expiry_ms()
            if when is None or when >= self._space.now_ms:
                break
            self._remove_expired(self._heap[0][1])
            count += 1
        return count

    def _lapsed(self, key: bytes) -> bool:
        """Whether the time of a key that has one is over; if so it is removed, where that is ours to do."""
        space = self._space
        if self.expires[key] >= space.now_ms or space.ignores_expiry:
            return False
        if space.removes_expired:
            self._remove_expired(key)
        return True

    def _remove_expired(self, key: bytes) -> None:
        self.drop(key)
        if (hooks := self._space.hooks) is not None:
            hooks.expired(self.index, key)
            hooks.modified(self.index, key)

    # ---------------------------------------------------------------- going over all of them

    def scan(self, cursor: int, count_max: int) -> tuple[int, list[bytes]]:
        """The next keys and the cursor that goes on from there; expired ones may still be among them."""
        return self._called().call(cursor, count_max)

    def random_key(self, rng: Random) -> bytes | None:
        """Any key that is there."""
        while self.data:
            key = self._called().draw(rng)
            if key in self:
                return key
            if not self._space.removes_expired:
                return key
        return None

    def names(self) -> Iterator[bytes]:
        """The keys that are there, from the oldest on; nothing is removed."""
        now_ms, expires = self._space.now_ms, self.expires
        if not expires:
            return iter(self.data)
        return (key for key in self.data if key not in expires or expires[key] >= now_ms)

    def _called(self) -> Roll:
        if self._roll is None:
            self._roll = Roll(self.data)
        return self._roll


class Keyspace:
    """All databases, their clock, and whom they tell."""

    def __init__(self, *, databases: int = DATABASES, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.hooks: Hooks | None = None
        self.now_ms = 0
        """Set before every command, and before every round of the cycle."""
        self.removes_expired = True
        """A replica leaves it to its master."""
        self.ignores_expiry = False
        """While the append-only file or the master speaks: what it says was true when it was said."""
        self.counts_uses = False
        """Whether an LFU policy is in force."""
        self.used: Callable[[Database, bytes], None] = _unused
        self.hits = self.misses = 0
        self.databases = [Database(index, self) for index in range(databases)]

    def __len__(self) -> int:
        return sum(map(len, self.databases))

    def clear(self) -> int:
        return sum(database.clear() for database in self.databases)

    def next_expiry_ms(self) -> int | None:
        """When the next key of any database ends: no round of the cycle is needed before."""
        times = (database.next_expiry_ms() for database in self.databases if database.expires)
        return min((when for when in times if when is not None), default=None)

    def expire_due(self, count_max: int = 1000) -> int:
        """One round of the cycle: remove what is over, up to so many keys; how many there were."""
        count = 0
        for database in self.databases:
            if database.expires:
                count += database.expire_due(count_max - count)
        return count


def _unused(database: Database, key: bytes) -> None:
    """Nobody counts."""
