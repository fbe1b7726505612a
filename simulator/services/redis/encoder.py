"""Encoder: replies as bytes, in RESP2 or RESP3."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from simulator.services.redis.numerals import as_text
from simulator.services.redis.reply import (
    NOTHING,
    NULL_ARRAY,
    OK,
    QUEUED,
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

_Pieces = list[bytes]
_Writer = Callable[[Any, _Pieces, int], None]

_WORDS: Final = {NULL_ARRAY: (b"*-1\r\n", b"_\r\n"), NOTHING: (b"", b"")}
_FREQUENT: Final = {OK: b"+OK\r\n", QUEUED: b"+QUEUED\r\n"}
_SMALL_INTS: Final = {number: b":%d\r\n" % number for number in range(-2, 256)}


def encode(reply: Reply, resp: int) -> bytes:
    """Return a reply's bytes."""
    kind = type(reply)
    if kind is bytes:
        return b"$%d\r\n%b\r\n" % (len(reply), reply)
    if reply is OK:
        return b"+OK\r\n"
    if kind is int:
        return _SMALL_INTS.get(reply) or b":%d\r\n" % reply
    if reply is None:
        return b"$-1\r\n" if resp == 2 else b"_\r\n"
    pieces: _Pieces = []
    _WRITERS[kind](reply, pieces, resp)
    return b"".join(pieces)


def _bytes(reply: bytes, pieces: _Pieces, resp: int) -> None:
    pieces.append(b"$%d\r\n%b\r\n" % (len(reply), reply))


def _int(reply: int, pieces: _Pieces, resp: int) -> None:
    pieces.append(b":%d\r\n" % reply)


def _none(reply: None, pieces: _Pieces, resp: int) -> None:
    pieces.append(b"$-1\r\n" if resp == 2 else b"_\r\n")


def _word(reply: Reply, pieces: _Pieces, resp: int) -> None:
    pieces.append(_WORDS[reply][resp - 2])


def _status(reply: Status, pieces: _Pieces, resp: int) -> None:
    pieces.append(_FREQUENT.get(reply) or b"+%b\r\n" % reply.text)


def _error(reply: Error, pieces: _Pieces, resp: int) -> None:
    pieces.append(b"-%b\r\n" % reply.text)


def _items(items: Sequence[Reply], pieces: _Pieces, resp: int) -> None:
    for item in items:
        if type(item) is bytes:
            pieces.append(b"$%d\r\n%b\r\n" % (len(item), item))
        else:
            _WRITERS[type(item)](item, pieces, resp)


def _list(reply: Sequence[Reply], pieces: _Pieces, resp: int) -> None:
    pieces.append(b"*%d\r\n" % len(reply))
    _items(reply, pieces, resp)


def _map(reply: Map, pieces: _Pieces, resp: int) -> None:
    pieces.append(b"*%d\r\n" % (2 * len(reply.pairs)) if resp == 2 else b"%%%d\r\n" % len(reply.pairs))
    _items(reply.flat, pieces, resp)


def _set(reply: SetOf, pieces: _Pieces, resp: int) -> None:
    pieces.append((b"*%d\r\n" if resp == 2 else b"~%d\r\n") % len(reply.members))
    _items(reply.members, pieces, resp)


def _push(reply: Push, pieces: _Pieces, resp: int) -> None:
    pieces.append((b"*%d\r\n" if resp == 2 else b">%d\r\n") % len(reply.items))
    _items(reply.items, pieces, resp)


def _double(reply: Double, pieces: _Pieces, resp: int) -> None:
    text = as_text(reply.value) if reply.text is None else reply.text
    pieces.append(b"$%d\r\n%b\r\n" % (len(text), text) if resp == 2 else b",%b\r\n" % text)


def _bool(reply: Bool, pieces: _Pieces, resp: int) -> None:
    if resp == 2:
        pieces.append(b":1\r\n" if reply.value else b":0\r\n")
    else:
        pieces.append(b"#t\r\n" if reply.value else b"#f\r\n")


def _big(reply: BigNumber, pieces: _Pieces, resp: int) -> None:
    text = b"%d" % reply.value
    pieces.append(b"$%d\r\n%b\r\n" % (len(text), text) if resp == 2 else b"(%b\r\n" % text)


def _verbatim(reply: Verbatim, pieces: _Pieces, resp: int) -> None:
    if resp == 2:
        _bytes(reply.text, pieces, resp)
    else:
        pieces.append(b"=%d\r\n%b:%b\r\n" % (len(reply.text) + 4, reply.format, reply.text))


def _several(reply: Several, pieces: _Pieces, resp: int) -> None:
    _items(reply.replies, pieces, resp)


_WRITERS: Final[dict[type, _Writer]] = {
    bytes: _bytes,
    int: _int,
    bool: lambda reply, pieces, resp: _int(int(reply), pieces, resp),
    type(None): _none,
    type(NULL_ARRAY): _word,
    Status: _status,
    Error: _error,
    list: _list,
    tuple: _list,
    Map: _map,
    SetOf: _set,
    Push: _push,
    Double: _double,
    Bool: _bool,
    BigNumber: _big,
    Verbatim: _verbatim,
    Several: _several,
}


def encode_command(args: Sequence[bytes]) -> bytes:
    """Return a command as a client sends it: for the append-only file and for replicas."""
    return b"".join([b"*%d\r\n" % len(args), *(b"$%d\r\n%b\r\n" % (len(arg), arg) for arg in args)])
