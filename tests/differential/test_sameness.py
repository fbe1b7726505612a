"""Replies count as the same when they are, to the byte, but for what Redis leaves free."""

import pytest

from tests.differential.grammar import families
from tests.differential.replies import leaves, read
from tests.differential.sameness import Context, same


def said(*words: str) -> Context:
    return Context.of(tuple(word.encode() for word in words))


def test_trees_are_read_from_bytes() -> None:
    found = read(b"*2\r\n$1\r\na\r\n%1\r\n+k\r\n:5\r\n$-1\r\n_\r\n,1.5\r\n")

    assert [tree[0] for tree in found] == ["*", "_", "_", ","]
    assert leaves(found[0]) == [("$", b"a"), ("+", b"k"), (":", 5)]


@pytest.mark.parametrize(
    ("words", "one", "other", "expected"),
    [
        (("GET", "k"), b"+a\r\n", b"$1\r\na\r\n", False),
        (("LRANGE", "l", "0", "-1"), b"*2\r\n:1\r\n:2\r\n", b"*2\r\n:2\r\n:1\r\n", False),
        (("smembers", "s"), b"*2\r\n:1\r\n:2\r\n", b"*2\r\n:2\r\n:1\r\n", True),
        (("SMEMBERS", "s"), b"*2\r\n:1\r\n:2\r\n", b"~2\r\n:2\r\n:1\r\n", False),
        (("PTTL", "k"), b":99990\r\n", b":99993\r\n", True),
        (("TTL", "k"), b":90\r\n", b":100\r\n", False),
        (("RANDOMKEY",), b"$1\r\na\r\n", b"$1\r\nb\r\n", True),
        (("RANDOMKEY",), b"$1\r\na\r\n", b"$-1\r\n", False),
        (("GET", "k"), b"", b"+OK\r\n", False),
    ],
)
def test_only_what_is_free_may_differ(words: tuple[str, ...], one: bytes, other: bytes, expected: bool) -> None:
    assert same(one, other, said(*words)) is expected


def test_every_line_of_the_grammar_makes_commands() -> None:
    assert min(map(len, families().values())) >= 7
    assert sum(map(len, families().values())) > 300
