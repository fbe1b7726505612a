"""A script that runs twice leaves what it left the first time; one whose caller is not the owner leaves nothing.

Shown on a real redis-server; the stories of the simulated world run every script twice as well.
"""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from pipelines.stream.records import Intent, Meta
from pipelines.stream.scripts import SCRIPTS
from pipelines.stream.state import Answer, StreamState, connect

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server"),
]

ID = "cam/lobby.1-2-1.0"
INTENT = Intent("U", 20, "e-2", ("m1", "m2"))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 0.1).close()
                break
            except OSError:
                time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


class Stage:
    """A stream that is brought to where a script is to be seen."""

    def __init__(self, state: StreamState) -> None:
        self.state = state
        self.meta = Meta(ID, owner="me", epoch=0)

    async def run(self, script: str, *args: object) -> Answer:
        answer = await self.state.run(script, self.meta, *args)
        if answer.meta is not None:
            self.meta = answer.meta
        return answer

    async def at(self, *steps: str) -> "Stage":
        for step in steps:
            answer = await self.run(step, *STEPS[step])
            assert answer.ok, (step, answer)
        return self

    async def kept(self) -> dict[Any, Any]:
        """All that Redis holds."""
        redis, found = self.state.redis, dict[Any, Any]()
        for key in sorted(await redis.keys(f"{self.state.keys.prefix}*")):
            kind = await redis.type(key)
            found[key] = await (redis.smembers(key) if kind == b"set" else redis.hgetall(key))
        return found


FIELDS = ("path", "/m/lobby.mp4", "key", "k", "bucket", "b", "rev", 0, "part_plan", "double-10", "size_seen", 5)
STEPS: dict[str, tuple[object, ...]] = {
    "new": (30_000, "", "1-2", 1, f"{ID}/1", *FIELDS, "mtime_ns", 7, "dev", 1, "ino", 2),
    "acquire": (30_000, "me/1"),
    "renew": (30_000,),
    "release": (),
    "touch": (20, 8, "/m/lobby.mp4"),
    "set_upload": ("U", 1),
    "rec_part": ("U", 1, 1, 0, 10, "m1", "m1"),
    "drop_parts": ("U", 1, 1),
    "begin_final": (),
    "commit_intent": ("U", INTENT.text(), 20, 8),
    "publish": ("e-2", 20, f"{ID}/1", 1, 0, 1),
    "finish": ("{}", "ok", 60_000),
    "mark_abort": ("missing_file",),
    "fail": ("missing_file", "0", 60_000),
    "restart": (1, 2, f"{ID}/2", "truncated"),
    "put_off": (1, 500, "slow"),
    "see": (60_000,),
    "same_content": (20, 9),
    "orphaned": ("b", "k", "V", 1),
    "repair": (),
    "revive": (2, f"{ID}/2"),
}
BEFORE: dict[str, tuple[str, ...]] = {
    "new": (),
    "set_upload": ("new",),
    "rec_part": ("new", "set_upload"),
    "drop_parts": ("new", "set_upload", "rec_part"),
    "begin_final": ("new", "set_upload", "touch"),
    "commit_intent": ("new", "set_upload", "touch", "rec_part", "begin_final"),
    "publish": ("new", "set_upload", "touch", "begin_final", "commit_intent"),
    "finish": ("new", "set_upload", "touch", "begin_final", "commit_intent", "publish"),
    "same_content": ("new", "set_upload", "touch", "begin_final", "commit_intent", "publish", "finish"),
    "see": ("new", "set_upload", "touch", "begin_final", "commit_intent", "publish", "finish"),
    "fail": ("new", "set_upload", "mark_abort"),
    "restart": ("new", "set_upload", "rec_part"),
    "revive": ("new", "set_upload", "mark_abort", "fail"),
}
UNFENCED = {"new", "acquire", "see", "same_content", "orphaned", "repair", "revive"}


def staged(url: str, prefix: str, story: Callable[[Stage], Awaitable[None]]) -> None:
    """Play a story on keys of its own."""

    async def main() -> None:
        redis = connect(url)
        state = StreamState(redis, prefix=f"{prefix}:")
        stage = Stage(state)
        try:
            await story(stage)
        finally:
            await redis.aclose()

    asyncio.run(main())


def words(stage: Stage, script: str) -> tuple[object, ...]:
    """What a script takes; the comparison of `begin_final` is with what is there."""
    meta = stage.meta
    return (meta.last_activity_at, meta.size_seen, meta.mtime_ns) if script == "begin_final" else STEPS[script]


async def reach(stage: Stage, script: str) -> None:
    for step in BEFORE.get(script, ("new", "set_upload")):
        answer = await stage.run(step, *words(stage, step))
        assert answer.ok, (step, answer)


def without_time(kept: dict[Any, Any]) -> dict[Any, Any]:
    """A lease that is renewed is renewed until later; nothing else may move."""
    meta: dict[Any, Any] = next((value for key, value in kept.items() if key.endswith(b":meta")), {})
    meta.pop(b"lease_until", None)
    return kept


def test_every_script_is_shown() -> None:
    assert set(STEPS) == set(SCRIPTS)


@pytest.mark.parametrize("script", sorted(STEPS))
def test_twice_is_as_good_as_once(url: str, script: str) -> None:
    async def story(stage: Stage) -> None:
        await reach(stage, script)
        asked, caller = words(stage, script), stage.meta
        first = await stage.state.run(script, caller, *asked)
        once = without_time(await stage.kept())
        await asyncio.sleep(0.003)
        second = await stage.state.run(script, caller, *asked)

        assert first.ok
        assert second.ok or script == "revive"
        assert without_time(await stage.kept()) == once

    staged(url, f"twice-{script}", story)


@pytest.mark.parametrize("script", sorted(set(STEPS) - UNFENCED))
@pytest.mark.parametrize(("owner", "epoch"), [("other", 1), ("me", 0), ("me", 2)])
def test_who_is_not_the_owner_changes_nothing(url: str, script: str, owner: str, epoch: int) -> None:
    async def story(stage: Stage) -> None:
        await reach(stage, script)
        before = await stage.kept()

        answer = await stage.state.run_as(script, ID, owner, epoch, *words(stage, script))

        assert answer.verdict == "FENCED"
        assert await stage.kept() == before

    staged(url, f"fenced-{script}-{owner}-{epoch}", story)


def test_the_sum_of_the_parts_is_the_sum_of_those_that_follow_each_other(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.at("new", "set_upload")
        seen = []
        for n, size in ((3, 10), (1, 10), (2, 10), (2, 10), (4, 4), (4, 10)):
            await stage.run("rec_part", "U", 1, n, (n - 1) * 10, size, "m", "m")
            seen.append((stage.meta.contiguous, stage.meta.bytes_sent))
        await stage.run("drop_parts", "U", 1, 2)
        seen.append((stage.meta.contiguous, stage.meta.bytes_sent))

        assert seen == [(0, 0), (1, 10), (3, 30), (3, 30), (4, 34), (4, 40), (1, 10)]

    staged(url, "sums", story)


def test_a_part_of_another_attempt_is_not_recorded(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.at("new", "set_upload", "rec_part", "restart")

        answer = await stage.run("rec_part", *STEPS["rec_part"])

        assert answer.verdict == "REFUSED"
        assert await stage.state.parts(ID) == {}
        assert (stage.meta.attempt, stage.meta.token, stage.meta.bytes_sent) == (2, f"{ID}/2", 0)
        assert list(await stage.state.aborts_due(await stage.state.now_ms())) == [("b", "k", "U")]

    staged(url, "attempts", story)


def test_a_promise_is_never_changed(url: str) -> None:
    async def story(stage: Stage) -> None:
        await reach(stage, "publish")

        other = await stage.run("commit_intent", "U", Intent("U", 10, "x-1", ("m1",)).text(), 20, 8)
        touched = await stage.run("touch", 99, 99, "/m/lobby.mp4")

        assert other.verdict == "REFUSED"
        assert touched.ok
        assert (stage.meta.promised, stage.meta.size_seen, stage.meta.phase) == (INTENT, 20, "committing")

    staged(url, "promise", story)


def test_a_write_calls_a_stream_back_from_completion_as_long_as_nothing_is_promised(url: str) -> None:
    async def story(stage: Stage) -> None:
        await reach(stage, "commit_intent")

        await stage.run("touch", 21, 9, "/m/lobby.mp4")

        assert (stage.meta.status, stage.meta.phase) == ("active", "uploading")
        assert await stage.state.members("active") == [ID]
        assert await stage.state.members("pending_completion") == []

    staged(url, "called-back", story)


def test_completion_does_not_begin_if_something_has_happened_since_the_caller_looked(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.at("new", "set_upload", "touch")
        seen = stage.meta

        for stale in (
            (seen.last_activity_at - 1, seen.size_seen, seen.mtime_ns),
            (seen.last_activity_at, seen.size_seen - 1, seen.mtime_ns),
            (seen.last_activity_at, seen.size_seen, seen.mtime_ns - 1),
        ):
            assert (await stage.run("begin_final", *stale)).verdict == "REFUSED"

    staged(url, "cas", story)


def test_of_two_that_meet_a_new_file_one_begins_its_stream(url: str) -> None:
    async def story(stage: Stage) -> None:
        first = await stage.state.run_as("new", ID, "me", 0, *STEPS["new"])
        second = await stage.state.run_as("new", ID, "other", 0, *STEPS["new"])
        third = await stage.state.run_as("new", "hall.1-2-1.0", "other", 0, *STEPS["new"])

        assert (first.verdict, second.verdict, third.verdict) == ("OK", "ELSEWHERE", "ELSEWHERE")
        assert await stage.state.latest(1, 2) == ID

    staged(url, "two", story)


def test_a_lease_is_another_s_until_it_is_over_or_given_back(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.run("new", 80, *STEPS["new"][1:])
        held = await stage.state.run_as("acquire", ID, "other", 0, 30_000, "other/1")
        await asyncio.sleep(0.1)
        taken = await stage.state.run_as("acquire", ID, "other", 0, 30_000, "other/2")
        fenced = await stage.run("release")

        assert (held.verdict, taken.verdict, fenced.verdict) == ("ELSEWHERE", "OK", "FENCED")
        assert taken.meta is not None
        assert (taken.meta.owner, taken.meta.epoch) == ("other", 2)

    staged(url, "lease", story)


def test_an_upload_that_is_to_be_aborted_becomes_nobodys(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.at("new")
        await stage.run("orphaned", "b", "k", "U", 1)

        refused = await stage.run("set_upload", "U", 1)

        assert refused.verdict == "REFUSED"
        assert stage.meta.upload_id == ""

    staged(url, "orphan", story)


def test_an_upload_that_its_stream_refers_to_is_no_orphan(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.at("new")
        early = await stage.state.run_as("orphaned", ID, "", 0, "b", "k", "V", 0)
        await stage.at("set_upload")
        mine = await stage.state.run_as("orphaned", ID, "", 0, "b", "k", "U", 1)
        unknown = await stage.state.run_as("orphaned", "x.9-9-1.0", "", 0, "b", "k", "U", 0)
        other = await stage.state.run_as("orphaned", ID, "", 0, "b", "k", "V", 0)

        assert [each.verdict for each in (early, mine, unknown, other)] == ["REFUSED", "REFUSED", "REFUSED", "OK"]

    staged(url, "no-orphan", story)


def test_sets_that_went_astray_follow_the_hash(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.at("new", "set_upload")
        keys = stage.state.keys
        await stage.state.redis.smove(keys.of_status("active"), keys.of_status("failed"), ID)
        await stage.state.redis.sadd(keys.of_status("active"), "gone.3-4-1.0")

        await stage.run("repair")
        await stage.state.run_as("repair", "gone.3-4-1.0", "", 0)

        assert await stage.state.members("active") == [ID]
        assert await stage.state.members("failed") == []

    staged(url, "repair", story)


def test_scripts_that_redis_forgot_are_sent_again(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.at("new")
        await stage.state.redis.script_flush()
        assert await stage.state.renew([stage.meta], 30_000) == {ID: "OK"}
        await stage.state.redis.script_flush()
        assert (await stage.run("touch", 6, 9, "/m/lobby.mp4")).ok

    staged(url, "forgot", story)


def test_a_path_that_is_no_text_is_kept_as_it_is(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.at("new", "set_upload")
        await stage.run("touch", 6, 9, "/m/caf\udce9 ü.mp4")

        found = await stage.state.meta(ID)

        assert found is not None
        assert found.path == "/m/caf\udce9 ü.mp4"

    staged(url, "paths", story)
