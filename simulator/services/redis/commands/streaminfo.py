"""XINFO: what is known of a stream, its groups and their consumers."""

from itertools import islice

from simulator.services.redis.call import Call
from simulator.services.redis.commands.arguments import c_text
from simulator.services.redis.commands.streamids import shown
from simulator.services.redis.numerals import integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NO_SUCH_KEY, Map, Refusal, Reply, Status
from simulator.services.redis.values import streamids
from simulator.services.redis.values.groups import UNKNOWN, Consumer, Group
from simulator.services.redis.values.progress import lag
from simulator.services.redis.values.streams import Stream

FULL_COUNT = 10
_HELP = """\
XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CONSUMERS <key> <groupname>
    Show consumers of <groupname>.
GROUPS <key>
    Show the stream consumer groups.
STREAM <key> [FULL [COUNT <count>]
    Show information about the stream.
HELP
    Prints this help.
"""


def _stream(call: Call, key: bytes) -> Stream:
    stream = call.db.read_as(Stream, key)
    if stream is None:
        raise Refusal(NO_SUCH_KEY)
    return stream


@command("XINFO|STREAM")
def xinfo_stream(call: Call, args: list[bytes]) -> Reply:
    stream = _stream(call, args[2])
    count = None
    if len(args) > 3:
        if args[3].upper() != b"FULL" or len(args) not in {4, 6} or (len(args) == 6 and args[4].upper() != b"COUNT"):
            raise Refusal(
                b"ERR unknown subcommand or wrong number of arguments for '%b'. Try XINFO HELP." % c_text(args[1])
            )
        count = FULL_COUNT
        if len(args) == 6:
            count = integer(args[5])
            count = count if count >= 0 else FULL_COUNT
    pairs: list[tuple[bytes, Reply]] = [
        (b"length", stream.length),
        (b"radix-tree-keys", len(stream.nodes)),
        (b"radix-tree-nodes", stream.tree_nodes()),
        (b"last-generated-id", streamids.text(stream.last_id)),
        (b"max-deleted-entry-id", streamids.text(stream.max_deleted_id)),
        (b"entries-added", stream.added),
        (b"recorded-first-entry-id", streamids.text(stream.first_id)),
    ]
    if count is None:
        first = next(stream.forwards(0, streamids.HIGHEST), None)
        last = next(stream.backwards(0, streamids.HIGHEST), None)
        pairs += [
            (b"groups", len(stream.groups)),
            (b"first-entry", shown([first])[0] if first else None),
            (b"last-entry", shown([last])[0] if last else None),
        ]
    else:
        groups = [_whole_group(stream, name, group, count) for name, group in sorted(stream.groups.items())]
        pairs += [
            (b"entries", shown(islice(stream.forwards(0, streamids.HIGHEST), count or None))),
            (b"groups", groups),
        ]
    return Map(pairs)


def _read(group: Group) -> int | None:
    return None if group.read == UNKNOWN else group.read


def _whole_group(stream: Stream, name: bytes, group: Group, count: int) -> Map:
    pending = []
    for number in islice(group.order, count or None):
        given = group.pending[number]
        pending.append([streamids.text(number), given.consumer.name, given.at_ms, given.count])
    consumers = [_whole_consumer(group, consumer, count) for _, consumer in sorted(group.consumers.items())]
    return Map(
        [
            (b"name", name),
            (b"last-delivered-id", streamids.text(group.last_id)),
            (b"entries-read", _read(group)),
            (b"lag", lag(stream, group)),
            (b"pel-count", len(group.order)),
            (b"pending", pending),
            (b"consumers", consumers),
        ]
    )


def _whole_consumer(group: Group, consumer: Consumer, count: int) -> Map:
    pending = []
    for number in islice(consumer.pending, count or None):
        given = group.pending[number]
        pending.append([streamids.text(number), given.at_ms, given.count])
    return Map(
        [
            (b"name", consumer.name),
            (b"seen-time", consumer.seen_ms),
            (b"pel-count", len(consumer.pending)),
            (b"pending", pending),
        ]
    )


@command("XINFO|GROUPS")
def xinfo_groups(call: Call, args: list[bytes]) -> Reply:
    stream = _stream(call, args[2])
    return [
        Map(
            [
                (b"name", name),
                (b"consumers", len(group.consumers)),
                (b"pending", len(group.order)),
                (b"last-delivered-id", streamids.text(group.last_id)),
                (b"entries-read", _read(group)),
                (b"lag", lag(stream, group)),
            ]
        )
        for name, group in sorted(stream.groups.items())
    ]


@command("XINFO|CONSUMERS")
def xinfo_consumers(call: Call, args: list[bytes]) -> Reply:
    group = _stream(call, args[2]).groups.get(args[3])
    if group is None:
        raise Refusal(b"NOGROUP No such consumer group '%b' for key name '%b'" % (c_text(args[3]), c_text(args[2])))
    return [
        Map(
            [
                (b"name", name),
                (b"pending", len(consumer.pending)),
                (b"idle", max(call.now_ms - consumer.seen_ms, 0)),
            ]
        )
        for name, consumer in sorted(group.consumers.items())
    ]


@command("XINFO|HELP")
def xinfo_help(call: Call, args: list[bytes]) -> Reply:
    return [Status(line.encode()) for line in _HELP.splitlines()]
