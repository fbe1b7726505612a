"""OBJECT: how a value is held, and how long nobody used it."""

from simulator.services.redis.call import Call
from simulator.services.redis.registry import command
from simulator.services.redis.reply import Refusal, Reply, Status
from simulator.services.redis.values import strings

SHARED_INTEGERS = 10_000
SHARED_COUNT = (1 << 31) - 1

_LFU_OFF = (
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
    "between policies at runtime LRU and LFU data will take some time to adjust."
)
_LFU_ON = (
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between "
    "policies at runtime LRU and LFU data will take some time to adjust."
)
_HELP = """\
OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
ENCODING <key>
    Return the kind of internal representation used in order to store the value
    associated with a <key>.
FREQ <key>
    Return the access frequency index of the <key>. The returned integer is
    proportional to the logarithm of the recent access frequency of the key.
IDLETIME <key>
    Return the idle time of the <key>, that is the approximated number of
    seconds elapsed since the last access to the key.
REFCOUNT <key>
    Return the number of references of the value associated with the specified
    <key>.
HELP
    Prints this help.
"""


def encoding(call: Call, value: object) -> bytes:
    """How Redis would hold a value."""
    if isinstance(value, bytes | bytearray):
        return strings.encoding(value)
    return value.encoding  # type: ignore[attr-defined,no-any-return]


@command("OBJECT|ENCODING")
def object_encoding(call: Call, args: list[bytes]) -> Reply:
    value = call.db.peek(args[2])
    return None if value is None else encoding(call, value)


@command("OBJECT|REFCOUNT")
def object_refcount(call: Call, args: list[bytes]) -> Reply:
    value = call.db.peek(args[2])
    if value is None:
        return None
    if isinstance(value, bytes) and strings.encoding(value) == b"int" and 0 <= int(value) < SHARED_INTEGERS:
        return SHARED_COUNT
    return 1


@command("OBJECT|IDLETIME")
def object_idletime(call: Call, args: list[bytes]) -> Reply:
    if call.db.peek(args[2]) is None:
        return None
    if "lfu" in call.setting("maxmemory-policy"):
        raise Refusal(_LFU_ON)
    return max(call.now_ms - call.db.seen.get(args[2], call.now_ms), 0) // 1000


@command("OBJECT|FREQ")
def object_freq(call: Call, args: list[bytes]) -> Reply:
    if call.db.peek(args[2]) is None:
        return None
    if "lfu" not in call.setting("maxmemory-policy"):
        raise Refusal(_LFU_OFF)
    return call.db.uses.get(args[2], (0, 0))[0]


@command("OBJECT|HELP")
def object_help(call: Call, args: list[bytes]) -> Reply:
    return [Status(line.encode()) for line in _HELP.splitlines()]
