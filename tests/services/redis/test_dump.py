"""DUMP gives the bytes that Redis gives, and each restores what the other dumped."""

from random import Random

import pytest

from simulator.services.redis.rdb.compact import compress
from simulator.services.redis.rdb.lzf import expand
from tests.support.real_redis import ABSENT, RealRedis, installed
from tests.support.redis_answers import OurArm, RealArm
from tests.support.redis_words import Talker

WORDS = ("abc", "abcd", "hello hello", "1", "22", "x" * 40)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_compressed_expands_to_itself(seed: int) -> None:
    rng = Random(seed)
    text = "".join(rng.choice(WORDS) for _ in range(rng.randint(1, 3000))).encode()
    packed = compress(text)

    assert packed is None or (len(packed) <= len(text) - 4 and expand(packed, len(text)) == text)


def test_what_does_not_get_smaller_is_left_alone() -> None:
    assert compress(bytes(range(200))) is None


@pytest.mark.real
@pytest.mark.skipif(not installed(), reason=ABSENT)
def test_dumps_are_those_of_a_real_one() -> None:
    with RealRedis() as server:
        real, ours = RealArm(server.port), OurArm()
        for seed, family in enumerate(["strings", "hashes", "lists", "sets", "sortedsets", "loglogs"] * 3):
            rng, talker = Random(seed), Talker(Random(seed), [family])
            words = [rng.choice(WORDS) for _ in range(rng.randint(1, 800))]
            commands = [talker.command() for _ in range(60)]
            commands += [[b"SET", b"long", "".join(words).encode()], [b"RPUSH", b"many", *map(str.encode, words)]]
            for command in [[b"FLUSHALL"], *(one for one in commands if one[0].upper() != b"SPOP")]:
                real.ask(*command)
                ours.ask(*command)
            for key in ("k1", "k2", "k3", "k4", "long", "many"):
                if real.ask("OBJECT", "ENCODING", key) not in {b"hashtable", b"skiplist"}:
                    assert ours.ask("DUMP", key) == real.ask("DUMP", key), (seed, key)
        real.close()
