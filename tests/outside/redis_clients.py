"""Redis' own clients at work: redis-cli with mass insertion and scripts, redis-benchmark over its usual commands."""

from typing import Final
from urllib.parse import urlsplit

from tests.outside.work import Failed, Work, expect

_MANY: Final = 10_000
_LEAST_PER_S: Final = 1_000.0  # far below any server that works; a hung one has none
_TESTS: Final = "ping_inline,ping_mbulk,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,lrange_100,mset"


def _where(work: Work) -> tuple[str, ...]:
    url = urlsplit(work.redis_url)
    return "-h", str(url.hostname), "-p", str(url.port)


def redis_cli(work: Work) -> str:
    """Values, a script, a transaction, mass insertion, a scan, statistics."""

    def cli(*words: str, given: str | None = None) -> str:
        return work.run("redis-cli", *_where(work), *words, given=given).strip()

    expect("ping", cli("ping"), "PONG")
    expect("set", cli("set", "greeting", "hello world"), "OK")
    expect("get", cli("get", "greeting"), "hello world")
    expect("list", cli("rpush", "list", "a", "b", "c"), "3")
    expect("range", cli("lrange", "list", "0", "-1").split(), ["a", "b", "c"])
    script = "return redis.call('incrby', KEYS[1], ARGV[1])"
    expect("script", cli("eval", script, "1", "count", "5"), "5")
    expect(
        "transaction", cli(given="multi\nincr count\nincr count\nexec\n").split(), ["OK", "QUEUED", "QUEUED", "6", "7"]
    )
    expect("resp3", cli("-3", "hset", "hash", "field", "value"), "1")
    answer = cli("--pipe", given="".join(f"SET many:{number} {number}\r\n" for number in range(_MANY)))
    expect("mass insertion", f"errors: 0, replies: {_MANY}" in answer, True)
    keys = cli("--scan", "--pattern", "many:*").split()
    expect("scan", [len(keys), len(set(keys))], [_MANY, _MANY])
    expect("info", "redis_version:" in cli("info", "server"), True)
    return f"{_MANY:,} keys inserted and scanned"


def redis_benchmark(work: Work) -> str:
    """Its usual commands, 50 connections, sixteen at a time."""
    words = ("-q", "--csv", "-n", "20000", "-c", "50", "-P", "16", "-r", "1000", "-t", _TESTS)
    lines = work.run("redis-benchmark", *_where(work), *words).splitlines()
    rows = [line.strip('"').split('","') for line in lines if line.startswith('"') and not line.startswith('"test"')]
    rates = {row[0]: float(row[1]) for row in rows}
    slow = [name for name, rate in rates.items() if rate < _LEAST_PER_S]
    if len(rates) < _TESTS.count(",") + 1 or slow:
        raise Failed(f"rates: {rates}")
    return ", ".join(f"{name} {rates[name] / 1000:.0f} k/s" for name in ("SET", "GET") if name in rates)
