"""Debug: DEBUG, as far as tests of clients use it. Which of it is allowed says the parameter enable-debug-command."""

from hashlib import sha1
from typing import Final

from simulator.services.redis.call import Blocked, Call
from simulator.services.redis.commands.objects import encoding
from simulator.services.redis.numerals import as_real, integer
from simulator.services.redis.rdb.dump import dump
from simulator.services.redis.registry import command
from simulator.services.redis.reply import (
    NO_SUCH_KEY,
    OK,
    BigNumber,
    Bool,
    Double,
    Error,
    Map,
    Push,
    Refusal,
    Reply,
    SetOf,
    Status,
    Verbatim,
)

_FORBIDDEN: Final = (
    'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local'
    " connection, otherwise you need to set this option in the configuration file, and then restart the server."
)


@command("DEBUG")
def debug(call: Call, args: list[bytes]) -> Reply:
    allowed = call.server.config["enable-debug-command"]
    local = call.session.address.startswith(("127.", "[::1]", "?"))
    if allowed == "no" or (allowed == "local" and not local):
        raise Refusal(_FORBIDDEN)
    word = args[1].upper().decode(errors="replace")
    act = _ACTS.get(word)
    if act is None:
        shown = args[1][:128].decode(errors="replace")
        raise Refusal(f"ERR unknown subcommand or wrong number of arguments for '{shown}'. Try DEBUG HELP.")
    return act(call, args)


def _sleep(call: Call, args: list[bytes]) -> Reply:
    """Hold the whole server up."""
    seconds = as_real(args[2]) or 0.0
    call.server.statistics.slowed_usec = int(seconds * 1e6)
    call.server.upkeep.stand_still(seconds, but=call.session)
    if not call.may_block or seconds <= 0:
        return OK
    return Blocked((), call.now_ms + int(seconds * 1000), lambda again: OK, on_timeout=OK)


def _error(call: Call, args: list[bytes]) -> Reply:
    return Error(args[2])


def _object(call: Call, args: list[bytes]) -> Reply:
    value = call.db.peek(args[2])
    if value is None:
        raise Refusal(NO_SUCH_KEY)
    idle_s = max(0, call.now_ms - call.db.seen.get(args[2], call.now_ms)) // 1000
    size = len(dump(value)[1])
    return Status(
        b"Value at:0x7f0000000000 refcount:1 encoding:%b serializedlength:%d lru:%d lru_seconds_idle:%d"
        % (encoding(call, value), size, call.now_ms // 1000 & 0xFFFFFF, idle_s)
    )


def _set_active_expire(call: Call, args: list[bytes]) -> Reply:
    call.server.upkeep.active_expiry = args[2] != b"0"
    call.server.upkeep.plan_round()
    return OK


def _reload(call: Call, args: list[bytes]) -> Reply:
    """Write everything down and read it again."""
    call.server.persistence.take(call.server.persistence.image())
    return OK


def _load_appended(call: Call, args: list[bytes]) -> Reply:
    call.server.persistence.before_replies()
    return _reload(call, args)


def _fine(call: Call, args: list[bytes]) -> Reply:
    return OK


def _digest(call: Call, args: list[bytes]) -> Reply:
    """Return one digest of everything: the order of keys does not matter."""
    total = 0
    for database in call.server.keyspace.databases:
        for key, value in database.data.items():
            total ^= _one(key, value, database.index)
    return Status(b"%040x" % total)


def _one(key: bytes, value: object, database: int) -> int:
    kind, body = dump(value)
    return int.from_bytes(sha1(b"%d %d %b %b" % (database, kind, key, body)).digest(), "big")


def _digest_value(call: Call, args: list[bytes]) -> Reply:
    values = [(key, call.db.peek(key)) for key in args[2:]]
    return [Status(b"%040x" % (0 if value is None else _one(b"", value, 0))) for key, value in values]


def _populate(call: Call, args: list[bytes]) -> Reply:
    prefix = args[3] if len(args) > 3 else b"key"
    for number in range(integer(args[2])):
        key = b"%b:%d" % (prefix, number)
        if call.db.peek(key) is None:
            call.db.put(key, b"value:%d" % number)
            call.touch(key)
    call.propagate()
    return OK


def _change_repl_id(call: Call, args: list[bytes]) -> Reply:
    call.server.replication.change_id()
    return OK


_PROTOCOL: Final[dict[bytes, Reply]] = {
    b"STRING": b"Hello World",
    b"INTEGER": 12345,
    b"DOUBLE": Double(3.141),
    b"NULL": None,
    b"ARRAY": [0, 1, 2],
    b"SET": SetOf([0, 1, 2]),
    b"MAP": Map([(0, Bool(False)), (1, Bool(True)), (2, Bool(False))]),
    b"BIGNUM": BigNumber(1234567999999999999999999999999999999),
    b"TRUE": Bool(True),
    b"FALSE": Bool(False),
    b"VERBATIM": Verbatim(b"This is a verbatim\nstring"),
    b"PUSH": Push([b"server-cpu-usage", 42]),
}


def _protocol(call: Call, args: list[bytes]) -> Reply:
    word = args[2].upper()
    if word not in _PROTOCOL:
        raise Refusal(
            "ERR Wrong protocol type name. Please use one of the following: string|integer|double|null|array|set|map"
            "|attrib|push|verbatim|true|false"
        )
    return _PROTOCOL[word]


_ACTS: Final = {
    "SLEEP": _sleep,
    "ERROR": _error,
    "OBJECT": _object,
    "SET-ACTIVE-EXPIRE": _set_active_expire,
    "RELOAD": _reload,
    "LOADAOF": _load_appended,
    "DIGEST": _digest,
    "DIGEST-VALUE": _digest_value,
    "POPULATE": _populate,
    "PROTOCOL": _protocol,
    "CHANGE-REPL-ID": _change_repl_id,
    "JMAP": _fine,
    "LOG": _fine,
    "SET-DISABLE-DENY-SCRIPTS": _fine,
    "QUICKLIST-PACKED-THRESHOLD": _fine,
    "STRINGMATCH-LEN": _fine,
    "REPLYBUFFER": _fine,
    "DICT-RESIZING": _fine,
    "PAUSE-CRON": _fine,
}
