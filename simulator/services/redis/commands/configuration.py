"""Configuration: CONFIG."""

from simulator.services.redis.call import Call
from simulator.services.redis.config import Rejected
from simulator.services.redis.registry import command
from simulator.services.redis.reply import OK, SYNTAX, Map, Refusal, Reply


def _word(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


@command("CONFIG|GET")
def config_get(call: Call, args: list[bytes]) -> Reply:
    found = call.server.config.matching(map(_word, args[2:]))
    return Map([(_bytes(name), _bytes(value)) for name, value in found])


@command("CONFIG|SET")
def config_set(call: Call, args: list[bytes]) -> Reply:
    if len(args) % 2:
        raise Refusal(SYNTAX)
    pairs = [(_word(name), _word(value)) for name, value in zip(args[2::2], args[3::2], strict=True)]
    try:
        call.server.config.change(pairs)
    except Rejected as why:
        raise Refusal(_bytes(str(why))) from None
    return OK


@command("CONFIG|RESETSTAT")
def config_resetstat(call: Call, args: list[bytes]) -> Reply:
    call.server.statistics.reset()
    call.server.keyspace.hits = call.server.keyspace.misses = 0
    return OK


@command("CONFIG|REWRITE")
def config_rewrite(call: Call, args: list[bytes]) -> Reply:
    if not call.server.settings.config_file:
        raise Refusal("ERR The server is running without a config file")
    call.server.persistence.write_config()
    return OK
