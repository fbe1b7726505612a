"""Claiming what others were given: XCLAIM and XAUTOCLAIM."""

from bisect import bisect_left

from simulator.services.redis.call import Call
from simulator.services.redis.commands.arguments import c_text
from simulator.services.redis.commands.streamgroups import claimable
from simulator.services.redis.commands.streamids import first_id, stream_id
from simulator.services.redis.commands.streamreads import claim_words, known
from simulator.services.redis.numerals import INT_MAX, bounded, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import Refusal, Reply
from simulator.services.redis.values import streamids
from simulator.services.redis.values.groups import Group
from simulator.services.redis.values.streams import Stream

AUTOCLAIM_COUNT = 100
ATTEMPTS_PER_CLAIM = 10


def _number(raw: bytes, refusal: str) -> int:
    try:
        return integer(raw)
    except Refusal:
        raise Refusal(refusal) from None


class _Options:
    """What an XCLAIM wants to be true of the entries afterwards."""

    __slots__ = ("numbers", "at_ms", "retries", "force", "only_ids", "last_id")

    def __init__(self, call: Call, args: list[bytes]) -> None:
        self.numbers: list[int] = []
        at = 5
        for raw in args[at:]:
            number = streamids.read(raw)
            if number is None:
                break
            self.numbers.append(number)
            at += 1
        self.at_ms, self.retries, self.last_id = call.now_ms, -1, 0
        self.force = self.only_ids = False
        while at < len(args):
            option, left = args[at].upper(), len(args) - at - 1
            if option == b"FORCE":
                self.force = True
            elif option == b"JUSTID":
                self.only_ids = True
            elif option in {b"IDLE", b"TIME", b"RETRYCOUNT", b"LASTID"} and left:
                at += 1
                self._valued(call, option.decode(), args[at])
            else:
                raise Refusal(b"ERR Unrecognized XCLAIM option '%b'" % c_text(args[at]))
            at += 1
        if not 0 <= self.at_ms <= call.now_ms:
            self.at_ms = call.now_ms

    def _valued(self, call: Call, option: str, raw: bytes) -> None:
        if option == "LASTID":
            self.last_id = stream_id(raw)
            return
        value = _number(raw, f"ERR Invalid {option} option argument for XCLAIM")
        if option == "IDLE":
            self.at_ms = call.now_ms - value
        elif option == "TIME":
            self.at_ms = value
        else:
            self.retries = value


@command("XCLAIM")
def xclaim(call: Call, args: list[bytes]) -> Reply:
    key, name = args[1], args[3]
    stream, group = claimable(call.db.read(key), args)
    idle_ms = max(_number(args[4], "ERR Invalid min-idle-time argument for XCLAIM"), 0)
    if streamids.read(args[5]) is None:
        stream_id(args[5])
    options = _Options(call, args)
    call.propagate()
    advanced = False
    if options.last_id > group.last_id:
        group.last_id = options.last_id
        call.dirty += 1
        advanced = True
    claimed: list[Reply] = []
    for number in options.numbers:
        fields = stream.get(number)
        given = group.pending.get(number)
        if fields is None:
            _forget(call, args, group, number)
            continue
        if given is None and not options.force:
            continue
        if given is not None and idle_ms and call.now_ms - given.at_ms < idle_ms:
            continue
        count = 1 if given is None else given.count
        if options.retries >= 0:
            count = options.retries
        elif not options.only_ids:
            count += 1
        group.give(number, known(call, key, group, args[2], name), options.at_ms, count)
        call.dirty += 1
        call.propagate(claim_words(key, args[2], group, number))
        claimed.append(streamids.text(number) if options.only_ids else [streamids.text(number), list(fields)])
    if advanced and not call.effects:
        last, read = streamids.text(group.last_id), b"%d" % group.read
        call.propagate([b"XGROUP", b"SETID", key, args[2], last, b"ENTRIESREAD", read])
    return claimed


def _forget(call: Call, args: list[bytes], group: Group, number: int) -> bool:
    """An entry that is pending but gone from the stream is pending no more."""
    if number not in group.pending:
        return False
    call.propagate([b"XACK", args[1], args[2], streamids.text(number)])
    group.settle(number)
    call.dirty += 1
    return True


@command("XAUTOCLAIM")
def xautoclaim(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read(args[1])
    idle_ms = max(_number(args[4], "ERR Invalid min-idle-time argument for XAUTOCLAIM"), 0)
    start = first_id(args[5])
    count, only_ids = AUTOCLAIM_COUNT, False
    words = iter(args[6:])
    for word in words:
        option = word.upper()
        if option == b"COUNT" and (raw := next(words, None)) is not None:
            count = bounded(raw, 1, INT_MAX // 16, "ERR COUNT must be > 0")
        elif option == b"JUSTID":
            only_ids = True
        else:
            raise Refusal("ERR syntax error")
    stream, group = claimable(value, args)
    call.propagate()
    following, claimed, gone = _autoclaim(call, args, stream, group, start, count, idle_ms)
    shown: list[Reply] = [streamids.text(number) for number in claimed]
    if not only_ids:
        shown = [[streamids.text(number), list(stream.get(number) or ())] for number in claimed]
        for number in claimed:
            group.pending[number].count += 1
    for number in claimed:
        call.propagate(claim_words(args[1], args[2], group, number))
    return [streamids.text(following), shown, [streamids.text(number) for number in gone]]


def _autoclaim(
    call: Call,
    args: list[bytes],
    stream: Stream,
    group: Group,
    start: int,
    count: int,
    idle_ms: int,
) -> tuple[int, list[int], list[int]]:
    """Claim from an id on: where to go on, what was claimed, what was gone."""
    claimed: list[int] = []
    gone: list[int] = []
    numbers = group.order[bisect_left(group.order, start) :]
    attempts = count * ATTEMPTS_PER_CLAIM
    for place, number in enumerate(numbers):
        if place == attempts or len(claimed) + len(gone) == count:
            return number, claimed, gone
        given = group.pending[number]
        if stream.get(number) is None:
            _forget(call, args, group, number)
            gone.append(number)
        elif not idle_ms or call.now_ms - given.at_ms >= idle_ms:
            consumer = known(call, args[1], group, args[2], args[3])
            group.give(number, consumer, call.now_ms, given.count)
            call.dirty += 1
            claimed.append(number)
    return 0, claimed, gone
