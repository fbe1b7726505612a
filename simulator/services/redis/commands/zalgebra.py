"""Sorted sets against sorted sets: ZUNION, ZINTER, ZDIFF, what stores their results, and ZINTERCARD."""

from collections.abc import Callable, Iterable
from math import isnan

from simulator.services.redis.call import Call
from simulator.services.redis.commands.sortedsets import with_scores
from simulator.services.redis.commands.zranges import stored
from simulator.services.redis.numerals import INT_MAX, bounded, integer, real
from simulator.services.redis.registry import command
from simulator.services.redis.reply import SYNTAX, WRONG_TYPE, Refusal, Reply
from simulator.services.redis.values.sets import Set
from simulator.services.redis.values.sortedsets import SortedSet

Scores = dict[bytes, float]
Source = tuple[Scores, float]
"""Members with scores, and the weight of these."""


def _sum(one: float, other: float) -> float:
    total = one + other
    return 0.0 if isnan(total) else total  # Both are infinite, with different signs.


def _min(one: float, other: float) -> float:
    return min(one, other)


def _max(one: float, other: float) -> float:
    return max(one, other)


_AGGREGATES: dict[bytes, Callable[[float, float], float]] = {b"SUM": _sum, b"MIN": _min, b"MAX": _max}


class _Query:
    """The sources and how they are put together."""

    __slots__ = ("operation", "sources", "aggregate", "scored", "limit")

    def __init__(self, call: Call, operation: str, words: list[bytes], *, plain: bool, counting: bool = False) -> None:
        """`words` begin with the number of keys; `plain` is the form whose result is the reply."""
        self.operation, self.scored, self.limit = operation, False, 0
        self.aggregate: Callable[[float, float], float] = _sum
        numkeys = integer(words[0])
        if numkeys < 1:
            raise Refusal(f"ERR at least 1 input key is needed for '{call.command.full}' command")
        if numkeys > len(words) - 1:
            raise Refusal(SYNTAX)
        found = [_scores(call, key) for key in words[1 : numkeys + 1]]
        weights = [1.0] * numkeys
        at = numkeys + 1
        while at < len(words):
            option, left = words[at].upper(), len(words) - at - 1
            if option == b"WEIGHTS" and left >= numkeys and operation != "diff" and not counting:
                weights = [real(raw, "ERR weight value is not a float") for raw in words[at + 1 : at + 1 + numkeys]]
                at += numkeys
            elif option == b"AGGREGATE" and left and operation != "diff" and not counting:
                aggregate = _AGGREGATES.get(words[at + 1].upper())
                if aggregate is None:
                    raise Refusal(SYNTAX)
                self.aggregate = aggregate
                at += 1
            elif option == b"WITHSCORES" and plain and not counting:
                self.scored = True
            elif option == b"LIMIT" and left and counting:
                self.limit = bounded(words[at + 1], 0, INT_MAX, "ERR LIMIT can't be negative")
                at += 1
            else:
                raise Refusal(SYNTAX)
            at += 1
        self.sources: list[Source] = list(zip(found, weights, strict=True))
        if operation != "diff":
            self.sources.sort(key=lambda source: len(source[0]))

    def result(self) -> Scores:
        if self.operation == "union":
            return self._union()
        return self._inter() if self.operation == "inter" else self._diff()

    def _union(self) -> Scores:
        total: Scores = {}
        for scores, weight in self.sources:
            for member, score in scores.items():
                weighed = _weighed(weight, score)
                total[member] = self.aggregate(total[member], weighed) if member in total else weighed
        return total

    def _inter(self) -> Scores:
        (first, weight), *others = self.sources
        total: Scores = {}
        for member, score in first.items():
            result = _weighed(weight, score)
            for scores, other_weight in others:
                if member not in scores:
                    break
                result = self.aggregate(result, scores[member] * other_weight)
            else:
                total[member] = result
        return total

    def _diff(self) -> Scores:
        (first, _), *others = self.sources
        return {member: score for member, score in first.items() if not any(member in scores for scores, _ in others)}


def _weighed(weight: float, score: float) -> float:
    product = weight * score
    return 0.0 if isnan(product) else product


def _scores(call: Call, key: bytes) -> Scores:
    value = call.db.read(key)
    if value is None:
        return {}
    if isinstance(value, SortedSet):
        return value.scores
    if isinstance(value, Set):
        return dict.fromkeys(value.ordered(), 1.0)
    raise Refusal(WRONG_TYPE)


def _sorted_set(scores: Iterable[tuple[bytes, float]], call: Call) -> SortedSet:
    return SortedSet(((score, member) for member, score in scores), call.db.limits)


def _answer(call: Call, args: list[bytes], operation: str) -> Reply:
    query = _Query(call, operation, args[1:], plain=True)
    pairs = sorted((score, member) for member, score in query.result().items())
    return with_scores(call, pairs) if query.scored else [member for _, member in pairs]


def _store(call: Call, args: list[bytes], operation: str) -> Reply:
    query = _Query(call, operation, args[2:], plain=False)
    return stored(call, args[1], _sorted_set(query.result().items(), call), f"z{operation}store")


@command("ZUNION")
def zunion(call: Call, args: list[bytes]) -> Reply:
    return _answer(call, args, "union")


@command("ZINTER")
def zinter(call: Call, args: list[bytes]) -> Reply:
    return _answer(call, args, "inter")


@command("ZDIFF")
def zdiff(call: Call, args: list[bytes]) -> Reply:
    return _answer(call, args, "diff")


@command("ZUNIONSTORE")
def zunionstore(call: Call, args: list[bytes]) -> Reply:
    return _store(call, args, "union")


@command("ZINTERSTORE")
def zinterstore(call: Call, args: list[bytes]) -> Reply:
    return _store(call, args, "inter")


@command("ZDIFFSTORE")
def zdiffstore(call: Call, args: list[bytes]) -> Reply:
    return _store(call, args, "diff")


@command("ZINTERCARD")
def zintercard(call: Call, args: list[bytes]) -> Reply:
    query = _Query(call, "inter", args[1:], plain=True, counting=True)
    count = len(query.result())
    return min(count, query.limit) if query.limit else count
