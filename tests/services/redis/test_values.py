"""Values keep their order, their ranks and their digits, whatever is done to them."""

from bisect import bisect_left, bisect_right
from random import Random

import pytest

from simulator.services.redis.globs import matches
from simulator.services.redis.values import longdouble, ranking, streamids
from simulator.services.redis.values.groups import Consumer, Group
from simulator.services.redis.values.limits import Limits
from simulator.services.redis.values.ranking import Pair, Ranking
from simulator.services.redis.values.roll import Roll
from simulator.services.redis.values.sets import Set
from simulator.services.redis.values.sortedsets import SortedSet
from simulator.services.redis.values.streams import Stream


def test_a_ranking_is_a_sorted_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "BLOCK_MAX", 8)
    rng, ranked, expected = Random(1), Ranking(), list[Pair]()
    for turn in range(4000):
        pair = (rng.choice([0.0, 1.0, 2.5, float(rng.randint(0, 50)), float("inf"), float("-inf")]), b"%d" % turn)
        if rng.random() < 0.55 or not expected:
            ranked.add(pair)
            expected.insert(bisect_left(expected, pair), pair)
        else:
            ranked.remove(expected.pop(rng.randrange(len(expected))) if turn % 2 else expected.pop())
        start, stop, score = rng.randint(0, 40), rng.randint(0, 60), rng.choice([0.0, 1.0, 3.0, float("inf")])

        assert ranked.span(start, stop) == expected[start:stop]
        assert ranked.rank(pair) == bisect_left(expected, pair)
        assert ranked.rank_after(pair) == bisect_right(expected, pair)
        assert ranked.rank_of_score(score, True) == sum(one[0] <= score for one in expected)
    assert list(ranked) == expected
    assert len(ranked) == len(expected)


def test_a_roll_calls_everyone_who_stays_exactly_once() -> None:
    rng = Random(2)
    roll = Roll(b"%d" % number for number in range(500))
    staying = set(rng.sample(sorted(roll.places), 200))
    cursor, called, turn = 0, list[bytes](), 0
    while True:
        cursor, names = roll.call(cursor, 7)
        called += names
        if not cursor:
            break
        for _ in range(20):
            turn += 1
            roll.enter(b"new %d" % turn)
        for name in rng.sample(sorted(set(roll.places) - staying), 15):
            roll.leave(name)

    assert staying <= set(called)
    assert len(called) == len(set(called))
    assert not any(name.startswith(b"new") for name in called)


def test_a_roll_draws_only_who_is_there() -> None:
    roll = Roll([b"a", b"b", b"c"])
    roll.leave(b"b")
    roll.enter(b"d")

    assert {roll.draw(Random(seed)) for seed in range(50)} == {b"a", b"c", b"d"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"3.0e3", b"3000"),
        (b"0.1", b"0.1"),
        (b"-0", b"0"),
        (b"123456789.123456789", b"123456789.12345678899873747"),
        (b"1e-30", b"0"),
        (b"0x10", b"16"),
        (b"18446744073709551617", b"18446744073709551616"),
        (b".5", b"0.5"),
    ],
)
def test_a_long_double_is_spelled_as_c_does(text: bytes, shown: bytes) -> None:
    value = longdouble.read(text)

    assert isinstance(value, longdouble.Finite)
    assert longdouble.human(value) == shown


@pytest.mark.parametrize("text", [b"", b" 1", b"1 ", b"1_0", b"nan", b"1e9999", b"1e-9999", b"0x", b"1,5", b"1" * 6000])
def test_what_is_no_long_double_is_none(text: bytes) -> None:
    assert longdouble.read(text) is None


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        (b"h?llo", b"hello", b"hllo"),
        (b"h*o", b"hello", b"hell"),
        (b"h[ae]llo", b"hallo", b"hillo"),
        (b"h[^e]llo", b"hallo", b"hello"),
        (b"h[c-a]llo", b"hbllo", b"hdllo"),
        (b"h\\*", b"h*", b"hx"),
        (b"[", b"\0never", b"["),
        (b"[abc", b"a", b"d"),
        (b"*a*b*", b"xaxbx", b"xbxax"),
        (b"", b"", b"a"),
    ],
)
def test_globs_match_as_redis_does(pattern: bytes, fits: bytes, fits_not: bytes) -> None:
    assert pattern == b"[" or matches(pattern, fits)
    assert not matches(pattern, fits_not)


def test_a_glob_of_many_stars_is_not_slow() -> None:
    assert not matches(b"a*" * 200 + b"b", b"a" * 5000)


def test_a_set_of_integers_is_in_their_order_until_it_is_something_else() -> None:
    value = Set([b"10", b"2", b"-1"])
    assert (value.encoding, value.ordered()) == (b"intset", [b"-1", b"2", b"10"])

    value.add(b"x", Limits())
    assert (value.encoding, value.ordered()) == (b"hashtable", [b"10", b"2", b"-1", b"x"])


def test_a_sorted_set_grows_out_of_its_listpack() -> None:
    value = SortedSet()
    for number in range(129):
        assert value.encoding == b"listpack"
        value.put(b"%d" % number, -0.0, Limits())

    assert value.encoding == b"skiplist"
    assert str(value.scores[b"0"]) == "0.0"


def test_a_stream_is_trimmed_by_nodes_or_exactly() -> None:
    limits = Limits(stream_node_max_entries=10)
    stream = Stream()
    for number in range(1, 101):
        stream.add(streamids.made(number, 1), (b"f", b"v"), limits)

    assert stream.trim(length=95, lowest=0, approximate=True, limit=0) == 0
    assert stream.trim(length=85, lowest=0, approximate=True, limit=0) == 10
    assert stream.trim(length=85, lowest=0, approximate=False, limit=0) == 5
    assert streamids.text(stream.first_id) == b"16-1"
    assert [number >> 64 for number, _ in stream.backwards(0, streamids.made(18, 0))] == [17, 16]
    assert stream.drop(streamids.made(50, 1))
    assert not stream.drop(streamids.made(50, 1))
    assert len(list(stream.forwards(0, streamids.HIGHEST))) == len(stream) == 84
    assert len(list(stream.copy().forwards(0, streamids.HIGHEST))) == 84


def test_what_is_pending_moves_from_consumer_to_consumer() -> None:
    group, one, other = Group(0), Consumer(b"one", 0), Consumer(b"other", 0)
    group.consumers |= {b"one": one, b"other": other}
    group.give(5, one, 1)
    group.give(3, one, 1)
    group.give(5, other, 2, 2)

    assert (group.order, one.pending, other.pending) == ([3, 5], [3], [5])
    assert group.dismiss(b"one") == 1
    assert group.settle(5)
    assert not group.settle(5)
    assert group.order == []
