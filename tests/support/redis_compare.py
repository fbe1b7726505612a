"""One script of commands, two servers: what they answer, what they tell subscribers, what they write to their file.

Run as a program, it goes on for as long as one likes and prints what differs:

    python -m tests.support.redis_compare --seed 7 --count 100000 --families streams,keys
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.support.real_redis import RealRedis
from tests.support.redis_answers import OurArm, RealArm, Tree
from tests.support.redis_words import FAMILIES, KEYS, Talker

FLUSHED_EVERY = 200
ENCODINGS_EVERY = 10
NOW_MS = 1_600_000_000_000

# What Redis leaves to the order of its hash tables.
UNORDERED = frozenset(
    ("SMEMBERS", "SINTER", "SUNION", "SDIFF", "KEYS", "HGETALL", "HKEYS", "HVALS", "SPOP", "HSCAN", "ZSCAN", "SSCAN")
    + ("SCAN", "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER")
)
# What it leaves to chance, unless all members are asked for.
DRAWING = frozenset(("SPOP", "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER", "RANDOMKEY"))


@dataclass(frozen=True)
class Difference:
    """One command that two servers answer differently, and what was done to its keys before."""

    command: list[bytes]
    ours: Tree
    real: Tree
    before: list[list[bytes]]

    def __str__(self) -> str:
        lines = [
            f"{self.command}",
            f"  ours {self.ours}",
            f"  real {self.real}",
            *(f"  after {one}" for one in self.before),
        ]
        return "\n".join(lines)


def comparable(command: list[bytes], answer: Tree) -> Tree:
    """An answer without what is chance, or the clock's."""
    name = command[0].upper().decode()
    if name in UNORDERED:
        return _unordered(answer)
    return _timeless(answer) if name.startswith("X") else answer


def _unordered(answer: Tree) -> Tree:
    if isinstance(answer, tuple) and isinstance(answer[1], list):
        return (answer[0], sorted(map(_unordered, answer[1]), key=repr))
    return sorted(map(_unordered, answer), key=repr) if isinstance(answer, list) else answer


def _timeless(answer: Tree) -> Tree:
    if isinstance(answer, tuple) and isinstance(answer[1], list):
        return (answer[0], _timeless(answer[1]))
    if not isinstance(answer, list):
        return "now" if isinstance(answer, int) and answer > NOW_MS else answer
    if len(answer) == 4 and isinstance(answer[0], bytes) and isinstance(answer[2], int):
        return [*answer[:2], "idle", answer[3]]
    items = [_timeless(item) for item in answer]
    return ["ms" if at and items[at - 1] == b"idle" else item for at, item in enumerate(items)]


def by_chance(command: list[bytes], answer: Tree) -> bool:
    name = command[0].upper().decode()
    return name in DRAWING and len(command) == 2 and isinstance(answer, bytes)


def unspecified(command: list[bytes], real: RealArm) -> bool:
    """Whether Redis promises no order here: ties under ALPHA, BY and LIMIT, and the order of a set's hash table."""
    name = command[0].upper()
    if name == b"DUMP":
        # Streams: what was deleted is marked there and gone here.
        return real.ask("OBJECT", "ENCODING", command[1]) in {b"hashtable", b"skiplist", b"stream"}
    if not name.startswith(b"SORT"):
        return name.startswith(b"GEO") and b"COUNT" in command
    return b"BY" in command or real.ask("OBJECT", "ENCODING", command[1]) in {b"hashtable", b"skiplist"}


def differences(
    real: RealArm, ours: OurArm, *, seed: int, count: int, families: list[str], resp: int
) -> Iterator[Difference]:
    """Ask both the same questions."""
    talker = Talker(Random(seed), families)
    real.ask("HELLO", resp)
    ours.ask("HELLO", resp)
    history: list[list[bytes]] = []
    for number in range(count):
        if number % FLUSHED_EVERY == 0:
            _flush(real, ours, history)
        command = talker.command()
        ours_said, real_said = ours.ask(*command), real.ask(*command)
        if comparable(command, ours_said) != comparable(command, real_said):
            if not by_chance(command, ours_said) and not unspecified(command, real):
                related = [one for one in history if set(one[1:]) & set(command[1:])][-6:]
                yield Difference(command, ours_said, real_said, related)
            _flush(real, ours, history)
        elif by_chance(command, ours_said):
            _flush(real, ours, history)
        history.append(command)
        if number % ENCODINGS_EVERY == 0:
            for key in KEYS:
                question = [b"OBJECT", b"ENCODING", key.encode()]
                ours_said, real_said = ours.ask(*question), real.ask(*question)
                if ours_said != real_said:
                    yield Difference(
                        question, ours_said, real_said, [one for one in history if key.encode() in one][-6:]
                    )
                    _flush(real, ours, history)


def _flush(real: RealArm, ours: OurArm, history: list[list[bytes]]) -> None:
    real.ask("FLUSHALL")
    ours.ask("FLUSHALL")
    history.clear()


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare our Redis with a real one, command by command.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--families", default=",".join(FAMILIES))
    options = parser.parse_args()
    found = 0
    with RealRedis() as server:
        for resp in (2, 3):
            real, ours = RealArm(server.port), OurArm()
            families = options.families.split(",")
            for difference in differences(
                real, ours, seed=options.seed, count=options.count, families=families, resp=resp
            ):
                found += 1
                print(difference)
            real.close()
    print(f"{found} differences in {2 * options.count} commands", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
