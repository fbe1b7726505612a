"""Ranges of sorted sets: ZRANGE in all its forms, ZCOUNT, ZREMRANGE and ZRANGESTORE."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands import results
from simulator.services.redis.commands.sortedsets import removed, with_scores
from simulator.services.redis.numerals import integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import SYNTAX, Refusal, Reply
from simulator.services.redis.values.ranking import Pair
from simulator.services.redis.values.scoreranges import LexRange, ScoreRange
from simulator.services.redis.values.sortedsets import SortedSet

RANK, SCORE, LEX = "rank", "score", "lex"


def score_range(low: bytes, high: bytes) -> ScoreRange:
    try:
        return ScoreRange(low, high)
    except ValueError:
        raise Refusal("ERR min or max is not a float") from None


def lex_range(low: bytes, high: bytes) -> LexRange:
    try:
        return LexRange(low, high)
    except ValueError:
        raise Refusal("ERR min or max not valid string range item") from None


class _Query:
    """What a ZRANGE asks for."""

    __slots__ = ("by", "reverse", "offset", "count", "scored", "start", "stop", "scores", "lex")

    def __init__(self, words: list[bytes], *, by: str = "", reverse: bool | None = None, storing: bool = False) -> None:
        """`words` are both ends and the options; `by` and `reverse` are given where the command's name says so."""
        self.by, self.reverse, self.scored = by, reverse, False
        self.offset, self.count = 0, -1
        at = 2
        while at < len(words):
            option = words[at].upper()
            if option == b"WITHSCORES" and not storing:
                self.scored = True
            elif option == b"LIMIT" and at + 2 < len(words):
                self.offset, self.count = integer(words[at + 1]), integer(words[at + 2])
                at += 2
            elif option == b"REV" and self.reverse is None:
                self.reverse = True
            elif option == b"BYLEX" and not self.by:
                self.by = LEX
            elif option == b"BYSCORE" and not self.by:
                self.by = SCORE
            else:
                raise Refusal(SYNTAX)
            at += 1
        self.by = self.by or RANK
        if self.count != -1 and self.by == RANK:
            raise Refusal("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
        if self.scored and self.by == LEX:
            raise Refusal("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
        self._ends(words[0], words[1])

    def _ends(self, low: bytes, high: bytes) -> None:
        if self.by == RANK:
            self.start, self.stop = integer(low), integer(high)
            return
        if self.reverse:
            low, high = high, low
        if self.by == SCORE:
            self.scores = score_range(low, high)
        else:
            self.lex = lex_range(low, high)

    def find(self, value: SortedSet) -> list[Pair]:
        size = len(value)
        if self.by == RANK:
            start = max(self.start + size, 0) if self.start < 0 else self.start
            stop = (self.stop + size if self.stop < 0 else min(self.stop, size - 1)) + 1
            if self.reverse:
                start, stop = size - stop, size - start
        elif self.by == LEX:
            return self.lex.pick(value, self.offset, self.count, reverse=bool(self.reverse))
        else:
            start, stop = self.scores.ranks(value)
            if self.offset < 0:
                return []
            if self.reverse:
                stop -= self.offset
                start = max(start, stop - self.count) if self.count >= 0 else start
            else:
                start += self.offset
                stop = min(stop, start + self.count) if self.count >= 0 else stop
        if start >= stop:
            return []
        pairs = value.ranking.span(max(start, 0), stop)
        if self.reverse:
            pairs.reverse()
        return pairs


def _answer(call: Call, key: bytes, query: _Query) -> Reply:
    value = call.db.read_as(SortedSet, key)
    pairs = [] if value is None else query.find(value)
    return with_scores(call, pairs) if query.scored else [member for _, member in pairs]


@command("ZRANGE")
def zrange(call: Call, args: list[bytes]) -> Reply:
    return _answer(call, args[1], _Query(args[2:]))


@command("ZREVRANGE")
def zrevrange(call: Call, args: list[bytes]) -> Reply:
    return _answer(call, args[1], _Query(args[2:], by=RANK, reverse=True))


@command("ZRANGEBYSCORE")
def zrangebyscore(call: Call, args: list[bytes]) -> Reply:
    return _answer(call, args[1], _Query(args[2:], by=SCORE, reverse=False))


@command("ZREVRANGEBYSCORE")
def zrevrangebyscore(call: Call, args: list[bytes]) -> Reply:
    return _answer(call, args[1], _Query(args[2:], by=SCORE, reverse=True))


@command("ZRANGEBYLEX")
def zrangebylex(call: Call, args: list[bytes]) -> Reply:
    return _answer(call, args[1], _Query(args[2:], by=LEX, reverse=False))


@command("ZREVRANGEBYLEX")
def zrevrangebylex(call: Call, args: list[bytes]) -> Reply:
    return _answer(call, args[1], _Query(args[2:], by=LEX, reverse=True))


@command("ZRANGESTORE")
def zrangestore(call: Call, args: list[bytes]) -> Reply:
    query = _Query(args[3:], storing=True)
    value = call.db.read_as(SortedSet, args[2])
    pairs = [] if value is None else query.find(value)
    return stored(call, args[1], SortedSet(pairs, call.db.limits), "zrangestore")


def stored(call: Call, target: bytes, value: SortedSet, event: str) -> int:
    """Make a key hold this sorted set, or nothing if it is empty."""
    if len(value):
        results.put(call, target, value, "z", event)
    else:
        results.clear(call, target)
    return len(value)


@command("ZCOUNT")
def zcount(call: Call, args: list[bytes]) -> Reply:
    scores = score_range(args[2], args[3])
    value = call.db.read_as(SortedSet, args[1])
    if value is None:
        return 0
    start, stop = scores.ranks(value)
    return max(stop - start, 0)


@command("ZLEXCOUNT")
def zlexcount(call: Call, args: list[bytes]) -> Reply:
    lex = lex_range(args[2], args[3])
    value = call.db.read_as(SortedSet, args[1])
    if value is None:
        return 0
    start, stop = lex.ranks(value)
    return max(stop - start, 0)


def _remove(call: Call, key: bytes, value: SortedSet, ranks: tuple[int, int], event: str) -> int:
    count = value.drop_span(max(ranks[0], 0), ranks[1]) if ranks[0] < ranks[1] else 0
    if count:
        removed(call, key, value, event, count)
    return count


@command("ZREMRANGEBYRANK")
def zremrangebyrank(call: Call, args: list[bytes]) -> Reply:
    start, stop = integer(args[2]), integer(args[3])
    value = call.db.write_as(SortedSet, args[1])
    if value is None:
        return 0
    size = len(value)
    start = max(start + size, 0) if start < 0 else start
    stop = stop + size if stop < 0 else min(stop, size - 1)
    return _remove(call, args[1], value, (start, stop + 1), "zremrangebyrank")


@command("ZREMRANGEBYSCORE")
def zremrangebyscore(call: Call, args: list[bytes]) -> Reply:
    scores = score_range(args[2], args[3])
    value = call.db.write_as(SortedSet, args[1])
    return 0 if value is None else _remove(call, args[1], value, scores.ranks(value), "zremrangebyscore")


@command("ZREMRANGEBYLEX")
def zremrangebylex(call: Call, args: list[bytes]) -> Reply:
    lex = lex_range(args[2], args[3])
    value = call.db.write_as(SortedSet, args[1])
    return 0 if value is None else _remove(call, args[1], value, lex.ranks(value), "zremrangebylex")
