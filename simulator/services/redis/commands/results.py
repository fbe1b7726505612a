"""Results: how a key comes to hold what a command made, loses members, or ends; and who is told, in which order."""

from simulator.services.redis.call import Call


def put(call: Call, key: bytes, value: object, kind: str, event: str, *, changes: int = 1) -> None:
    """Make a key hold this, whatever was there."""
    call.db.write(key)
    call.db.put(key, value)
    call.touch(key, changes)
    call.notify(kind, event, key)


def clear(call: Call, key: bytes) -> None:
    """Make a key hold nothing: what a command does that stores an empty result."""
    if call.db.write(key) is not None:
        remove(call, key)


def remove(call: Call, key: bytes) -> None:
    """Remove a key that is there, and say so."""
    call.db.drop(key)
    call.touch(key)
    call.notify("g", "del", key)


def lost(call: Call, key: bytes, count: int, kind: str, event: str, *, empty: bool) -> None:
    """Say that members are gone, and drop the key with the last one."""
    if empty:
        call.db.drop(key)
    call.touch(key, count)
    call.notify(kind, event, key)
    if empty:
        call.notify("g", "del", key)
