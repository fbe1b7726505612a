"""Lists: pushing, popping and looking. What waits for lists is in `listwaits.py`."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands.arguments import natural, popping
from simulator.services.redis.numerals import INT_MAX, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import (
    INDEX_OUT_OF_RANGE,
    NO_SUCH_KEY,
    NULL_ARRAY,
    OK,
    SYNTAX,
    Refusal,
    Reply,
)
from simulator.services.redis.values.lists import List

LEFT, RIGHT = b"LEFT", b"RIGHT"
POP_EVENTS = {LEFT: "lpop", RIGHT: "rpop"}
PUSH_EVENTS = {LEFT: "lpush", RIGHT: "rpush"}


def _push(call: Call, args: list[bytes], end: bytes, *, only_existing: bool = False) -> Reply:
    key = args[1]
    value = call.db.write_as(List, key)
    if value is None:
        if only_existing:
            return 0
        value = List()
        call.db.add(key, value)
    if end == LEFT:
        value.items.extendleft(args[2:])
    else:
        value.items.extend(args[2:])
    call.touch(key, len(args) - 2)
    call.notify("l", PUSH_EVENTS[end], key)
    return len(value.items)


@command("LPUSH")
def lpush(call: Call, args: list[bytes]) -> Reply:
    return _push(call, args, LEFT)


@command("RPUSH")
def rpush(call: Call, args: list[bytes]) -> Reply:
    return _push(call, args, RIGHT)


@command("LPUSHX")
def lpushx(call: Call, args: list[bytes]) -> Reply:
    return _push(call, args, LEFT, only_existing=True)


@command("RPUSHX")
def rpushx(call: Call, args: list[bytes]) -> Reply:
    return _push(call, args, RIGHT, only_existing=True)


def take(call: Call, key: bytes, value: List, end: bytes, count: int) -> list[bytes]:
    """Pop so many items, as far as there are, and say so."""
    items = value.items
    pop = items.popleft if end == LEFT else items.pop
    taken = [pop() for _ in range(min(count, len(items)))]
    removed(call, key, value, end, len(taken))
    return taken


def removed(call: Call, key: bytes, value: List, end: bytes, count: int) -> None:
    call.notify("l", POP_EVENTS[end], key)
    if not value.items:
        call.db.drop(key)
        call.notify("g", "del", key)
    call.touch(key, count)


def _pop(call: Call, args: list[bytes], end: bytes) -> Reply:
    if len(args) > 3:
        raise Refusal(f"ERR wrong number of arguments for '{call.command.full}' command")
    count = natural(args[2]) if len(args) == 3 else None
    value = call.db.write_as(List, args[1])
    if value is None:
        return None if count is None else NULL_ARRAY
    if count is None:
        return take(call, args[1], value, end, 1)[0]
    return take(call, args[1], value, end, count) if count else []


@command("LPOP")
def lpop(call: Call, args: list[bytes]) -> Reply:
    return _pop(call, args, LEFT)


@command("RPOP")
def rpop(call: Call, args: list[bytes]) -> Reply:
    return _pop(call, args, RIGHT)


@command("LLEN")
def llen(call: Call, args: list[bytes]) -> Reply:
    return len(call.db.read_as(List, args[1]) or ())


@command("LINDEX")
def lindex(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(List, args[1])
    if value is None:
        return None
    index = integer(args[2])
    return value.items[index] if -len(value) <= index < len(value) else None


@command("LSET")
def lset(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    value = call.db.write_as(List, key)
    if value is None:
        raise Refusal(NO_SUCH_KEY)
    index = integer(args[2])
    if not -len(value) <= index < len(value):
        raise Refusal(INDEX_OUT_OF_RANGE)
    value.items[index] = args[3]
    call.touch(key)
    call.notify("l", "lset", key)
    return OK


def bounds(start: int, stop: int, size: int) -> tuple[int, int]:
    """The first and the last place of a range; the last one comes first if it is empty."""
    start = max(start + size, 0) if start < 0 else start
    stop = stop + size if stop < 0 else stop
    return start, min(stop, size - 1)


@command("LRANGE")
def lrange(call: Call, args: list[bytes]) -> Reply:
    start, stop = integer(args[2]), integer(args[3])
    value = call.db.read_as(List, args[1])
    if value is None:
        return []
    start, stop = bounds(start, stop, len(value))
    return value.span(start, stop) if start <= stop else []


@command("LTRIM")
def ltrim(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    start, stop = integer(args[2]), integer(args[3])
    value = call.db.write_as(List, key)
    if value is None:
        return OK
    size = len(value)
    start, stop = bounds(start, stop, size)
    if start > stop:
        value.items.clear()
    else:
        value.trim(start, stop)
    call.notify("l", "ltrim", key)
    if not value.items:
        call.db.drop(key)
        call.notify("g", "del", key)
    call.touch(key, size - len(value))
    return OK


@command("LREM")
def lrem(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    count = integer(args[2])
    value = call.db.write_as(List, key)
    if value is None:
        return 0
    gone = value.remove(args[3], count)
    if gone:
        call.touch(key, gone)
        call.notify("l", "lrem", key)
    if not value.items:
        call.db.drop(key)
        call.notify("g", "del", key)
    return gone


@command("LINSERT")
def linsert(call: Call, args: list[bytes]) -> Reply:
    key, where = args[1], args[2].upper()
    if where not in {b"BEFORE", b"AFTER"}:
        raise Refusal(SYNTAX)
    value = call.db.write_as(List, key)
    if value is None:
        return 0
    if not value.insert(args[3], args[4], where == b"AFTER"):
        return -1
    call.touch(key)
    call.notify("l", "linsert", key)
    return len(value)


_ZERO_RANK = (
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from "
    "the end of the list"
)


@command("LPOS")
def lpos(call: Call, args: list[bytes]) -> Reply:
    rank, count, length_max = 1, -1, 0
    words = iter(args[3:])
    for word in words:
        option, raw = word.upper(), next(words, None)
        if raw is None:
            raise Refusal(SYNTAX)
        if option == b"RANK":
            rank = integer(raw)
            if not rank:
                raise Refusal(_ZERO_RANK)
        elif option == b"COUNT":
            count = _not_negative(raw, "ERR COUNT can't be negative")
        elif option == b"MAXLEN":
            length_max = _not_negative(raw, "ERR MAXLEN can't be negative")
        else:
            raise Refusal(SYNTAX)
    value = call.db.read_as(List, args[1])
    if value is None:
        return None if count < 0 else []
    found = _places(value, args[2], rank, count if count >= 0 else 1, length_max)
    if count >= 0:
        return found
    return found[0] if found else None


def _not_negative(raw: bytes, refusal: str) -> int:
    try:
        value = integer(raw)
    except Refusal:
        raise Refusal(refusal) from None
    if value < 0:
        raise Refusal(refusal)
    return value


def _places(value: List, item: bytes, rank: int, count: int, length_max: int) -> list[int]:
    """Where the item stands, from the match of that rank on; a negative rank counts from the end."""
    size = len(value)
    passing = abs(rank) - 1
    found: list[int] = []
    for distance, one in enumerate(value.items if rank > 0 else reversed(value.items)):
        if length_max and distance >= length_max:
            break
        if one != item:
            continue
        if passing:
            passing -= 1
            continue
        found.append(distance if rank > 0 else size - 1 - distance)
        if len(found) == count:
            break
    return found


def move(call: Call, source: bytes, target: bytes, where_from: bytes, where_to: bytes) -> bytes | None:
    """Pop from one list and push to another, or the same; None if there is nothing to pop."""
    value = call.db.write_as(List, source)
    if value is None:
        return None
    other = call.db.write_as(List, target)
    item = value.items.popleft() if where_from == LEFT else value.items.pop()
    if other is None:
        other = List()
        call.db.add(target, other)
    if where_to == LEFT:
        other.items.appendleft(item)
    else:
        other.items.append(item)
    call.touch(target)
    call.notify("l", PUSH_EVENTS[where_to], target)
    removed(call, source, value, where_from, 1)
    return item


def side(raw: bytes) -> bytes:
    word = raw.upper()
    if word not in {LEFT, RIGHT}:
        raise Refusal(SYNTAX)
    return word


@command("LMOVE")
def lmove(call: Call, args: list[bytes]) -> Reply:
    return move(call, args[1], args[2], side(args[3]), side(args[4]))


@command("RPOPLPUSH")
def rpoplpush(call: Call, args: list[bytes]) -> Reply:
    return move(call, args[1], args[2], RIGHT, LEFT)


@command("LMPOP")
def lmpop(call: Call, args: list[bytes]) -> Reply:
    keys, end, count = popping(args, 1, (LEFT, RIGHT))
    for key in keys:
        value = call.db.write_as(List, key)
        if value is not None:
            return take_many(call, key, value, end, count)
    return NULL_ARRAY


def take_many(call: Call, key: bytes, value: List, end: bytes, count: int) -> list[Reply]:
    """What LMPOP answers; passed on as a pop of the one key."""
    taken = take(call, key, value, end, min(count, INT_MAX))
    call.propagate([POP_EVENTS[end].upper().encode(), key, b"%d" % len(taken)])
    return [key, taken]
