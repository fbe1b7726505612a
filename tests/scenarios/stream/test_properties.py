"""Each property of streams is silent about a lawful story and speaks up at the event that breaks it."""

import json
from hashlib import md5
from typing import Any

import pytest

from simulator.oracles import judge
from simulator.oracles.fold import OracleFactory
from simulator.scenarios.stream.properties import ALWAYS, conduct, liveness, objects, peace, states
from simulator.trace.event import Event

ID, KEY, UPLOAD, PATH = "lobby.1-11-1.0", "lobby.1-11-1.0.mp4", "upload-1", "/media/lobby.mp4"
MIB = 1 << 20
PART = 5 * MIB
Told = tuple[str, dict[str, Any]]


def kept(*, parts: dict[str, Any] | None = None, sets: list[str] | None = None, **fields: Any) -> Told:
    """Redis keeps something else of the stream from now on."""
    told = {name: fields.pop(name) for name in ("rollback", "now_ms", "held_until_ms", "by") if name in fields}
    data: dict[str, Any] = {"stream": ID, "changed": {name: str(value) for name, value in fields.items()}} | told
    if parts is not None:
        data["parts"] = parts
    if sets is not None:
        data["sets"] = sets
    return "note", {"text": "stream.kept", "data": data}


def s3(operation: str, kind: str = "response", **fields: Any) -> Told:
    about = {"operation": operation, "bucket": "films", "key": KEY, "upload": UPLOAD}
    return f"s3.{kind}", about | ({"status": 200} if kind == "response" else {}) | fields


def made(**fields: Any) -> Told:
    about = {"key": KEY, "upload": UPLOAD, "size": 7, "etag": "e-1", "stamp": f"{ID}/1", "numbers": 1, "smallest": 0}
    return "note", {"text": "s3.published", "data": about | {"whole": True} | fields}


def write(offset: int = 0, size: int = 7) -> Told:
    return "fs.write", {"path": PATH, "offset": offset, "bytes": size}


def connection(number: int, service: str) -> Told:
    return "net.connect", {"conn": number, "src": "worker:32768", "dst": f"{service}:9"}


def at(second: float, told: Told) -> tuple[float, Told]:
    return second, told


BEGUN = kept(
    status="active", phase="init", sets=["active"], key=KEY, path=PATH, owner="a-1", epoch=1, attempt=1, bytes_sent=0,
    part_plan=f"double-{PART}", stamp=f"{ID}/1", last_activity_at=1000, now_ms=1000,
)  # fmt: skip
UPLOADING = kept(phase="uploading", upload_id=UPLOAD)
DRAINING = kept(status="pending_completion", phase="draining", sets=["pending_completion"])
DIGEST = "d41d8cd98f00b204e9800998ecf8427e"


def intent(size: int = 7, etag: str = "") -> str:
    whole = f"{md5(bytes.fromhex(DIGEST), usedforsecurity=False).hexdigest()}-1"
    return json.dumps({"etag": etag or whole, "etags": [DIGEST], "size": size, "upload_id": UPLOAD})


PART_1 = kept(parts={"1": [0, 7, DIGEST]}, bytes_sent=7, size_seen=7)
DONE = kept(
    status="completed", phase="done", sets=["completed"], etag="e-1", object_size=7, metadata_status="off"
)  # fmt: skip

Story = list[tuple[float, Told] | Told]
CASES: list[tuple[OracleFactory, Story, Story]] = [
    (states.one_set, [BEGUN, DRAINING], [BEGUN, kept(status="pending_completion")]),
    (states.lawful_steps, [BEGUN, UPLOADING, DRAINING], [BEGUN, UPLOADING, kept(status="completed", phase="done")]),
    (states.lawful_steps, [BEGUN, UPLOADING], [BEGUN, kept(phase="committing")]),
    (states.parts_follow_the_plan, [BEGUN, PART_1], [BEGUN, kept(parts={"2": [PART + 1, 7, "e"]})]),
    (
        states.parts_follow_the_plan,
        [BEGUN, kept(parts={"1": [0, PART, "e"], "2": [PART, 7, "f"]})],
        [BEGUN, kept(parts={"1": [0, 7, "e"], "2": [PART, 7, "f"]})],
    ),
    (states.parts_follow_the_plan, [BEGUN, PART_1], [BEGUN, kept(parts={"1": [0, 7, '"e"']})]),
    (states.bytes_sent_is_the_sum, [BEGUN, PART_1], [BEGUN, PART_1, kept(bytes_sent=14)]),
    (states.epochs_only_grow, [BEGUN, kept(owner="b-2", epoch=2)], [BEGUN, kept(owner="b-2", epoch=1)]),
    (
        states.one_lease,
        [BEGUN, kept(owner="b-2", epoch=2, held_until_ms=4000, now_ms=5000)],
        [BEGUN, kept(owner="b-2", epoch=2, held_until_ms=6000, now_ms=5000)],
    ),
    (
        states.owners_only,
        [
            BEGUN,
            kept(by=["a-1", 1], bytes_sent=7),
            kept(by=["b-2", 0], owner="b-2", epoch=2),
            kept(by=["b-2", 2], phase="x"),
        ],
        [BEGUN, kept(owner="b-2", epoch=2), kept(by=["a-1", 1], bytes_sent=7)],
    ),
    (states.owners_only, [BEGUN], [BEGUN, kept(by=["b-2", 0], owner="b-2", epoch=2, bytes_sent=7)]),
    (states.owners_only, [BEGUN, DRAINING, DONE, kept(by=["", 0], mtime_ns=7)], [BEGUN, kept(by=["", 0], mtime_ns=7)]),
    (states.one_set_in_the_end, [BEGUN, kept(sets=[]), kept(sets=["active"])], [BEGUN, kept(sets=[])]),
    (
        states.intents_add_up,
        [BEGUN, PART_1, kept(intent=intent())],
        [BEGUN, PART_1, kept(intent=intent(size=8))],
    ),
    (states.intents_add_up, [BEGUN], [BEGUN, PART_1, kept(intent=intent(etag="other-1"))]),
    (
        states.activity_only_grows,
        [BEGUN, kept(last_activity_at=2000, now_ms=2000)],
        [BEGUN, kept(last_activity_at=900, now_ms=2000)],
    ),
    (states.activity_only_grows, [BEGUN], [BEGUN, kept(last_activity_at=3000, now_ms=2000)]),
    (objects.completed_is_there, [BEGUN, made(), DONE], [BEGUN, DONE]),
    (objects.completed_is_there, [BEGUN, made(), DONE], [BEGUN, made(stamp=f"{ID}/2"), DONE]),
    (objects.completed_is_there, [BEGUN, made(), DONE], [BEGUN, made(size=8), DONE]),
    (objects.whole_states_only, [made()], [made(whole=False)]),
    (
        objects.parts_were_acknowledged,
        [BEGUN, UPLOADING, s3("UploadPart", part="1", checksum=DIGEST), PART_1],
        [BEGUN, UPLOADING, s3("UploadPart", part="1", checksum="another"), PART_1],
    ),
    (objects.lists_are_gapless, [made(numbers=2, smallest=PART)], [made(numbers=[1, 3])]),
    (objects.lists_are_gapless, [made(numbers=1)], [made(numbers=2, smallest=PART - 1)]),
    (objects.published_once, [made(), made(stamp=f"{ID}/2")], [made(), made()]),
    (
        objects.published_once,
        [BEGUN, UPLOADING, kept(intent=intent())],
        [BEGUN, UPLOADING, kept(intent=intent()), kept(intent=intent(size=8))],
    ),
    (
        objects.failed_has_a_reason,
        [BEGUN, kept(status="failed", phase="done", reason="missing_file")],
        [BEGUN, kept(status="failed", phase="done", reason="bad luck")],
    ),
    (objects.failed_has_a_reason, [BEGUN], [BEGUN, write(), kept(status="failed", phase="done", reason="no_parts")]),
    (objects.failed_has_a_reason, [BEGUN], [BEGUN, write(), kept(status="failed", reason="missing_file")]),
    (objects.failed_has_a_reason, [BEGUN], [BEGUN, made(), kept(status="failed", reason="upload_lost")]),
    (objects.described, [BEGUN, DONE], [BEGUN, kept(status="completed", metadata_status="ok")]),
    (
        conduct.aborts_are_marked,
        [BEGUN, UPLOADING, kept(phase="aborting"), s3("AbortMultipartUpload", "request")],
        [BEGUN, UPLOADING, s3("AbortMultipartUpload", "request")],
    ),
    (
        conduct.uploads_keep_their_key,
        [BEGUN, UPLOADING, s3("UploadPart", "request")],
        [BEGUN, UPLOADING, s3("UploadPart", "request", key="gate.1-12-1.0.mp4")],
    ),
    (
        conduct.only_idle_files_end,
        [at(0, BEGUN), at(1, write()), at(12, DRAINING)],
        [at(0, BEGUN), at(1, write()), at(9, DRAINING)],
    ),
    (
        conduct.promises_are_kept,
        [BEGUN, UPLOADING, kept(intent=intent()), s3("UploadPart", part="1", checksum=DIGEST)],
        [BEGUN, UPLOADING, kept(intent=intent()), s3("UploadPart", part="1", checksum="other")],
    ),
    (liveness.all_come_to_an_end, [BEGUN, DONE], [BEGUN, UPLOADING]),
    (
        liveness.every_file_has_its_object,
        [("note", {"text": "stream.final", "data": {"path": PATH, "size": 7, "objects": 1, "same": True}})],
        [("note", {"text": "stream.final", "data": {"path": PATH, "size": 7, "objects": 1, "same": False}})],
    ),
    (
        liveness.nothing_is_left,
        [BEGUN, UPLOADING, s3("AbortMultipartUpload", status=204)],
        [BEGUN, UPLOADING],
    ),
    (
        liveness.nothing_is_left,
        [("note", {"text": "stream.kept", "data": {"queue": []}})],
        [("note", {"text": "stream.kept", "data": {"queue": ["films|a|b"]}})],
    ),
    (
        liveness.retries_are_bounded,
        [BEGUN, kept(next_retry_at=2000, now_ms=1500)],
        [BEGUN, kept(next_retry_at=99_000, now_ms=1500)],
    ),
    (
        liveness.finalized_within(20),
        [at(0, BEGUN), at(1, write()), at(15, DONE)],
        [at(0, BEGUN), at(1, write()), at(25, DONE)],
    ),
    (
        liveness.taken_up_within(40),
        [at(0, BEGUN), at(1, ("proc.exit", {"name": "stream"})), at(9, kept(owner="b-2", epoch=2)), at(99, write())],
        [at(0, BEGUN), at(1, ("proc.exit", {"name": "stream"})), at(99, write())],
    ),
    (
        peace.no_byte_twice,
        [s3("UploadPart", part="1", checksum="a"), s3("UploadPart", part="1", checksum="b")],
        [s3("UploadPart", part="1", checksum="a"), s3("UploadPart", part="1", checksum="a")],
    ),
    (peace.no_byte_twice, [s3("HeadObject", "request")], [s3("HeadObject", "request")] * 13),
    (
        peace.parts_in_flight(1),
        [s3("UploadPart", "request"), s3("UploadPart"), s3("UploadPart", "request")],
        [s3("UploadPart", "request"), s3("UploadPart", "request")],
    ),
    (
        peace.few_connections(s3=1),
        [connection(1, "s3"), connection(2, "redis"), ("net.close", {"conn": 1}), connection(3, "s3")],
        [connection(1, "s3"), connection(2, "redis"), connection(3, "s3")],
    ),
    (
        peace.few_connections(s3=1),
        [connection(1, "s3"), ("proc.exit", {"name": "stream"}), connection(2, "s3")],
        [connection(1, "s3"), ("proc.exit", {"name": "record lobby.mp4"}), connection(2, "s3")],
    ),
    (
        peace.scripts_run_twice,
        [("redis.script", {"script": "x", "changed": []})],
        [("redis.script", {"script": "x", "changed": ["0:h"]})],
    ),
]


def events(story: Story) -> list[Event]:
    found = []
    for seq, one in enumerate(story, 1):
        second, (kind, fields) = one if isinstance(one[0], float | int) else (float(seq), one)
        found.append(Event(seq, round(second * 1e9), "host", kind, fields))
    return found


def words(case: tuple[OracleFactory, Story, Story]) -> str:
    return case[0]().name


@pytest.mark.parametrize("case", CASES, ids=words)
def test_a_property_is_silent_until_it_is_broken(case: tuple[OracleFactory, Story, Story]) -> None:
    factory, fine, broken = case

    assert judge([factory()], events(fine)) == []
    (violation,) = judge([factory()], events(broken))
    assert violation.oracle == factory().name


def test_whatever_redis_forgot_is_nobodys_fault() -> None:
    story: Story = [BEGUN, UPLOADING, DRAINING, kept(status="active", phase="init", sets=["active"], rollback=True)]

    assert judge([states.lawful_steps(), states.epochs_only_grow()], events(story)) == []


def test_every_property_that_always_holds_has_a_story_that_breaks_it() -> None:
    shown = {case[0]().name for case in CASES}

    assert {factory().name for factory in ALWAYS} - shown == {"no unhandled errors"}
