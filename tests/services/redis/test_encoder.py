"""Replies are written to the byte as Redis writes them, for either version of the protocol."""

import math

import pytest

from simulator.services.redis.encoder import encode
from simulator.services.redis.reply import (
    NOTHING,
    NULL_ARRAY,
    OK,
    BigNumber,
    Bool,
    Double,
    Error,
    Map,
    Push,
    Reply,
    SetOf,
    Several,
    Status,
    Verbatim,
)


@pytest.mark.parametrize(
    ("reply", "two", "three"),
    [
        (OK, b"+OK\r\n", b"+OK\r\n"),
        (Status(b"PONG"), b"+PONG\r\n", b"+PONG\r\n"),
        (Error("ERR a\r\nb"), b"-ERR a  b\r\n", b"-ERR a  b\r\n"),
        (5, b":5\r\n", b":5\r\n"),
        (-(2**63), b":-9223372036854775808\r\n", b":-9223372036854775808\r\n"),
        (b"a\r\nb", b"$4\r\na\r\nb\r\n", b"$4\r\na\r\nb\r\n"),
        (b"", b"$0\r\n\r\n", b"$0\r\n\r\n"),
        (None, b"$-1\r\n", b"_\r\n"),
        (NULL_ARRAY, b"*-1\r\n", b"_\r\n"),
        (NOTHING, b"", b""),
        ([], b"*0\r\n", b"*0\r\n"),
        ([1, [None, b"x"]], b"*2\r\n:1\r\n*2\r\n$-1\r\n$1\r\nx\r\n", b"*2\r\n:1\r\n*2\r\n_\r\n$1\r\nx\r\n"),
        (Map([(b"a", 1)]), b"*2\r\n$1\r\na\r\n:1\r\n", b"%1\r\n$1\r\na\r\n:1\r\n"),
        (SetOf([1]), b"*1\r\n:1\r\n", b"~1\r\n:1\r\n"),
        (Double(1.5), b"$3\r\n1.5\r\n", b",1.5\r\n"),
        (Double(0.1), b"$19\r\n0.10000000000000001\r\n", b",0.10000000000000001\r\n"),
        (Double(math.inf), b"$3\r\ninf\r\n", b",inf\r\n"),
        (Double(-math.inf), b"$4\r\n-inf\r\n", b",-inf\r\n"),
        (Double(1e20), b"$5\r\n1e+20\r\n", b",1e+20\r\n"),
        (Double(3.0), b"$1\r\n3\r\n", b",3\r\n"),
        (Bool(True), b":1\r\n", b"#t\r\n"),
        (Bool(False), b":0\r\n", b"#f\r\n"),
        (BigNumber(2**70), b"$22\r\n1180591620717411303424\r\n", b"(1180591620717411303424\r\n"),
        (Verbatim(b"hi"), b"$2\r\nhi\r\n", b"=6\r\ntxt:hi\r\n"),
        (Push([b"message", 1]), b"*2\r\n$7\r\nmessage\r\n:1\r\n", b">2\r\n$7\r\nmessage\r\n:1\r\n"),
        (Several([1, OK]), b":1\r\n+OK\r\n", b":1\r\n+OK\r\n"),
    ],
)
def test_a_reply_is_written_as_redis_does(reply: Reply, two: bytes, three: bytes) -> None:
    assert encode(reply, 2) == two
    assert encode(reply, 3) == three
