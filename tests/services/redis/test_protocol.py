"""Requests are read from bytes however they are cut, and broken ones are refused in Redis' own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.services.redis.encoder import encode_command
from simulator.services.redis.protocol import Broken, Parser, split_words


def read(*pieces: bytes, parser: Parser | None = None) -> list[list[bytes]]:
    parser = parser or Parser()
    found = []
    for piece in pieces:
        parser.feed(piece)
        while (argv := parser.next()) is not None:
            found.append(argv)
    return found


def test_commands_come_as_arrays_and_as_lines_and_mixed() -> None:
    assert read(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\nSET b 1\r\nPING\n*1\r\n$4\r\nPING\r\n") == [
        [b"GET", b"a"],
        [b"SET", b"b", b"1"],
        [b"PING"],
        [b"PING"],
    ]


def test_empty_arrays_and_empty_lines_are_nothing() -> None:
    assert read(b"*0\r\n*-1\r\n\r\n  \r\n*1\r\n$4\r\nPING\r\n") == [[b"PING"]]


@given(st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=5), max_size=5), st.data())
def test_it_does_not_matter_how_the_bytes_are_cut(commands: list[list[bytes]], data: st.DataObject) -> None:
    text = b"".join(map(encode_command, commands))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert read(*pieces) == commands


def test_a_long_value_comes_in_many_pieces_and_is_joined_once() -> None:
    value = bytes(range(256)) * 4000
    text = encode_command([b"SET", b"k", value]) + encode_command([b"PING"])
    pieces = [text[at : at + 65536] for at in range(0, len(text), 65536)]

    assert read(*pieces) == [[b"SET", b"k", value], [b"PING"]]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"*x\r\n", "invalid multibulk length"),
        (b"*3000000000\r\n", "invalid multibulk length"),
        (b"*1\r\n!3\r\n", "expected '$', got '!'"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$600000000\r\n", "invalid bulk length"),
        (b'GET "a\r\n', "unbalanced quotes in request"),
        (b'GET "a"b\r\n', "unbalanced quotes in request"),
        (b"x" * 70000, "too big inline request"),
        (b"*" + b"1" * 70000, "too big mbulk count string"),
        (b"*1\r\n$" + b"1" * 70000, "too big bulk count string"),
    ],
)
def test_broken_input_is_refused_in_words(sent: bytes, said: str) -> None:
    with pytest.raises(Broken, match=said.replace("$", r"\$")):
        read(sent)


def test_strangers_may_send_short_requests_only() -> None:
    parser = Parser()
    parser.authenticated = False
    with pytest.raises(Broken, match="unauthenticated multibulk length"):
        read(b"*11\r\n", parser=parser)
    parser = Parser()
    parser.authenticated = False
    with pytest.raises(Broken, match="unauthenticated bulk length"):
        read(b"*1\r\n$20000\r\n", parser=parser)


def test_what_is_kept_is_counted_against_a_limit() -> None:
    parser = Parser(buffer_max=10_000)
    read(b"*2\r\n$9000\r\n" + b"x" * 9000 + b"\r\n$9000\r\n" + b"x" * 5000, parser=parser)

    assert parser.overflows


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", []),
        (b"a  b\tc", [b"a", b"b", b"c"]),
        (rb'"a b" "\x41\n\t\\\""', [b"a b", b'A\n\t\\"']),
        (rb"'a\'b \n'", [rb"a'b \n"]),
        (b'"a', None),
        (b"'a'b", None),
    ],
)
def test_lines_are_split_as_a_shell_would(line: bytes, words: list[bytes] | None) -> None:
    assert split_words(line) == words
