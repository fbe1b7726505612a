"""Convert: replies as Lua values, and Lua values as replies, by the rules of each protocol version."""

import math
from collections.abc import Callable
from typing import Any, Final

from simulator.services.redis.numerals import INT_MIN
from simulator.services.redis.reply import (
    NULL_ARRAY,
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

DEPTH_MAX: Final = 128  # of tables within tables; deeper ones cannot be told from endless ones

Table = Callable[[Any], Any]
"""Makes a Lua table from a list or a dict."""


def to_lua(reply: Reply, table: Table, resp: int) -> Any:
    """Return a command's reply as redis.call gives it to a script."""
    if isinstance(reply, bytes | bytearray):
        return bytes(reply)
    if isinstance(reply, int) and not isinstance(reply, bool):
        return reply
    if reply is None or reply is NULL_ARRAY:
        return False if resp == 2 else None
    if isinstance(reply, list | tuple):
        return table([to_lua(item, table, resp) for item in reply])
    if isinstance(reply, Status):
        return table({b"ok": reply.text})
    if isinstance(reply, Error):
        return table({b"err": reply.text})
    return _special(reply, table, resp)


def _special(reply: Reply, table: Table, resp: int) -> Any:
    if isinstance(reply, Map):
        if resp == 2:
            return table([to_lua(item, table, 2) for item in reply.flat])
        pairs = {to_lua(key, table, 3): to_lua(value, table, 3) for key, value in reply.pairs}
        return table({b"map": table(pairs)})
    if isinstance(reply, SetOf):
        if resp == 2:
            return table([to_lua(item, table, 2) for item in reply.members])
        return table({b"set": table({to_lua(item, table, 3): True for item in reply.members})})
    if isinstance(reply, Double):
        from simulator.services.redis.numerals import as_text

        return as_text(reply.value) if resp == 2 else table({b"double": reply.value})
    if isinstance(reply, Bool):
        return int(reply.value) if resp == 2 else reply.value
    if isinstance(reply, bool):
        return int(reply)
    if isinstance(reply, BigNumber):
        text = b"%d" % reply.value
        return text if resp == 2 else table({b"big_number": text})
    if isinstance(reply, Verbatim):
        if resp == 2:
            return reply.text
        return table({b"verbatim_string": table({b"format": reply.format, b"string": reply.text})})
    if isinstance(reply, Push | Several):
        items = reply.items if isinstance(reply, Push) else reply.replies
        return table([to_lua(item, table, resp) for item in items])
    raise AssertionError(f"no Lua value for {reply!r}")


def from_lua(value: Any, kind: Callable[[Any], str], *, resp: int, depth: int = 0) -> Reply:
    """Return what a script returned as a reply; `resp` is the script's own protocol version."""
    if depth > DEPTH_MAX:
        return Error("ERR reached lua stack limit")
    if value is None:
        return None
    if isinstance(value, bool):
        if resp == 3:
            return Bool(value)
        return 1 if value else None
    if isinstance(value, bytes):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) < 2**63 else INT_MIN
    if kind(value) != "table":
        return None
    return _from_table(value, kind, resp, depth)


def _from_table(value: Any, kind: Callable[[Any], str], resp: int, depth: int) -> Reply:
    err = value[b"err"]
    if isinstance(err, bytes):
        return Error(err)
    fine = value[b"ok"]
    if isinstance(fine, bytes):
        return Status(fine.replace(b"\r", b" ").replace(b"\n", b" "))
    double = value[b"double"]
    if isinstance(double, int | float) and not isinstance(double, bool):
        return Double(float(double))
    for word, wrap in ((b"map", _map), (b"set", _set)):
        inner = value[word]
        if inner is not None and kind(inner) == "table":
            return wrap(inner, kind, resp, depth + 1)
    big = value[b"big_number"]
    if isinstance(big, bytes):
        digits = big.strip()
        return BigNumber(int(digits)) if digits.lstrip(b"-").isdigit() else Error("ERR not a number")
    said = value[b"verbatim_string"]
    if said is not None and kind(said) == "table":
        form, text = said[b"format"], said[b"string"]
        if isinstance(form, bytes) and isinstance(text, bytes):
            return Verbatim(text, form)
    items, at = [], 1
    while (item := value[at]) is not None:
        items.append(from_lua(item, kind, resp=resp, depth=depth + 1))
        at += 1
    return items


def _map(inner: Any, kind: Callable[[Any], str], resp: int, depth: int) -> Reply:
    pairs = [
        (from_lua(key, kind, resp=resp, depth=depth), from_lua(value, kind, resp=resp, depth=depth))
        for key, value in inner.items()
    ]
    return Map(pairs)


def _set(inner: Any, kind: Callable[[Any], str], resp: int, depth: int) -> Reply:
    return SetOf([from_lua(key, kind, resp=resp, depth=depth) for key in inner])
