"""Waiting for lists: BLPOP, BLMOVE, BLMPOP and their like.

What is passed on is what happened: a pop or a move that does not wait.
"""

from simulator.services.redis.call import Blocked, Call
from simulator.services.redis.commands.arguments import deadline, popping
from simulator.services.redis.commands.lists import LEFT, POP_EVENTS, RIGHT, move, side, take, take_many
from simulator.services.redis.registry import command
from simulator.services.redis.reply import Reply
from simulator.services.redis.values.lists import List


def _first(call: Call, keys: list[bytes], *, waited: bool) -> tuple[bytes, List] | None:
    """The first key that holds a list; one that waits overlooks what is something else."""
    for key in keys if call.woken_by is None else [call.woken_by]:
        value = call.db.write(key)
        if type(value) is List:
            return key, value
        if value is not None and not waited:
            call.db.write_as(List, key)
    return None


def _pop(call: Call, keys: list[bytes], until_ms: int | None, end: bytes, *, waited: bool = False) -> Reply:
    if found := _first(call, keys, waited=waited):
        key, value = found
        call.propagate([POP_EVENTS[end].upper().encode(), key])
        return [key, take(call, key, value, end, 1)[0]]
    return Blocked(keys, until_ms, lambda again: _pop(again, keys, until_ms, end, waited=True))


@command("BLPOP")
def blpop(call: Call, args: list[bytes]) -> Reply:
    return _pop(call, args[1:-1], deadline(call, args[-1]), LEFT)


@command("BRPOP")
def brpop(call: Call, args: list[bytes]) -> Reply:
    return _pop(call, args[1:-1], deadline(call, args[-1]), RIGHT)


def _move(call: Call, args: list[bytes], until_ms: int | None, *, waited: bool = False) -> Reply:
    """Move as `args` (name, source, target, from, to) say."""
    name, source, target, where_from, where_to = args
    if not waited or type(call.db.write(source)) is List:
        item = move(call, source, target, where_from, where_to)
        if item is not None:
            ends = [where_from, where_to] if name == b"LMOVE" else []
            call.propagate([name, source, target, *ends])
            return item
    if not call.may_block:
        return None
    return Blocked([source], until_ms, lambda again: _move(again, args, until_ms, waited=True))


@command("BLMOVE")
def blmove(call: Call, args: list[bytes]) -> Reply:
    where_from, where_to = side(args[3]), side(args[4])
    return _move(call, [b"LMOVE", args[1], args[2], where_from, where_to], deadline(call, args[5]))


@command("BRPOPLPUSH")
def brpoplpush(call: Call, args: list[bytes]) -> Reply:
    return _move(call, [b"RPOPLPUSH", args[1], args[2], RIGHT, LEFT], deadline(call, args[3]))


def _pop_many(
    call: Call, keys: list[bytes], until_ms: int | None, end: bytes, count: int, *, waited: bool = False
) -> Reply:
    if found := _first(call, keys, waited=waited):
        return take_many(call, *found, end, count)
    return Blocked(keys, until_ms, lambda again: _pop_many(again, keys, until_ms, end, count, waited=True))


@command("BLMPOP")
def blmpop(call: Call, args: list[bytes]) -> Reply:
    keys, end, count = popping(args, 2, (LEFT, RIGHT))
    return _pop_many(call, keys, deadline(call, args[1]), end, count)
