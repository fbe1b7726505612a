"""Every state of a stream has one next step, and no answer of S3 is taken for more than it says."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stream.answers import Head, Kind, Listed, kind_of
from pipelines.stream.checksums import Checksum
from pipelines.stream.machine import (
    After,
    Do,
    Outcome,
    Sight,
    Step,
    Whose,
    after_the_end,
    checks,
    differing,
    following,
    judge_complete,
    judge_head,
    judge_refusal,
    next_step,
)
from pipelines.stream.plan import PartPlan
from pipelines.stream.records import REASONS, Intent, Meta, Part

PLAN = PartPlan(10)
ID = "lobby.1-2-1.0"
META = Meta(ID, status="active", phase="uploading", upload_id="U", token=f"{ID}/1", attempt=1, size_seen=35, mtime_ns=7)
INTENT = Intent("U", 35, "e-4", ("a", "b", "c", "d"))
SUMMED = replace(INTENT, etag="", algorithm="crc32", checksums=("AAAAAQ==", "AAAAAg==", "AAAAAw==", "AAAABA=="))
SIGHT = Sight(present=True, size=35, mtime_ns=7, reconciled=True)


def step(meta: Meta = META, sight: Sight = SIGHT, **changes: Any) -> Step:
    return next_step(meta, replace(sight, **changes), PLAN)


CASES = [
    ("nothing to do", META, {}, Step(Do.REST)),
    ("full parts are missing", META, {"missing_parts": True}, Step(Do.UPLOAD)),
    ("parts come before completion", META, {"missing_parts": True, "idle": True}, Step(Do.UPLOAD)),
    ("idle", META, {"idle": True}, Step(Do.BEGIN_FINAL)),
    ("it grew, a moment after the last note", META, {"size": 36}, Step(Do.REST)),
    ("it grew", META, {"size": 36, "touch_due": True}, Step(Do.TOUCH)),
    ("its time alone changed", META, {"mtime_ns": 8, "touch_due": True}, Step(Do.TOUCH)),
    ("idle with something not noted", META, {"size": 36, "idle": True}, Step(Do.TOUCH)),
    ("no upload yet", replace(META, upload_id="", phase="init"), {}, Step(Do.CREATE)),
    (
        "parts without an upload are worthless",
        replace(META, upload_id="", bytes_sent=30),
        {},
        Step(Do.RESTART, "no_upload_id"),
    ),
    ("not compared yet", META, {"reconciled": False, "missing_parts": True, "idle": True}, Step(Do.RECONCILE)),
    ("truncated", replace(META, bytes_sent=40), {}, Step(Do.RESTART, "truncated")),
    ("too large", META, {"size": PLAN.bytes_max + 1}, Step(Do.MARK_ABORT, "too_large")),
    ("away for a moment", META, {"present": False}, Step(Do.REST)),
    ("gone", META, {"present": False, "gone": True}, Step(Do.MARK_ABORT, "missing_file")),
    ("replaced", META, {"present": False, "gone": True, "other": True}, Step(Do.MARK_ABORT, "file_replaced")),
    ("gone, with nothing to salvage", META, {"present": False, "gone": True, "salvage": True},
     Step(Do.MARK_ABORT, "missing_file")),
    ("gone, to be salvaged", replace(META, contiguous=3), {"present": False, "gone": True, "salvage": True},
     Step(Do.SALVAGE)),
    ("pending and still", replace(META, status="pending_completion", phase="draining"), {"settled": True},
     Step(Do.DRAIN)),
    ("pending, not looked at twice", replace(META, status="pending_completion", phase="draining"), {}, Step(Do.REST)),
    ("pending, and it grew", replace(META, status="pending_completion", phase="draining"), {"size": 36},
     Step(Do.TOUCH)),
    ("promised", replace(META, status="pending_completion", phase="committing", intent=INTENT.text()), {},
     Step(Do.COMMIT)),
    ("promised, and gone since", replace(META, status="pending_completion", phase="committing", intent=INTENT.text()),
     {"present": False, "gone": True}, Step(Do.COMMIT)),
    ("published", replace(META, status="pending_completion", phase="publishing", intent=INTENT.text()), {},
     Step(Do.PUBLISH)),
    ("marked", replace(META, phase="aborting", intent=INTENT.text()), {}, Step(Do.ABORT)),
    ("completed", replace(META, status="completed", phase="done"), {"idle": True}, Step(Do.OVER)),
    ("failed", replace(META, status="failed", phase="done"), {"idle": True}, Step(Do.OVER)),
]  # fmt: skip


@pytest.mark.parametrize(("meta", "sight", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_next_step(meta: Meta, sight: dict[str, Any], expected: Step) -> None:
    assert step(meta, **sight) == expected
    assert expected.do is not Do.MARK_ABORT or expected.reason in REASONS


flags = st.booleans()
sights = st.builds(
    Sight,
    present=flags,
    other=flags,
    size=st.integers(0, 60),
    mtime_ns=st.integers(6, 8),
    gone=flags,
    idle=flags,
    settled=flags,
    reconciled=flags,
    missing_parts=flags,
    touch_due=flags,
    salvage=flags,
)
metas = st.builds(
    Meta,
    id=st.just(ID),
    status=st.sampled_from(["active", "pending_completion"]),
    phase=st.sampled_from(["init", "uploading", "draining", "committing", "publishing", "aborting"]),
    upload_id=st.sampled_from(["", "U"]),
    bytes_sent=st.integers(0, 60),
    contiguous=st.integers(0, 6),
    intent=st.sampled_from(["", INTENT.text()]),
    size_seen=st.integers(0, 60),
    mtime_ns=st.integers(6, 8),
)


@given(meta=metas, sight=sights)
def test_a_promise_is_kept_and_a_mark_is_final_whatever_the_file_does(meta: Meta, sight: Sight) -> None:
    found = next_step(meta, sight, PLAN).do

    if meta.phase == "aborting":
        assert found is Do.ABORT
    elif meta.phase == "publishing":
        assert found is Do.PUBLISH
    elif meta.intent:
        assert found is Do.COMMIT
    else:
        assert found not in {Do.COMMIT, Do.PUBLISH, Do.ABORT, Do.OVER}


@given(meta=metas, sight=sights)
def test_nothing_is_completed_that_moves_or_was_not_compared(meta: Meta, sight: Sight) -> None:
    found = next_step(meta, sight, PLAN).do

    if found is Do.BEGIN_FINAL:
        assert sight.idle
        assert sight.reconciled
        assert not sight.missing_parts
    if found in {Do.DRAIN, Do.BEGIN_FINAL}:
        assert (sight.size, sight.mtime_ns) == (meta.size_seen, meta.mtime_ns)


# --- what S3 holds ---


def test_a_part_is_kept_if_its_bytes_are_the_files_by_its_etag_or_by_our_own_record() -> None:
    ranges = PLAN.ranges_of(35)
    listed = {1: Listed(10, "m1"), 2: Listed(10, "kms"), 3: Listed(9, "m3"), 9: Listed(10, "x")}
    recorded = {2: Part(2, 10, 10, "m2", "kms"), 4: Part(4, 30, 5, "m4", "m4")}

    one, two = checks(ranges, recorded, listed)

    assert (one.span.n, two.span.n) == (1, 2)
    assert one.keeps("m1")
    assert not one.is_recorded
    assert not one.keeps("other")
    assert two.keeps("m2")
    assert two.is_recorded
    assert not two.keeps("m1")


def test_a_part_whose_etag_is_no_digest_is_known_by_its_checksum() -> None:
    (one,) = checks(PLAN.ranges_of(10), {}, {1: Listed(10, "kms", "sum")})

    assert one.keeps("m1", "sum")
    assert not one.keeps("m1", "other")
    assert not one.keeps("m1", "")
    assert not checks(PLAN.ranges_of(10), {}, {1: Listed(10, "kms")})[0].keeps("m1", "")


def test_parts_that_are_listed_otherwise_are_found() -> None:
    wanted = {n: Part(n, 0, 10, f"m{n}", f"m{n}") for n in (1, 2, 3)}

    assert differing(wanted, {1: Listed(10, "m1"), 2: Listed(10, "other")}) == [2, 3]


# --- what became of a Complete ---


def test_only_the_etag_that_was_promised_is_a_yes() -> None:
    assert judge_complete(INTENT, "e-4") is Outcome.PUBLISHED
    assert judge_complete(INTENT, "") is Outcome.LOOK
    assert judge_complete(INTENT, "other-4") is Outcome.LOOK
    assert judge_complete(replace(INTENT, etag=""), "") is Outcome.LOOK


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        ("NoSuchUpload", 404, Outcome.LOOK),
        ("PreconditionFailed", 412, Outcome.LOOK),
        ("ConditionalRequestConflict", 409, Outcome.LOOK),
        ("InvalidPart", 400, Outcome.MEND),
        ("EntityTooSmall", 400, Outcome.REJECTED),
        ("InvalidPartOrder", 400, Outcome.REJECTED),
        ("MalformedXML", 400, Outcome.REJECTED),
        ("InvalidRequest", 400, Outcome.REJECTED),
        ("AccessDenied", 403, Outcome.REFUSED),
        ("NoSuchBucket", 404, Outcome.REFUSED),
        ("ExpiredToken", 400, Outcome.AGAIN),
        ("RequestTimeTooSkewed", 403, Outcome.AGAIN),
        ("SlowDown", 503, Outcome.AGAIN),
        ("InternalError", 500, Outcome.AGAIN),
        ("InternalError", 200, Outcome.AGAIN),
        ("Whatever", 502, Outcome.AGAIN),
    ],
)
def test_what_a_refusal_of_complete_means(code: str, status: int, outcome: Outcome) -> None:
    assert judge_refusal(kind_of(code, status)) is outcome


def test_every_kind_of_refusal_is_judged() -> None:
    assert all(isinstance(judge_refusal(kind), Outcome) for kind in Kind)


@pytest.mark.parametrize(
    ("head", "intent", "whose"),
    [
        (None, INTENT, Whose.NOBODY),
        (Head(35, "e-4", f"{ID}/1"), INTENT, Whose.OURS),
        (Head(35, "e-4", f"{ID}/9"), INTENT, Whose.OURS),
        (Head(35, "other-4", f"{ID}/1"), INTENT, Whose.STALE),
        (Head(34, "e-4", f"{ID}/1"), INTENT, Whose.STALE),
        (Head(35, "e-4", "lobby.1-2-1.1/1"), INTENT, Whose.FOREIGN),
        (Head(35, "e-4", ""), INTENT, Whose.FOREIGN),
        (Head(35, "kms", f"{ID}/1"), replace(INTENT, etag=""), Whose.OURS),
        (Head(35, "kms", f"{ID}/0"), replace(INTENT, etag=""), Whose.STALE),
        (Head(35, "e-4", f"{ID}/1"), None, Whose.STALE),
        (Head(35, "kms", f"{ID}/9", SUMMED.checksum), SUMMED, Whose.OURS),
        (Head(35, "kms", f"{ID}/9", Checksum("crc32", "AAAAAA==-4")), SUMMED, Whose.STALE),
        (Head(35, "kms", f"{ID}/9"), SUMMED, Whose.STALE),
    ],
)
def test_whose_an_object_is(head: Head | None, intent: Intent | None, whose: Whose) -> None:
    assert judge_head(head, META, intent) is whose


# --- what comes after the end ---

DONE = replace(META, status="completed", phase="done", object_size=35)


@pytest.mark.parametrize(
    ("meta", "size", "mtime_ns", "after"),
    [
        (DONE, 35, 7, After.NOTHING),
        (DONE, 35, 8, After.COMPARE),
        (DONE, 36, 8, After.REVISION),
        (replace(DONE, short=1, object_size=30), 35, 7, After.REVISION),
        (replace(DONE, status="failed", reason="no_parts", size_seen=0), 0, 9, After.NOTHING),
        (replace(DONE, status="failed", reason="no_parts", size_seen=0), 1, 9, After.REVISION),
        (replace(DONE, status="failed", reason="missing_file"), 35, 7, After.GENERATION),
        (replace(DONE, status="failed", reason="file_replaced"), 35, 7, After.GENERATION),
        (replace(DONE, status="failed", reason="intent_lost"), 35, 7, After.REVISION),
        (replace(DONE, status="failed", reason="key_taken"), 35, 7, After.REVISION),
        (replace(DONE, status="failed", reason="access_denied"), 35, 7, After.NOTHING),
        (replace(DONE, status="failed", reason="retries"), 36, 7, After.NOTHING),
        (replace(DONE, status="failed", reason="upload_lost"), 35, 7, After.GENERATION),
    ],
)
def test_what_a_file_gets_whose_stream_is_over(meta: Meta, size: int, mtime_ns: int, after: After) -> None:
    assert after_the_end(meta, size, mtime_ns) is after


def test_revisions_and_generations_have_names_of_their_own() -> None:
    assert str(following(META, "lobby", After.REVISION)) == "lobby.1-2-1.1"
    assert str(following(replace(META, id="lobby.1-2-1.4"), "hall", After.GENERATION)) == "hall.1-2-2.0"
