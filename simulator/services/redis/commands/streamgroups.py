"""Consumer groups: XGROUP, XACK, XPENDING, XCLAIM and XAUTOCLAIM."""

from bisect import bisect_left

from simulator.services.redis.call import Call
from simulator.services.redis.commands.arguments import c_text
from simulator.services.redis.commands.streamids import first_id, last_id, stream_id
from simulator.services.redis.keyspace import Value
from simulator.services.redis.numerals import integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NULL_ARRAY, OK, SYNTAX, WRONG_TYPE, Refusal, Reply, Status
from simulator.services.redis.values import streamids
from simulator.services.redis.values.groups import UNKNOWN, Consumer, Group
from simulator.services.redis.values.streams import Stream

_NEEDS_KEY = (
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option "
    "to create an empty stream automatically."
)
_HELP = """\
XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CREATE <key> <groupname> <id|$> [option]
    Create a new consumer group. Options are:
    * MKSTREAM
      Create the empty stream if it does not exist.
    * ENTRIESREAD entries_read
      Set the group's entries_read counter (internal use).
CREATECONSUMER <key> <groupname> <consumer>
    Create a new consumer in the specified group.
DELCONSUMER <key> <groupname> <consumer>
    Remove the specified consumer.
DESTROY <key> <groupname>
    Remove the specified group.
SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]
    Set the current group ID and entries_read counter.
HELP
    Prints this help.
"""


def _entries_read(raw: bytes) -> int:
    value = integer(raw)
    if value < 0 and value != UNKNOWN:
        raise Refusal("ERR value for ENTRIESREAD must be positive or -1")
    return value


def _options(args: list[bytes], *, creating: bool) -> tuple[bool, int]:
    """Whether the stream is to be made, and how many entries are said to be read."""
    make, read = False, UNKNOWN
    words = iter(args[5:])
    for word in words:
        option = word.upper()
        if option == b"MKSTREAM" and creating:
            make = True
        elif option == b"ENTRIESREAD" and (raw := next(words, None)) is not None:
            read = _entries_read(raw)
        else:
            raise Refusal(
                b"ERR unknown subcommand or wrong number of arguments for '%b'. Try XGROUP HELP." % c_text(args[1])
            )
    return make, read


def _stream(call: Call, key: bytes) -> Stream:
    stream = call.db.write_as(Stream, key)
    if stream is None:
        raise Refusal(_NEEDS_KEY)
    return stream


def _group(stream: Stream, key: bytes, name: bytes) -> Group:
    group = stream.groups.get(name)
    if group is None:
        raise Refusal(b"NOGROUP No such consumer group '%b' for key name '%b'" % (c_text(name), c_text(key)))
    return group


@command("XGROUP|CREATE")
def xgroup_create(call: Call, args: list[bytes]) -> Reply:
    key, name = args[2], args[3]
    make, read = _options(args, creating=True)
    stream = call.db.write_as(Stream, key)
    if stream is None and not make:
        raise Refusal(_NEEDS_KEY)
    if args[4] == b"$":
        last = stream.last_id if stream is not None else 0
    else:
        last = stream_id(args[4])
    if stream is None:
        stream = Stream()
        call.db.add(key, stream)
        call.touch(key, changes=0)
    if name in stream.groups:
        raise Refusal("BUSYGROUP Consumer Group name already exists")
    stream.groups[name] = Group(last, read)
    call.dirty += 1
    call.notify("t", "xgroup-create", key)
    return OK


@command("XGROUP|SETID")
def xgroup_setid(call: Call, args: list[bytes]) -> Reply:
    key = args[2]
    _, read = _options(args, creating=False)
    stream = _stream(call, key)
    group = _group(stream, key, args[3])
    group.last_id = stream.last_id if args[4] == b"$" else stream_id(args[4])
    group.read = read
    call.dirty += 1
    call.notify("t", "xgroup-setid", key)
    return OK


@command("XGROUP|DESTROY")
def xgroup_destroy(call: Call, args: list[bytes]) -> Reply:
    key = args[2]
    stream = _stream(call, key)
    if stream.groups.pop(args[3], None) is None:
        return 0
    call.dirty += 1
    call.server.waiting.touched((call.db.index, key))  # Who waits as a member must hear that there is no group.
    call.notify("t", "xgroup-destroy", key)
    return 1


@command("XGROUP|CREATECONSUMER")
def xgroup_createconsumer(call: Call, args: list[bytes]) -> Reply:
    key, name = args[2], args[4]
    group = _group(_stream(call, key), key, args[3])
    if name in group.consumers:
        return 0
    group.consumers[name] = Consumer(name, call.now_ms)
    call.dirty += 1
    call.notify("t", "xgroup-createconsumer", key)
    return 1


@command("XGROUP|DELCONSUMER")
def xgroup_delconsumer(call: Call, args: list[bytes]) -> Reply:
    key, name = args[2], args[4]
    group = _group(_stream(call, key), key, args[3])
    if name not in group.consumers:
        return 0
    count = group.dismiss(name)
    call.dirty += 1
    call.notify("t", "xgroup-delconsumer", key)
    return count


@command("XGROUP|HELP")
def xgroup_help(call: Call, args: list[bytes]) -> Reply:
    return [Status(line.encode()) for line in _HELP.splitlines()]


@command("XACK")
def xack(call: Call, args: list[bytes]) -> Reply:
    stream = call.db.read_as(Stream, args[1])
    group = stream.groups.get(args[2]) if stream is not None else None
    if group is None:
        return 0
    count = sum([group.settle(number) for number in [stream_id(raw) for raw in args[3:]]])
    call.dirty += count
    return count


def claimable(value: Value, args: list[bytes]) -> tuple[Stream, Group]:
    """The stream and the group of an XCLAIM or XAUTOCLAIM, whose key holds this."""
    if value is not None and not isinstance(value, Stream):
        raise Refusal(WRONG_TYPE)
    stream: Stream | None = value
    group = stream.groups.get(args[2]) if stream is not None else None
    if stream is None or group is None:
        raise Refusal(b"NOGROUP No such key '%b' or consumer group '%b'" % (c_text(args[1]), c_text(args[2])))
    return stream, group


@command("XPENDING")
def xpending(call: Call, args: list[bytes]) -> Reply:
    if len(args) != 3 and not 6 <= len(args) <= 9:
        raise Refusal(SYNTAX)
    first = last = count = idle_ms = 0
    name: bytes | None = None
    if len(args) > 3:
        at = 3
        if args[3].upper() == b"IDLE":
            idle_ms = integer(args[4])
            if len(args) < 8:
                raise Refusal(SYNTAX)
            at = 5
        count = max(integer(args[at + 2]), 0)
        first, last = first_id(args[at]), last_id(args[at + 1])
        name = args[at + 3] if at + 3 < len(args) else None
    stream = call.db.read_as(Stream, args[1])
    group = stream.groups.get(args[2]) if stream is not None else None
    if group is None:
        raise Refusal(b"NOGROUP No such key '%b' or consumer group '%b'" % (c_text(args[1]), c_text(args[2])))
    if len(args) == 3:
        return _summary(group)
    if name is None:
        return _pending(call, group, group.order, first, last, count, idle_ms)
    consumer = group.consumers.get(name)
    return [] if consumer is None else _pending(call, group, consumer.pending, first, last, count, idle_ms)


def _summary(group: Group) -> Reply:
    if not group.order:
        return [0, None, None, NULL_ARRAY]
    holding = [
        [name, b"%d" % len(consumer.pending)] for name, consumer in sorted(group.consumers.items()) if consumer.pending
    ]
    return [len(group.order), streamids.text(group.order[0]), streamids.text(group.order[-1]), holding]


def _pending(
    call: Call, group: Group, numbers: list[int], first: int, last: int, count: int, idle_ms: int
) -> list[Reply]:
    found: list[Reply] = []
    for at in range(bisect_left(numbers, first), len(numbers)):
        if len(found) == count or numbers[at] > last:
            break
        given = group.pending[numbers[at]]
        idle = max(call.now_ms - given.at_ms, 0)
        if idle >= idle_ms:
            found.append([streamids.text(numbers[at]), given.consumer.name, idle, given.count])
    return found
