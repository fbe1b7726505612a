"""Arguments that commands of several families share, with the refusals that go with them."""

from simulator.services.redis.call import Call
from simulator.services.redis.numerals import INT_MAX, as_integer, bounded, integer
from simulator.services.redis.reply import SYNTAX, Refusal
from simulator.services.redis.values import longdouble

NUMKEYS_MIN = "ERR numkeys should be greater than 0"
NUMKEYS_MAX = "ERR Number of keys can't be greater than number of args"
DRAWS_MAX = 10_000_000
"""Redis goes on until its memory is full."""


def c_text(raw: bytes) -> bytes:
    """What C prints of a text: it ends at the first zero."""
    return raw.partition(b"\0")[0]


def misfit(container: bytes, args: list[bytes]) -> Refusal:
    """What Redis says where a subcommand counts its arguments by itself."""
    text = b"ERR unknown subcommand or wrong number of arguments for '%b'. Try %b HELP."
    return Refusal(text % (c_text(args[1]), container))


def signed_long(raw: bytes) -> int:
    """A count that may be negative, less the one number that has no opposite."""
    value = integer(raw)
    if value < -INT_MAX:
        raise Refusal(f"ERR value is out of range, value must between {-INT_MAX} and {INT_MAX}")
    if value < -DRAWS_MAX:
        raise Refusal(f"ERR value is out of range, at most {DRAWS_MAX} members are drawn at once")
    return value


def natural(raw: bytes) -> int:
    """A count that may be zero."""
    value = as_integer(raw)
    if value is None or value < 0:
        raise Refusal("ERR value is out of range, must be positive")
    return value


def deadline(call: Call, raw: bytes) -> int | None:
    """Until when a blocking command waits, by its timeout in seconds; None for ever."""
    seconds = longdouble.read(raw)
    if seconds is None:
        raise Refusal("ERR timeout is not a float or out of range")
    milliseconds = -1 if isinstance(seconds, float) else longdouble.thousandfold(seconds)
    # Redis 7.0 turns what is beyond 64 bits into the lowest number.
    if milliseconds < 0 or milliseconds > INT_MAX:
        raise Refusal("ERR timeout is negative")
    return call.now_ms + milliseconds if milliseconds else None


def popping(args: list[bytes], at: int, ends: tuple[bytes, bytes]) -> tuple[list[bytes], bytes, int]:
    """`numkeys key ... LEFT|RIGHT [COUNT n]` (or MIN|MAX) from a place on: the keys, the end and the count."""
    numkeys = bounded(args[at], 1, INT_MAX, NUMKEYS_MIN)
    where = at + 1 + numkeys
    if where >= len(args):
        raise Refusal(SYNTAX)
    end = args[where].upper()
    if end not in ends:
        raise Refusal(SYNTAX)
    count = 0
    words = iter(args[where + 1 :])
    for word in words:
        raw = next(words, None)
        if count or word.upper() != b"COUNT" or raw is None:
            raise Refusal(SYNTAX)
        count = bounded(raw, 1, INT_MAX, "ERR count should be greater than 0")
    return args[at + 1 : where], end, count or 1
