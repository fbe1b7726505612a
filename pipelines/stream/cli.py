"""Command line: `python -m pipelines stream`, from its words to its exit code."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, Final

from redis.asyncio import Redis

from pipelines.stream import grammar, logs, status
from pipelines.stream.embedded import NotReady, reached
from pipelines.stream.grammar import PROGRAM, Misuse, complain
from pipelines.stream.kinds import without_secret
from pipelines.stream.names import token_of
from pipelines.stream.resolving import SettingError, resolve
from pipelines.stream.settings import Settings
from pipelines.stream.state import RedisTrouble, StreamState, connect

MISUSE: Final = 2
UNREACHABLE: Final = 3
_NEEDED: Final[dict[str, tuple[str, ...]]] = {"run": ("watch", "bucket"), "doctor": ("bucket",)}
_PATIENCE_S: Final = 5.0
Command = Callable[[Settings, dict[str, Any]], Coroutine[Any, Any, int]]


def main(words: list[str]) -> int:
    """Do what the words say; the exit code."""
    try:
        command, given = grammar.read(words)
        settings = resolve(given, grammar.environment(), needed=_NEEDED.get(command, ()))
    except (Misuse, SettingError) as error:
        complain(str(error), f"{PROGRAM} --help")
        return MISUSE
    if given["show_settings"]:
        for name, text in settings.shown().items():
            sys.stdout.write(f"{name:20} {text}\n")
        return 0
    logs.set_up(level=settings.log_level if command == "run" else "error", form=settings.log_format)
    try:
        return asyncio.run(_COMMANDS[command](settings, given))
    except NotReady as error:
        complain(f"--embedded: its servers did not start: {error}", "is another worker using the same --data?")
        return UNREACHABLE
    except BrokenPipeError:
        sys.stderr.close()  # Whoever read us has gone; there is nobody to tell.
        return 0


async def _run(settings: Settings, given: dict[str, Any]) -> int:
    from pipelines.stream.program import work

    return await work(settings)


# --- what an operator asks ----------------------------------------------------------------------------------


@asynccontextmanager
async def _state(settings: Settings) -> AsyncIterator[StreamState]:
    async with reached(settings) as found:
        redis = connect(found.redis, timeout_s=_PATIENCE_S, retries=0)
        try:
            yield StreamState(redis, prefix=found.redis_prefix)
        finally:
            await redis.aclose()


def _asking(act: Callable[[StreamState, Settings, dict[str, Any]], Awaitable[int]]) -> Command:
    """A command that asks Redis, and says so when that does not answer."""

    async def run(settings: Settings, given: dict[str, Any]) -> int:
        try:
            async with _state(settings) as state:
                return await act(state, settings, given)
        except RedisTrouble as error:
            complain(f"Redis at {without_secret(settings.redis)}: {without_secret(str(error))}", f"{PROGRAM} doctor")
            return UNREACHABLE

    return run


async def _status(state: StreamState, settings: Settings, given: dict[str, Any]) -> int:
    seen = await status.overview(state, completed=given["all"])
    sys.stdout.write(status.overview_json(seen) if given["json"] else status.overview_words(seen))
    return 1 if seen.counts.get("failed") else 0


async def _inspect(state: StreamState, settings: Settings, given: dict[str, Any]) -> int:
    meta = await status.find(state, given["key"], prefix=settings.prefix)
    if meta is None:
        return _unknown(given["key"])
    parts, now_ms = await state.parts(meta.id), await state.now_ms()
    if given["json"]:
        sys.stdout.write(json.dumps(status.facts(meta, parts, now_ms), ensure_ascii=True) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in status.facts_words(meta, parts, now_ms)))
    return 0


async def _retry(state: StreamState, settings: Settings, given: dict[str, Any]) -> int:
    meta = await status.find(state, given["key"], prefix=settings.prefix)
    if meta is None:
        return _unknown(given["key"])
    attempt = meta.attempt + 1
    answer = await state.run_as("revive", meta.id, "", 0, attempt, token_of(meta.id, attempt))
    if not answer.ok or answer.meta is None:
        complain(f"{meta.id} is {meta.status}: only what has failed can be taken up again")
        return 1
    sys.stdout.write(f"{meta.id} is {answer.meta.status}/{answer.meta.phase}; a worker takes it up at its next round\n")
    return 0


def _unknown(key: str) -> int:
    complain(f"there is no stream {status.plain(key)}", f"{PROGRAM} status --all")
    return 1


async def _doctor(settings: Settings, given: dict[str, Any]) -> int:
    # A client of S3 takes longer to import than Redis takes to answer the other commands.
    from pipelines.stream import doctor
    from pipelines.stream.store import Store
    from pipelines.stream.wiring import access_of, policy_of

    async with reached(settings) as found, Store(policy_of(found), access_of(found)) as store:
        redis: Redis = connect(found.redis, timeout_s=_PATIENCE_S, retries=0)
        try:
            findings = await doctor.Doctor(found, s3=store.client, redis=redis).findings()
        finally:
            await redis.aclose()
    if given["json"]:
        sys.stdout.write(json.dumps({"findings": [asdict(each) for each in findings]}) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in doctor.words(findings)))
    return doctor.exit_code(findings)


_COMMANDS: Final[dict[str, Command]] = {
    "run": _run,
    "status": _asking(_status),
    "inspect": _asking(_inspect),
    "retry": _asking(_retry),
    "doctor": _doctor,
}
