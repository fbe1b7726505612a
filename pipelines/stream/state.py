"""State: the streams in Redis. One script per transition; each answers with a verdict and the stream as it then is.

    state = StreamState(connect("redis://redis:6379/0"), prefix="")
    answer = await state.run("begin_final", meta, meta.last_activity_at, meta.size_seen, meta.mtime_ns)

A verdict is `OK` (done, now or by an earlier run), `FENCED` (the caller owns the stream no more), `REFUSED` (the
stream is not where the caller thinks), `ELSEWHERE` (another worker has it) or `GONE`. redis-py sends a command again
whose reply is lost, so every script may run twice; see `scripts/`.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from pipelines.stream.names import STATUSES, Keys, StreamId, identity
from pipelines.stream.records import Meta, Part
from pipelines.stream.scripts import SCRIPTS, SHAS

_PAGE: Final = 500


class RedisTrouble(Exception):
    """A command that was not answered, or not with an answer; nobody knows whether it was carried out."""


@dataclass(frozen=True)
class Answer:
    """What a script said: its verdict, Redis' time, and the stream (None if Redis has none of that id)."""

    verdict: str
    now_ms: int
    meta: Meta | None

    @property
    def ok(self) -> bool:
        return self.verdict == "OK"


def connect(url: str, *, timeout_s: float = 5.0, connections_max: int = 64, retries: int = 3) -> "Redis":
    """A client with time limits, and with its retries said: a lost reply is asked for again so often."""
    retry = Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.05), retries)
    made: Redis = Redis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        max_connections=connections_max,
        retry=retry,
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=30,
    )
    return made


class StreamState:
    """All that is done to streams in Redis."""

    def __init__(self, redis: "Redis", *, prefix: str = "") -> None:
        self.redis = redis
        self.keys = Keys(prefix)

    async def run(self, script: str, meta: Meta, *args: object) -> Answer:
        """A transition by the owner that `meta` names."""
        return await self.run_as(script, meta.id, meta.owner, meta.epoch, *args)

    async def run_as(self, script: str, stream: str, owner: str, epoch: int, *args: object) -> Answer:
        """A transition by anyone."""
        keys = self.keys.for_script(stream)
        words = [stream, owner, str(epoch), *map(_word, args)]
        try:
            reply = await _awaited(self.redis.evalsha(SHAS[script], len(keys), *keys, *words))
        except NoScriptError:
            reply = await _awaited(self.redis.eval(SCRIPTS[script].text, len(keys), *keys, *words))
        return _answer(stream, reply)

    async def renew(self, metas: Sequence[Meta], ttl_ms: int) -> dict[str, str]:
        """The verdicts on many leases at once, by stream."""
        verdicts: dict[str, str] = {}
        for first in range(0, len(metas), _PAGE):
            page = metas[first : first + _PAGE]
            replies = await self._renew_page(page, ttl_ms)
            verdicts |= {meta.id: _answer(meta.id, reply).verdict for meta, reply in zip(page, replies, strict=True)}
        return verdicts

    async def _renew_page(self, page: Sequence[Meta], ttl_ms: int) -> list[Any]:
        for again in (False, True):
            pipe = self.redis.pipeline(transaction=False)
            if again:
                pipe.script_load(SCRIPTS["renew"].text)
            for meta in page:
                keys = self.keys.for_script(meta.id)
                pipe.evalsha(SHAS["renew"], len(keys), *keys, meta.id, meta.owner, str(meta.epoch), str(ttl_ms))
            replies: list[Any] = (await _awaited(pipe.execute(raise_on_error=False)))[again:]
            errors = [reply for reply in replies if isinstance(reply, Exception)]
            if not errors:
                return replies
            if again or not all(isinstance(error, NoScriptError) for error in errors):
                raise RedisTrouble(f"{type(errors[0]).__name__}: {errors[0]}")
        raise AssertionError("unreachable")

    # --- what is read -------------------------------------------------------------------------------

    async def latest(self, dev: int, ino: int) -> str | None:
        """The id of the latest stream of a file."""
        found = await _awaited(self.redis.hget(self.keys.index, identity(dev, ino)))
        return cast(bytes, found).decode() if found else None

    async def meta(self, stream: str) -> Meta | None:
        """A stream, without touching it."""
        words = await _awaited(self.redis.hgetall(self.keys.meta(stream)))
        return Meta.parse(stream, words) if words else None

    async def parts(self, stream: str) -> dict[int, Part]:
        """The parts that are recorded, in order."""
        words = await _awaited(self.redis.hgetall(self.keys.parts(stream)))
        return {n: Part.parse(n, text) for n, text in sorted((int(number), text) for number, text in words.items())}

    async def members(self, status: str) -> list[str]:
        """The ids in the set of a status."""
        return sorted([item async for item in self._scan_set(self.keys.of_status(status))])

    async def _scan_set(self, key: str) -> AsyncIterator[str]:
        cursor, seen = 0, set()
        while True:
            cursor, page = await _awaited(self.redis.sscan(key, cursor, count=_PAGE))
            for item in page:
                if item not in seen:
                    seen.add(item)
                    yield item.decode()
            if not int(cursor):
                return

    async def known(self) -> list[str]:
        """The ids of every meta hash there is, whatever the sets say."""
        keys = self.keys
        pattern = keys.meta("*").replace("[", r"\[")
        before, after = keys.meta("*").split("*")
        found: set[str] = set()
        cursor = 0
        while True:
            cursor, page = await _awaited(self.redis.scan(cursor, match=pattern, count=_PAGE))
            names = (key.decode("utf-8", "replace")[len(before) : -len(after)] for key in page)
            found |= {name for name in names if StreamId.parse(name) is not None}
            if not int(cursor):
                return sorted(found)

    async def metas(self, streams: Iterable[str]) -> AsyncIterator[Meta]:
        """Many streams, in pages."""
        names = list(streams)
        for first in range(0, len(names), _PAGE):
            page = names[first : first + _PAGE]
            pipe = self.redis.pipeline(transaction=False)
            for name in page:
                pipe.hgetall(self.keys.meta(name))
            for name, words in zip(page, await _awaited(pipe.execute()), strict=True):
                if words:
                    yield Meta.parse(name, words)

    async def counts(self) -> dict[str, int]:
        """How many streams each set holds, and the abort queue."""
        pipe = self.redis.pipeline(transaction=False)
        for status in STATUSES:
            pipe.scard(self.keys.of_status(status))
        pipe.hlen(self.keys.abort_queue)
        counts = await _awaited(pipe.execute())
        return dict(zip([*STATUSES, "abort_queue"], map(int, counts), strict=True))

    async def now_ms(self) -> int:
        """Redis' clock."""
        seconds, micros = await _awaited(self.redis.time())
        return int(seconds) * 1000 + int(micros) // 1000

    async def replicated(self, replicas: int, timeout_s: float) -> int:
        """How many replicas have all that this client wrote: best effort, and no promise."""
        return int(await _awaited(self.redis.wait(replicas, round(timeout_s * 1000))))

    # --- the abort queue ----------------------------------------------------------------------------

    async def aborts_due(self, now_ms: int) -> list[tuple[str, str, str]]:
        """Uploads to be aborted whose time has come: bucket, key, upload id."""
        queue = await _awaited(self.redis.hgetall(self.keys.abort_queue))
        return sorted(_upload(field) for field, when in queue.items() if int(when) <= now_ms)

    async def abort_later(self, upload: tuple[str, str, str], when_ms: int) -> None:
        await _awaited(self.redis.hset(self.keys.abort_queue, "|".join(upload), str(when_ms)))

    async def aborted(self, upload: tuple[str, str, str]) -> None:
        """The upload is gone for good."""
        await _awaited(self.redis.hdel(self.keys.abort_queue, "|".join(upload)))


def _upload(field: bytes) -> tuple[str, str, str]:
    bucket, _, rest = field.decode().partition("|")
    key, _, upload_id = rest.rpartition("|")
    return bucket, key, upload_id


def _word(value: object) -> str | bytes:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else str(value)


def _answer(stream: str, reply: Any) -> Answer:
    verdict, now, *words = reply
    hashed = dict(zip(words[::2], words[1::2], strict=True))
    return Answer(_text(verdict), int(now), Meta.parse(stream, hashed) if hashed else None)


def _text(word: bytes | str) -> str:
    return word.decode() if isinstance(word, bytes) else word


async def _awaited(made: Any) -> Any:
    """The result of a command, or trouble with Redis; NOSCRIPT is neither."""
    try:
        return await made
    except NoScriptError:
        raise
    except (RedisError, OSError, TimeoutError) as error:
        raise RedisTrouble(f"{type(error).__name__}: {error}") from error
