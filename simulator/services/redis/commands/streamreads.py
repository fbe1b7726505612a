"""Reading streams: XREAD and XREADGROUP, at once or waiting."""

from itertools import islice

from simulator.services.redis.call import Blocked, Call
from simulator.services.redis.commands.arguments import c_text
from simulator.services.redis.commands.streamids import shown, stream_id
from simulator.services.redis.numerals import INT_MAX, as_integer, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NULL_ARRAY, SYNTAX, Map, Refusal, Reply
from simulator.services.redis.values import streamids
from simulator.services.redis.values.groups import Consumer, Group
from simulator.services.redis.values.progress import advance
from simulator.services.redis.values.streams import Entry, Stream

NEW = b">"


class _Query:
    """What an XREAD or XREADGROUP asks for."""

    __slots__ = ("count", "until_ms", "waits", "group", "consumer", "no_ack", "keys", "raw_ids", "starts")

    def __init__(self, call: Call, args: list[bytes]) -> None:
        self.count = 0
        self.until_ms: int | None = None
        self.waits = self.no_ack = False
        self.group = self.consumer = b""
        grouped = call.command.name == "xreadgroup"
        named = False
        at = 1
        streams_at = 0
        while at < len(args):
            option, left = args[at].upper(), len(args) - at - 1
            if option == b"BLOCK" and left:
                if call.script is not None:
                    raise Refusal(b"ERR %b command is not allowed with BLOCK option from scripts" % args[0])
                at += 1
                self._wait(call, args[at])
            elif option == b"COUNT" and left:
                at += 1
                self.count = max(integer(args[at]), 0)
            elif option == b"STREAMS" and left:
                streams_at = at + 1
                if left % 2:
                    raise Refusal(
                        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."
                    )
                break
            elif option == b"GROUP" and left >= 2:
                if not grouped:
                    raise Refusal("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
                self.group, self.consumer, named = args[at + 1], args[at + 2], True
                at += 2
            elif option == b"NOACK":
                if not grouped:
                    raise Refusal("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
                self.no_ack = True
            else:
                raise Refusal(SYNTAX)
            at += 1
        if not streams_at:
            raise Refusal(SYNTAX)
        if grouped and not named:
            raise Refusal("ERR Missing GROUP option for XREADGROUP")
        half = (len(args) - streams_at) // 2
        self.keys, self.raw_ids = args[streams_at : streams_at + half], args[streams_at + half :]
        self.starts = [self._start(call, key, raw, grouped) for key, raw in zip(self.keys, self.raw_ids, strict=True)]

    def _wait(self, call: Call, raw: bytes) -> None:
        milliseconds = as_integer(raw)
        if milliseconds is None:
            raise Refusal("ERR timeout is not an integer or out of range")
        if milliseconds < 0:
            raise Refusal("ERR timeout is negative")
        self.waits = True
        self.until_ms = min(call.now_ms + milliseconds, INT_MAX) if milliseconds else None

    def _start(self, call: Call, key: bytes, raw: bytes, grouped: bool) -> int:
        """The id after which to read; for new entries of a group, whatever."""
        stream = call.db.read_as(Stream, key)
        if grouped and (stream is None or self.group not in stream.groups):
            raise Refusal(
                b"NOGROUP No such key '%b' or consumer group '%b' in XREADGROUP with GROUP option"
                % (c_text(key), c_text(self.group))
            )
        if raw == b"$":
            if grouped:
                raise Refusal(
                    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this "
                    "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just "
                    "return an empty result set."
                )
            return stream.last_id if stream is not None else 0
        if raw == NEW:
            if not grouped:
                raise Refusal(
                    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> "
                    "option."
                )
            return streamids.HIGHEST
        return stream_id(raw)


def _reply(call: Call, found: list[tuple[bytes, list[Reply]]]) -> Reply:
    return Map(found) if call.resp == 3 else [[key, entries] for key, entries in found]


def _read(call: Call, query: _Query, *, waited: bool = False) -> Reply:
    found: list[tuple[bytes, list[Reply]]] = []
    for key, start in zip(query.keys, query.starts, strict=True):
        if call.woken_by not in {None, key}:
            continue
        stream = call.db.read(key)
        if not isinstance(stream, Stream):
            continue
        # One that waited hears of an entry that is gone again as of no entries.
        if (stream.last_id if waited else stream.last_there) > start:
            entries = stream.forwards(start + 1, streamids.HIGHEST)
            found.append((key, shown(islice(entries, query.count or None))))
            if waited:
                break
    if found:
        return _reply(call, found)
    if not query.waits:
        return NULL_ARRAY
    return Blocked(query.keys, query.until_ms, lambda again: _read(again, query, waited=True))


@command("XREAD")
def xread(call: Call, args: list[bytes]) -> Reply:
    return _read(call, _Query(call, args))


def _read_group(call: Call, query: _Query, *, waited: bool = False) -> Reply:
    call.propagate()
    found: list[tuple[bytes, list[Reply]]] = []
    for key, raw, start in zip(query.keys, query.raw_ids, query.starts, strict=True):
        if call.woken_by not in {None, key}:
            continue
        stream = call.db.write(key)
        if not isinstance(stream, Stream):
            if waited:
                raise Refusal("UNBLOCKED the stream key no longer exists")
            continue
        group = stream.groups.get(query.group)
        if group is None:
            raise Refusal("NOGROUP the consumer group this client was blocked on no longer exists")
        if raw == NEW:
            if (stream.last_id if waited else stream.last_there) > group.last_id:
                consumer = known(call, key, group, query.group, query.consumer, passed_on=query.no_ack)
                found.append((key, shown(_give(call, key, stream, group, consumer, query))))
                if waited:
                    break
        elif not waited:
            consumer = known(call, key, group, query.group, query.consumer, passed_on=query.no_ack)
            found.append((key, _history(call, stream, group, consumer, start, query.count)))
    if found:
        return _reply(call, found)
    if not query.waits:
        return NULL_ARRAY
    return Blocked(query.keys, query.until_ms, lambda again: _read_group(again, query, waited=True))


def known(call: Call, key: bytes, group: Group, group_name: bytes, name: bytes, *, passed_on: bool = False) -> Consumer:
    """The consumer of that name, made if it is new; it was seen now. Whoever claims for it passes it on by that."""
    consumer = group.consumers.get(name)
    if consumer is None:
        consumer = group.consumers[name] = Consumer(name, call.now_ms)
        call.notify("t", "xgroup-createconsumer", key)
        if passed_on:
            call.propagate([b"XGROUP", b"CREATECONSUMER", key, group_name, name])
        call.dirty += 1
    consumer.seen_ms = call.now_ms
    return consumer


def _give(call: Call, key: bytes, stream: Stream, group: Group, consumer: Consumer, query: _Query) -> list[Entry]:
    """Hand new entries to a consumer; what is passed on is who has which."""
    entries = list(islice(stream.forwards(group.last_id + 1, streamids.HIGHEST), query.count or None))
    for number, _ in entries:
        advance(stream, group, number)
        call.dirty += 1
        if not query.no_ack:
            group.give(number, consumer, call.now_ms)
            call.propagate(claim_words(key, query.group, group, number))
    if query.no_ack:
        call.propagate(
            [b"XGROUP", b"SETID", key, query.group, streamids.text(group.last_id), b"ENTRIESREAD", b"%d" % group.read]
        )
    return entries


def claim_words(key: bytes, group_name: bytes, group: Group, number: int) -> list[bytes]:
    """The command that makes an entry pending as it is now."""
    given = group.pending[number]
    return [
        *(b"XCLAIM", key, group_name, given.consumer.name, b"0", streamids.text(number), b"TIME", b"%d" % given.at_ms),
        *(b"RETRYCOUNT", b"%d" % given.count, b"FORCE", b"JUSTID", b"LASTID", streamids.text(group.last_id)),
    ]


def _history(call: Call, stream: Stream, group: Group, consumer: Consumer, start: int, count: int) -> list[Reply]:
    """What a consumer was given before; an entry that is gone has no fields."""
    shown_entries: list[Reply] = []
    for number in consumer.pending:
        if number <= start:
            continue
        fields = stream.get(number)
        if fields is None:
            shown_entries.append([streamids.text(number), NULL_ARRAY])
        else:
            given = group.pending[number]
            given.at_ms, given.count = call.now_ms, given.count + 1
            shown_entries.append([streamids.text(number), list(fields)])
        if len(shown_entries) == count:
            break
    return shown_entries


@command("XREADGROUP")
def xreadgroup(call: Call, args: list[bytes]) -> Reply:
    return _read_group(call, _Query(call, args))
