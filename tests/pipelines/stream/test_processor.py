"""StreamProcessor in a simulated world: whatever a file does, what is published is the file, and nothing is left over.

The program is the real one, with its real client libraries; the S3 runs on AWS's rules, and Redis runs every script
twice to see whether that changes anything.
"""

import asyncio
import json
import os

import pytest

from pipelines.stream.publishing import Described, Published
from simulator.faults.clock import ClockJump
from tests.support.stories.stream_world import PART, POLICY, Board, Site, policy, told

DATA = bytes(range(256)) * 40
DONE = [
    ("active", "init"),
    ("active", "uploading"),
    ("pending_completion", "draining"),
    ("pending_completion", "committing"),
    ("pending_completion", "publishing"),
    ("completed", "done"),
]


async def grow(site: Site, name: str, data: bytes, *, step: int = 512, pause_s: float = 1.0) -> None:
    """A recorder appends."""
    for start in range(0, len(data), step):
        await site.write(name, data[start : start + step])
        await asyncio.sleep(pause_s)


def test_a_file_that_grows_is_uploaded_meanwhile_and_completed_when_it_is_quiet() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA[:2560])
        assert site.s3.store.buckets["films"].open_uploads()[0].parts.keys() == {1, 2}
        assert site.objects == {}

    seen = told(story)

    assert list(seen.site.objects.values()) == [DATA[:2560]]
    assert seen.states == DONE
    assert seen.site.open_uploads == []
    (meta,) = seen.board.metas.values()
    assert (meta.bytes_sent, meta.object_size, meta.contiguous, meta.attempt) == (2560, 2560, 3, 1)
    assert meta.token == f"{meta.id}/1"
    assert seen.board.counts == {"active": 0, "pending_completion": 0, "completed": 1, "failed": 0, "abort_queue": 0}


def test_without_trouble_no_byte_is_sent_twice_and_few_questions_are_asked() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA)

    seen = told(story)

    parts = -(-len(DATA) // PART)
    assert seen.calls("UploadPart") == parts
    upkeep = seen.calls("ListMultipartUploads")
    assert len([*seen.run.trace.of("s3.request")]) - upkeep <= parts + 5


def test_a_head_that_is_patched_at_close_is_sent_again_and_nothing_else_is() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA[:2560])
        await site.write("lobby.mp4", b"mdat", at=41)

    seen = told(story)

    assert list(seen.site.objects.values()) == [DATA[:41] + b"mdat" + DATA[45:2560]]
    assert seen.calls("UploadPart") == 4


def test_a_file_whose_every_byte_moves_at_close_is_sent_again() -> None:
    moved = DATA[100:2560] + DATA[:100]

    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA[:2560])
        await site.write("lobby.mp4", moved, at=0)

    seen = told(story)

    assert list(seen.site.objects.values()) == [moved]


def test_a_file_below_one_part_is_one_short_part() -> None:
    async def story(site: Site) -> None:
        await site.write("lobby.mp4", b"film")

    assert list(told(story).site.objects.values()) == [b"film"]


def test_an_empty_file_fails_and_bytes_revive_it() -> None:
    async def story(site: Site) -> None:
        await site.write("lobby.mp4", b"")
        await asyncio.sleep(20)
        assert site.objects == {}
        await site.write("lobby.mp4", b"film")

    seen = told(story)

    assert seen.site.statuses() == {"lobby.0": "no_parts", "lobby.1": "completed"}
    assert list(seen.site.objects.values()) == [b"film"]
    assert seen.site.open_uploads == []


def test_a_write_after_completion_is_the_next_revision() -> None:
    async def story(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])
        await asyncio.sleep(20)
        assert list(site.objects.values()) == [DATA[:1500]]
        await site.write("lobby.mp4", DATA[1500:1600])

    seen = told(story)

    assert seen.site.statuses() == {"lobby.0": "completed", "lobby.1": "completed"}
    assert sorted(seen.site.objects.values(), key=len) == [DATA[:1500], DATA[:1600]]


def test_a_completed_file_that_is_only_touched_stays_completed() -> None:
    async def story(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])
        await asyncio.sleep(20)
        await site.do(os.utime, "/media/lobby.mp4")
        await asyncio.sleep(5)

    seen = told(story)

    assert seen.site.statuses() == {"lobby.0": "completed"}
    assert seen.calls("UploadPart") == 2


def test_a_write_between_the_end_of_the_idle_time_and_the_promise_calls_the_stream_back() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA[:1500])
        site.s3.troubles.on("slow-first-byte:operation=ListParts,times=1,seconds=4")
        while "begin_final" not in site.board.effects:
            await asyncio.sleep(0.2)
        await asyncio.sleep(1)
        await site.write("lobby.mp4", DATA[1500:1700])

    seen = told(story)

    assert seen.site.statuses() == {"lobby.0": "completed"}
    assert list(seen.site.objects.values()) == [DATA[:1700]]
    assert seen.states[3] == ("active", "uploading")


def test_a_file_that_vanishes_fails_its_stream_and_leaves_nothing() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA[:2560])
        await site.do(os.unlink, "/media/lobby.mp4")

    seen = told(story)

    assert seen.site.statuses() == {"lobby.0": "missing_file"}
    assert (seen.site.objects, seen.site.open_uploads) == ({}, [])


def test_what_was_uploaded_of_a_file_that_vanishes_can_be_salvaged() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA[:2560])
        await site.do(os.unlink, "/media/lobby.mp4")

    seen = told(story, board=Board(policy=policy(salvage=True)))

    assert list(seen.site.objects.values()) == [DATA[:2000]]
    (meta,) = seen.board.metas.values()
    assert (meta.status, meta.short, meta.object_size) == ("completed", 1, 2000)


def test_a_file_that_is_truncated_begins_anew() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA[:2560])
        await site.do(os.truncate, "/media/lobby.mp4", 100)
        await asyncio.sleep(2)
        await grow(site, "lobby.mp4", DATA[:1500])

    seen = told(story)

    assert list(seen.site.objects.values()) == [DATA[:100] + DATA[:1500]]
    assert [meta.attempt for meta in seen.board.metas.values()] == [2]
    assert seen.site.open_uploads == []


def test_a_file_that_is_replaced_is_another_stream() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA[:2560])
        await site.write("lobby.new", b"another")
        await site.do(os.replace, "/media/lobby.new", "/media/lobby.mp4")

    seen = told(story)

    reasons = sorted(meta.reason or meta.status for meta in seen.board.metas.values())
    assert reasons == ["completed", "file_replaced"]
    assert list(seen.site.objects.values()) == [b"another"]
    assert seen.site.open_uploads == []


def test_a_file_that_is_renamed_stays_one_stream() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.tmp", DATA[:2560])
        await site.do(os.rename, "/media/lobby.tmp", "/media/lobby.mp4")
        await grow(site, "lobby.mp4", DATA[2560:3500])

    seen = told(story)

    assert list(seen.site.objects.values()) == [DATA[:3500]]
    assert [(meta.path, meta.status) for meta in seen.board.metas.values()] == [("/media/lobby.mp4", "completed")]
    assert seen.calls("UploadPart") == 4


def test_a_file_that_goes_away_and_comes_back_is_a_generation_of_its_own() -> None:
    async def story(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])
        await asyncio.sleep(2)
        await site.do(os.rename, "/media/lobby.mp4", "/media/.away")
        site.board.hidden.add("/media/.away")
        await asyncio.sleep(5)
        await site.do(os.rename, "/media/.away", "/media/lobby.mp4")

    seen = told(story)

    assert [meta.reason or meta.status for meta in seen.board.metas.values()] == ["missing_file", "completed"]
    assert [stream.partition("-")[2] for stream in seen.board.metas] == ["11-1.0", "11-2.0"]
    assert list(seen.site.objects.values()) == [DATA[:1500]]


def test_two_names_of_one_file_are_one_stream() -> None:
    async def story(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])
        await site.do(os.link, "/media/lobby.mp4", "/media/other.mp4")

    seen = told(story)

    assert seen.site.statuses() == {"lobby.0": "completed"}
    assert seen.calls("UploadPart") == 2


def test_many_files_at_once_do_not_get_mixed_up() -> None:
    async def story(site: Site) -> None:
        films = {f"cam{i}.mp4": DATA[i * 7 : i * 7 + 3000 + i] for i in range(12)}
        await asyncio.gather(*(grow(site, name, data, step=700, pause_s=0.7) for name, data in films.items()))

    seen = told(story)

    objects = {key.partition(".")[0]: data for key, data in seen.site.objects.items()}
    assert objects == {f"cam{i}": DATA[i * 7 : i * 7 + 3000 + i] for i in range(12)}
    assert seen.site.open_uploads == []


def test_the_size_of_parts_doubles_and_every_page_of_the_list_is_read() -> None:
    data = bytes(range(251)) * 5
    tiny = policy(part_base_bytes=1, parts_in_flight=16, part_memory_bytes=64)

    async def story(site: Site) -> None:
        await site.write("lobby.mp4", data)

    seen = told(story, board=Board(policy=tiny))

    (meta,) = seen.board.metas.values()
    assert meta.contiguous == 1000 + (len(data) - 1000 + 1) // 2
    assert list(seen.site.objects.values()) == [data]
    assert seen.calls("ListParts") == 4


def test_large_parts_are_streamed_from_the_file() -> None:
    async def story(site: Site) -> None:
        await grow(site, "lobby.mp4", DATA[:2560])

    seen = told(story, board=Board(policy=policy(part_memory_bytes=100)))

    assert list(seen.site.objects.values()) == [DATA[:2560]]


def test_a_jump_of_the_wall_clock_completes_nothing_early() -> None:
    async def story(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])
        await asyncio.sleep(6)
        ClockJump("worker", 3600.0).begin(site.world)
        await asyncio.sleep(8)
        assert site.objects == {}

    seen = told(story)

    assert list(seen.site.objects.values()) == [DATA[:1500]]
    assert seen.run.trace.count("log", message="stream.clock")


def test_a_recording_is_described_beside_it_and_in_redis() -> None:
    async def describe(published: Published) -> Described:
        return Described(status="ok", text=json.dumps({"size": published.size, "parts": published.parts}))

    async def story(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])

    seen = told(story, board=Board(describe=describe))

    (meta,) = seen.board.metas.values()
    assert (meta.metadata_status, json.loads(meta.metadata)) == ("ok", {"size": 1500, "parts": 2})
    assert json.loads(seen.site.objects[f"{meta.key}.json"]) == {"size": 1500, "parts": 2}


def test_what_goes_wrong_with_the_description_fails_no_recording() -> None:
    async def describe(published: Published) -> Described:
        raise RuntimeError("no idea")

    async def story(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])

    seen = told(story, board=Board(describe=describe), faults=("s3.error-before:operation=PutObject",))

    (meta,) = seen.board.metas.values()
    assert (meta.status, meta.metadata_status) == ("completed", "error")


@pytest.mark.parametrize("kill", [False, True])
def test_two_workers_do_the_work_of_one(kill: bool) -> None:
    async def story(site: Site) -> None:
        other = site.second_worker()
        await grow(site, "lobby.mp4", DATA[:2560])
        await grow(site, "hall.mp4", DATA[:1500])
        if kill:
            site.worker.kill()
        await site.until_over(2)
        other.stop()

    seen = told(story)

    assert sorted(seen.site.objects.values(), key=len) == [DATA[:1500], DATA[:2560]]
    assert all(meta.status == "completed" for meta in seen.board.metas.values())
    assert seen.site.open_uploads == []


def test_a_processor_that_is_closed_gives_its_stream_back_at_once() -> None:
    async def story(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])
        await asyncio.sleep(3)
        site.board.close = True

    seen = told(story)

    began, taken = (seen.run.trace.of("log", message=message).first() for message in ("stream.state", "stream.taken"))
    assert taken.at_ns - began.at_ns < 5e9 < POLICY.lease_ttl_s * 1e9
    assert list(seen.site.objects.values()) == [DATA[:1500]]
