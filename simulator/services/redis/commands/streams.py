"""Streams: XADD, XRANGE, XTRIM and what is done to entries."""

from itertools import islice

from simulator.services.redis.call import Call
from simulator.services.redis.commands.streamids import first_id, last_id, shown, stream_id
from simulator.services.redis.numerals import integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NO_SUCH_KEY, NULL_ARRAY, OK, SYNTAX, Refusal, Reply
from simulator.services.redis.values import streamids
from simulator.services.redis.values.streams import Stream

LIMIT_NODES = 100
LIMIT_ENTRIES = 10_000


class _Trim:
    """What an XADD or XTRIM is to leave over, and where its other arguments begin."""

    __slots__ = (
        "length",
        "lowest",
        "approximate",
        "limit",
        "limited",
        "given",
        "create",
        "at",
        "at_threshold",
        "at_limit",
    )

    def __init__(self, call: Call, args: list[bytes], *, adding: bool) -> None:
        self.length: int | None = None
        self.lowest = self.limit = 0
        self.approximate = self.limited = self.given = False
        self.create, self.at = True, 2
        self.at_threshold = self.at_limit = 0
        while self.at < len(args):
            left = len(args) - self.at - 1
            option = args[self.at].upper()
            if adding and option == b"*":
                break
            if option in {b"MAXLEN", b"MINID"} and left:
                self._threshold(args, option, left)
            elif option == b"LIMIT" and left:
                self.at_limit = self.at
                self.at += 1
                self.limit = integer(args[self.at])
                if self.limit < 0:
                    raise Refusal("ERR The LIMIT argument must be >= 0.")
                self.limited = True
            elif adding and option == b"NOMKSTREAM":
                self.create = False
            elif adding:
                _new_id(args[self.at])
                break
            else:
                raise Refusal(SYNTAX)
            self.at += 1
        if self.limited and not self.given:
            raise Refusal("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")
        if not adding and not self.given:
            raise Refusal("ERR syntax error, XTRIM must be called with a trimming strategy")
        if self.limited and not self.approximate:
            raise Refusal("ERR syntax error, LIMIT cannot be used without the special ~ option")
        if not self.limited and self.approximate:
            self.limit = LIMIT_NODES * call.db.limits.stream_node_max_entries or LIMIT_ENTRIES

    def _threshold(self, args: list[bytes], option: bytes, left: int) -> None:
        if self.given:
            raise Refusal("ERR syntax error, MAXLEN and MINID options at the same time are not compatible")
        self.approximate = False
        if left >= 2 and args[self.at + 1] in {b"~", b"="}:
            self.approximate = args[self.at + 1] == b"~"
            self.at += 1
        self.at += 1
        self.at_threshold = self.at
        if option == b"MAXLEN":
            self.length = integer(args[self.at])
            if self.length < 0:
                raise Refusal("ERR The MAXLEN argument must be >= 0.")
        else:
            self.lowest = stream_id(args[self.at])
        self.given = True

    def apply(self, stream: Stream) -> int:
        if not self.given:
            return 0
        return stream.trim(length=self.length, lowest=self.lowest, approximate=self.approximate, limit=self.limit)

    def exactly(self, args: list[bytes], stream: Stream) -> list[bytes]:
        """The same command in words that leave nothing open."""
        words = list(args)
        if self.approximate:
            words[self.at_threshold - 1] = b"="
            left = b"%d" % stream.length if self.length is not None else streamids.text(stream.first_id)
            words[self.at_threshold] = left
            if self.at_limit:
                del words[self.at_limit : self.at_limit + 2]
        return words


@command("XADD")
def xadd(call: Call, args: list[bytes]) -> Reply:
    trim = _Trim(call, args, adding=True)
    number, automatic = _new_id(args[trim.at] if trim.at < len(args) else b"*")
    fields = tuple(args[trim.at + 1 :])
    if len(fields) < 2 or len(fields) % 2:
        raise Refusal(f"ERR wrong number of arguments for '{call.command.full}' command")
    if number == 0 and automatic == "":
        raise Refusal("ERR The ID specified in XADD must be greater than 0-0")
    key = args[1]
    stream = call.db.write_as(Stream, key)
    if stream is None:
        if not trim.create:
            return None
        stream = Stream()
        call.db.add(key, stream)
    number = _next_id(call, stream, number, automatic)
    stream.add(number, fields, call.db.limits)
    call.notify("t", "xadd", key)
    if trim.apply(stream):
        call.notify("t", "xtrim", key)
    if automatic or trim.approximate:
        words = list(args)
        words[trim.at] = streamids.text(number)
        call.propagate(trim.exactly(words, stream))
    call.touch(key)
    return streamids.text(number)


def _new_id(raw: bytes) -> tuple[int, str]:
    """The id that is asked for, and what of it is to be made up: all, the sequence, or nothing."""
    if raw == b"*":
        return 0, "id"
    first, dash, second = raw.partition(b"-")
    if dash and second == b"*":
        return stream_id(first), "sequence"
    return stream_id(raw), ""


def _next_id(call: Call, stream: Stream, number: int, automatic: str) -> int:
    last = stream.last_id
    if last == streamids.HIGHEST:
        raise Refusal("ERR The stream has exhausted the last possible ID, unable to add more items")
    if automatic == "id":
        now = streamids.made(call.now_ms, 0)
        return now if now > last else last + 1
    if automatic == "sequence":
        if number >> 64 == last >> 64:
            number = last + 1 if (last + 1) >> 64 == last >> 64 else 0
        elif not number:
            number = 1
    if number <= last:
        raise Refusal("ERR The ID specified in XADD is equal or smaller than the target stream top item")
    return number


@command("XTRIM")
def xtrim(call: Call, args: list[bytes]) -> Reply:
    trim = _Trim(call, args, adding=False)
    key = args[1]
    stream = call.db.write_as(Stream, key)
    gone = trim.apply(stream) if stream is not None else 0
    if stream is not None and gone:
        call.notify("t", "xtrim", key)
        if trim.approximate:
            call.propagate(trim.exactly(args, stream))
        call.touch(key, gone)
    return gone


@command("XLEN")
def xlen(call: Call, args: list[bytes]) -> Reply:
    return len(call.db.read_as(Stream, args[1]) or ())


def _range(call: Call, args: list[bytes], start: bytes, end: bytes, *, reverse: bool) -> Reply:
    first, last = (first_id(start), last_id(end)) if not reverse else (first_id(end), last_id(start))
    count = -1
    words = iter(args[4:])
    for word in words:
        raw = next(words, None)
        if word.upper() != b"COUNT" or raw is None:
            raise Refusal(SYNTAX)
        count = max(integer(raw), 0)
    stream = call.db.read_as(Stream, args[1])
    if stream is None:
        return []
    if not count:
        return NULL_ARRAY
    entries = stream.backwards(first, last) if reverse else stream.forwards(first, last)
    return shown(islice(entries, count if count > 0 else None))


@command("XRANGE")
def xrange(call: Call, args: list[bytes]) -> Reply:
    return _range(call, args, args[2], args[3], reverse=False)


@command("XREVRANGE")
def xrevrange(call: Call, args: list[bytes]) -> Reply:
    return _range(call, args, args[2], args[3], reverse=True)


@command("XDEL")
def xdel(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    stream = call.db.write_as(Stream, key)
    if stream is None:
        return 0
    numbers = [stream_id(raw) for raw in args[2:]]
    gone = 0
    for number in numbers:
        if stream.drop(number):
            stream.max_deleted_id = max(stream.max_deleted_id, number)
            gone += 1
    if gone:
        call.touch(key, gone)
        call.notify("t", "xdel", key)
    return gone


@command("XSETID")
def xsetid(call: Call, args: list[bytes]) -> Reply:
    number = stream_id(args[2])
    deleted, added = 0, -1
    words = iter(args[3:])
    for word in words:
        option, raw = word.upper(), next(words, None)
        if raw is None:
            raise Refusal(SYNTAX)
        if option == b"ENTRIESADDED":
            added = integer(raw)
            if added < 0:
                raise Refusal("ERR entries_added must be positive")
        elif option == b"MAXDELETEDID":
            deleted = stream_id(raw)
            if number < deleted:
                raise Refusal("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
        else:
            raise Refusal(SYNTAX)
    key = args[1]
    stream = call.db.write_as(Stream, key)
    if stream is None:
        raise Refusal(NO_SUCH_KEY)
    if stream.length:
        if number < stream.last_there:
            raise Refusal("ERR The ID specified in XSETID is smaller than the target stream top item")
        if added != -1 and stream.length > added:
            raise Refusal("ERR The entries_added specified in XSETID is smaller than the target stream length")
    stream.last_id = number
    stream.added = added if added != -1 else stream.added
    stream.max_deleted_id = deleted or stream.max_deleted_id
    call.dirty += 1
    call.notify("t", "xsetid", key)
    return OK
