"""Wherever it is cut, whatever is lost on the way: in the end the object is the file, and nothing is left over.

One story (a file grows, its head is patched at close) is told with a death after its first, second, third ... effect,
until a telling comes through without one; then with every trouble of S3 at every call, and of Redis at every script.
"""

import asyncio

import pytest

from tests.support.stories.stream_world import Board, Site, Told, policy, told

# redis-py is killed in the midst of closing a connection; on a machine nobody would be there to say so.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object AbstractConnection.disconnect")

DATA = bytes(range(256)) * 10
FILM = DATA[:40] + b"mdat" + DATA[44:]

CALLS = ("CreateMultipartUpload", "UploadPart", "ListParts", "CompleteMultipartUpload", "HeadObject")
TROUBLES = (
    "request-lost",
    "reply-lost",
    "late:seconds=8",
    "twice",
    "slow-first-byte:seconds=8",
    "cut-body",
    "reset-before",
    "reset-during",
    "reset-after",
    "error-before",
    "error-after",
    "throttled",
    "malformed-chunk",
    "expired-credentials",
)
REDIS_TROUBLES = (
    "request-lost",
    "reply-lost",
    "late:seconds=8",
    "twice",
    "cut-reply",
    "reset-before",
    "reset-after",
    "loading",
    "busy",
    "oom",
    "readonly",
    "error",
    "restart",
    "forget-scripts",
)


async def story(site: Site) -> None:
    for start in range(0, len(DATA), 512):
        await site.write("lobby.mp4", DATA[start : start + 512])
        await asyncio.sleep(1)
    await site.write("lobby.mp4", b"mdat", at=40)


def whole(seen: Told) -> None:
    struck = {**seen.site.s3.troubles.hits, **{-number: hits for number, hits in seen.site.redis.troubles.hits.items()}}
    assert all(struck.values()), f"a trouble never struck: {struck}"
    assert list(seen.site.objects.values()) == [FILM]
    assert seen.site.statuses() == {"lobby.0": "completed"}
    assert seen.site.open_uploads == []
    assert seen.board.counts == {"active": 0, "pending_completion": 0, "completed": 1, "failed": 0, "abort_queue": 0}


@pytest.mark.slow
def test_a_death_after_any_effect_loses_nothing() -> None:
    for effect in range(1, 200):
        seen = told(story, board=Board(die_at=effect))
        whole(seen)
        if not seen.board.deaths:
            break
    else:
        raise AssertionError("there was a death in every telling")

    assert effect > 20


@pytest.mark.parametrize("script", ["set_upload", "create_multipart_upload", "complete_multipart_upload"])
def test_a_death_at_the_points_that_matter_most(script: str) -> None:
    effects = told(story).board.effects

    seen = told(story, board=Board(die_at=effects.index(script) + 1))

    whole(seen)
    assert seen.board.deaths == [script]


@pytest.mark.slow
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("operation", CALLS)
def test_a_trouble_of_s3_loses_nothing(operation: str, trouble: str) -> None:
    kind, _, rest = trouble.partition(":")
    fault = f"s3.{kind}:operation={operation},times=2" + (f",{rest}" if rest else "")

    seen = told(story, faults=(fault,))

    whole(seen)


@pytest.mark.parametrize("trouble", ["error-in-200", "error-in-200-after", "reply-lost", "error-after", "cut-body"])
def test_no_answer_to_complete_is_taken_at_its_word(trouble: str) -> None:
    whole(told(story, faults=(f"s3.{trouble}:operation=CompleteMultipartUpload,times=6",)))


@pytest.mark.parametrize("personality", ["swift", "radosgw", "localstack", "moto", "rclone", "minio"])
def test_servers_that_deviate_from_aws_lose_nothing(personality: str) -> None:
    fault = "s3.reply-lost:operation=CompleteMultipartUpload,times=1"

    whole(told(story, personality=personality, faults=(fault,)))


@pytest.mark.slow
@pytest.mark.parametrize("skip", range(0, 18, 4))
@pytest.mark.parametrize("trouble", REDIS_TROUBLES)
def test_a_trouble_of_redis_loses_nothing(trouble: str, skip: int) -> None:
    kind, _, rest = trouble.partition(":")
    fault = f"redis.{kind}:operation=EVALSHA,times=2,skip={skip}" + (f",{rest}" if rest else "")

    whole(told(story, faults=(fault,)))


def test_uploads_that_a_rule_of_the_bucket_has_swept_begin_anew() -> None:
    async def swept(site: Site) -> None:
        await story(site)
        site.s3.store.lose_uploads()

    seen = told(swept)

    whole(seen)
    assert [meta.attempt for meta in seen.board.metas.values()] == [2]


def test_an_upload_that_is_swept_after_the_promise_begins_anew() -> None:
    async def swept(site: Site) -> None:
        number = site.s3.troubles.on("error-before:operation=CompleteMultipartUpload")
        await story(site)
        while "commit_intent" not in site.board.effects:
            await asyncio.sleep(0.1)
        site.s3.store.lose_uploads()
        site.s3.troubles.off(number)

    whole(told(swept))


def test_a_part_that_was_overwritten_after_the_promise_is_restored() -> None:
    async def overwritten(site: Site) -> None:
        number = site.s3.troubles.on("error-before:operation=CompleteMultipartUpload")
        await story(site)
        while "commit_intent" not in site.board.effects:
            await asyncio.sleep(0.1)
        (upload,) = site.s3.store.buckets["films"].open_uploads()
        await site.put_part(upload.key, upload.id, 2, b"late" * 250)
        site.s3.troubles.off(number)

    seen = told(overwritten)

    whole(seen)
    assert seen.run.trace.count("s3.response", code="InvalidPart") == 1


def test_an_object_of_someone_else_is_not_overwritten() -> None:
    async def foreign(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])
        while "rec_part" not in site.board.effects:
            await asyncio.sleep(0.1)
        (upload,) = site.s3.store.buckets["films"].open_uploads()
        await site.put(upload.key, b"mine")

    seen = told(foreign)

    assert seen.site.statuses() == {"lobby.0": "key_taken", "lobby.1": "completed"}
    assert sorted(seen.site.objects.values(), key=len) == [b"mine", DATA[:1500]]
    assert seen.site.open_uploads == []


def test_a_redis_that_has_forgotten_everything_finds_what_was_completed_and_goes_on_with_the_rest() -> None:
    async def forgotten(site: Site) -> None:
        await site.write("hall.mp4", DATA[:1500])
        await asyncio.sleep(14)
        await site.write("lobby.mp4", DATA[:2000])
        await asyncio.sleep(2)
        assert site.redis.redis is not None
        site.redis.redis.server.keyspace.databases[0].data.clear()
        site.board.forget_done = True
        await site.write("lobby.mp4", DATA[2000:2100])

    seen = told(forgotten)

    assert seen.site.statuses() == {"hall.0": "completed", "lobby.0": "completed"}
    assert sorted(seen.site.objects.values(), key=len) == [DATA[:1500], DATA[:2100]]
    assert seen.site.open_uploads == []


def test_a_bucket_that_refuses_fails_the_stream_and_leaves_its_upload_open() -> None:
    seen = told(
        story,
        board=Board(policy=policy(denied_count_max=2)),
        faults=("s3.error-before:operation=UploadPart,status=403,code=AccessDenied",),
    )

    assert seen.site.statuses() == {"lobby.0": "access_denied"}
    assert len(seen.site.open_uploads) == 1


def test_a_stream_that_makes_no_progress_fails_when_its_tries_are_used_up() -> None:
    seen = told(
        story,
        board=Board(policy=policy(retry_count_max=3, call_tries_max=1)),
        faults=("s3.error-before:operation=UploadPart",),
    )

    assert seen.site.statuses() == {"lobby.0": "retries"}
    assert (seen.site.objects, seen.site.open_uploads) == ({}, [])


def test_a_part_that_s3_has_lost_is_sent_again_before_anything_is_promised() -> None:
    async def lost(site: Site) -> None:
        await story(site)
        (upload,) = site.s3.store.buckets["films"].open_uploads()
        del upload.parts[2]

    seen = told(lost)

    whole(seen)
    assert seen.run.trace.count("s3.response", code="InvalidPart") == 0
